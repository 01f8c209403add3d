import type { Found, LogView } from '@rejoin/gossip'
import {
  CHAIN_START,
  EMPTY_VERSION,
  seqOf,
  type Head,
  type Heads,
  type Range,
  type ReplicaId,
  type SealedEntry,
  type Series,
  type Version,
} from '@rejoin/protocol'

import type { EntryBook, Noted } from './entry-book.ts'

const NO_HEADS: Heads = new Map()

/**
 * A stand-in for the log, as gossip sees it: of each origin it takes entries in their order, and they
 * are durable a little later. It holds no bytes, forgets nothing, and lets no entry wait for another
 * origin's.
 */
export class LightLog implements LogView {
  readonly #self: ReplicaId
  readonly #book: EntryBook
  readonly #durable = new Map<ReplicaId, Head>()
  readonly #applied = new Map<ReplicaId, number>()
  /** Applied and not durable yet. */
  #fresh: Noted[] = []

  constructor(self: ReplicaId, book: EntryBook) {
    this.#self = self
    this.#book = book
  }

  get heads(): Heads {
    return this.#durable
  }

  get floors(): Heads {
    return NO_HEADS
  }

  get applied(): Version {
    return this.#applied
  }

  get ahead(): Version {
    return EMPTY_VERSION
  }

  reached(origin: ReplicaId): number {
    return seqOf(this.#applied, origin)
  }

  isBlocked(): boolean {
    return false
  }

  /** Whether something waits to become durable. */
  get hasFresh(): boolean {
    return this.#fresh.length > 0
  }

  /** Makes an own entry. */
  publish(): Noted {
    const noted = this.#book.seal(this.#self)
    this.#apply(noted)
    return noted
  }

  /** Takes entries of one origin; answers those that were news, and whose they are. */
  take({ entries }: Series): {
    origin: ReplicaId
    upTo: number
    news: readonly Noted[]
  } {
    const news: Noted[] = []
    const found = entries.map((bytes) => this.#book.find(bytes))
    for (const noted of found) {
      if (noted.head.seq !== this.reached(noted.sealed.dot.replica) + 1) continue
      this.#apply(noted)
      news.push(noted)
    }
    const last = found.at(-1)
    const origin = last?.sealed.dot.replica ?? this.#self
    return { origin, upTo: last?.head.seq ?? 0, news }
  }

  #apply(noted: Noted): void {
    this.#applied.set(noted.sealed.dot.replica, noted.head.seq)
    this.#fresh.push(noted)
  }

  /** What is fresh becomes durable; answers the own entries among it. */
  commit(): SealedEntry[] {
    const own: SealedEntry[] = []
    for (const { sealed, head } of this.#fresh) {
      this.#durable.set(sealed.dot.replica, head)
      if (sealed.dot.replica === this.#self) own.push(sealed)
    }
    this.#fresh = []
    return own
  }

  /** What is asked for, up to about `bytesMax`. */
  read({ origin, from, to }: Range, bytesMax: number): Found {
    const entries: Uint8Array[] = []
    const last = Math.min(to, this.#durable.get(origin)?.seq ?? 0)
    let bytesLeft = bytesMax
    for (let seq = from; seq <= last && bytesLeft > 0; seq++) {
      const bytes = this.#book.get({ replica: origin, seq })?.sealed.bytes
      if (bytes === undefined) break
      entries.push(bytes)
      bytesLeft -= bytes.length
    }
    const previous = this.#book.get({ replica: origin, seq: from })?.previous ?? CHAIN_START
    return { previous, entries }
  }
}
