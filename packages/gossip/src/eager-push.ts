import {
  CHAIN_START,
  encodeReplicaMessage,
  type ChainHash,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'

import type { Broadcast } from './broadcast.ts'
import type { Emit, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'

/**
 * Eager push: an own entry goes to every peer as soon as it is durable here (rule L3), in one frame
 * that all of them share. A peer gets it only while it stands just before it; one that has fallen
 * behind, or whose queue is full, asks for what it lacks until it has all but caught up.
 */
export class EagerPush implements Broadcast {
  readonly #self: ReplicaId
  readonly #links: Links
  readonly #log: LogView
  readonly #emit: Emit
  /** The newest own entries, and the chain hash before the first of them. */
  readonly #recent: SealedEntry[] = []
  #beforeRecent: ChainHash = CHAIN_START
  #recentBytes = 0

  constructor(options: { self: ReplicaId; links: Links; log: LogView; emit: Emit }) {
    this.#self = options.self
    this.#links = options.links
    this.#log = options.log
    this.#emit = options.emit
  }

  publish(entries: readonly SealedEntry[], before: ChainHash): void {
    const [first] = entries
    if (first === undefined) return
    this.#remember(entries, before)
    const upToDate = [...this.#links.open()].filter(
      (link) => link.pushed === first.dot.seq - 1 && !link.blocked,
    )
    this.#push(upToDate, entries, before)
  }

  holds(link: OpenLink, seq: number): void {
    if (seq === this.#head && (link.pushed ?? -1) < seq) link.pushed = seq
  }

  served(link: OpenLink, seq: number): void {
    if ((link.pushed ?? -1) >= seq) return
    // Under load the newest entries are always a little ahead of what a peer has just been given;
    // if these few are still at hand, they are pushed, and pushing goes on from there.
    const lacking = this.#head - seq
    const missing = this.#recent.slice(this.#recent.length - lacking)
    if (missing.length !== lacking || link.blocked) return
    link.pushed = seq
    this.#push([link], missing, this.#recent.at(-1 - lacking)?.hash ?? this.#beforeRecent)
  }

  get #head(): number {
    return this.#log.heads.get(this.#self)?.seq ?? 0
  }

  #push(to: readonly OpenLink[], entries: readonly SealedEntry[], before: ChainHash): void {
    const last = entries.at(-1)
    if (last === undefined || to.length === 0) return
    for (const link of to) link.pushed = last.dot.seq
    const links = to.map(({ id }) => id)
    for (const frame of framesOf(entries, before)) this.#emit({ type: 'send', links, frame })
  }

  #remember(entries: readonly SealedEntry[], before: ChainHash): void {
    if (this.#recent.length === 0) this.#beforeRecent = before
    this.#recent.push(...entries)
    this.#recentBytes += entries.reduce((bytes, entry) => bytes + entry.bytes.length, 0)
    const { recentEntriesMax, recentBytesMax } = GOSSIP_LIMITS
    while (this.#recent.length > recentEntriesMax || this.#recentBytes > recentBytesMax) {
      const oldest = this.#recent.shift()
      this.#beforeRecent = oldest?.hash ?? before
      this.#recentBytes -= oldest?.bytes.length ?? 0
    }
  }
}

/** Cuts consecutive entries into frames of about `pushBytesMax`. */
function* framesOf(entries: readonly SealedEntry[], before: ChainHash): Generator<Uint8Array> {
  let previous = before
  for (let from = 0; from < entries.length;) {
    let bytes = 0
    let to = from
    do {
      bytes += entries[to]?.bytes.length ?? 0
      to += 1
    } while (to < entries.length && bytes < GOSSIP_LIMITS.pushBytesMax)
    const chunk = entries.slice(from, to)
    yield encodeReplicaMessage({
      type: 'entries',
      previous,
      entries: chunk.map((entry) => entry.bytes),
    })
    previous = chunk.at(-1)?.hash ?? previous
    from = to
  }
}
