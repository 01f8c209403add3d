import { createHash } from 'node:crypto'

import type { Found, LogView } from '@rejoin/gossip'
import {
  CHAIN_START,
  decodeEntry,
  EMPTY_VERSION,
  encodeEntry,
  type ChainHash,
  type Head,
  type Heads,
  type Range,
  type ReplicaId,
  type SealedEntry,
  type Series,
  type Version,
} from '@rejoin/protocol'

const NO_HEADS: Heads = new Map()

/** A log in a test's world: entries of each origin in their order, durable at once, and none ever leaves it. */
export class WorldLog implements LogView {
  readonly heads = new Map<ReplicaId, Head>()
  readonly floors: Heads = NO_HEADS
  readonly ahead: Version = EMPTY_VERSION
  readonly #self: ReplicaId
  readonly #entries = new Map<ReplicaId, SealedEntry[]>()

  constructor(self: ReplicaId) {
    this.#self = self
  }

  get applied(): Version {
    return new Map([...this.heads].map(([origin, { seq }]) => [origin, seq]))
  }

  reached(origin: ReplicaId): number {
    return this.heads.get(origin)?.seq ?? 0
  }

  isBlocked(): boolean {
    return false
  }

  publish(): SealedEntry {
    const dot = { replica: this.#self, seq: this.reached(this.#self) + 1 }
    const bytes = encodeEntry({ dot, deps: EMPTY_VERSION, changes: [] })
    return this.#append(bytes) as SealedEntry
  }

  /** Takes what a link brought; answers what of it was news, and the chain hash before that. */
  take({ entries }: Series): {
    origin: ReplicaId
    upTo: number
    before: ChainHash
    fresh: SealedEntry[]
  } {
    const dots = entries.map((bytes) => dotOf(bytes))
    const { replica: origin, seq: upTo } = dots.at(-1) ?? { replica: this.#self, seq: 0 }
    const before = this.heads.get(origin)?.hash ?? CHAIN_START
    const fresh = entries.flatMap((bytes) => this.#append(bytes) ?? [])
    return { origin, upTo, before, fresh }
  }

  #append(bytes: Uint8Array): SealedEntry | undefined {
    const dot = dotOf(bytes)
    const { seq, hash: before } = this.heads.get(dot.replica) ?? { seq: 0, hash: CHAIN_START }
    if (dot.seq !== seq + 1) return undefined
    const hash = createHash('sha256').update(before).update(bytes).digest('hex').slice(0, 16)
    const sealed = { dot, deps: EMPTY_VERSION, changes: [], bytes, hash }
    const held = this.#entries.get(dot.replica)
    if (held === undefined) this.#entries.set(dot.replica, [sealed])
    else held.push(sealed)
    this.heads.set(dot.replica, { seq: dot.seq, hash })
    return sealed
  }

  read({ origin, from, to }: Range): Found {
    const held = this.#entries.get(origin) ?? []
    const entries = held.slice(from - 1, to).map(({ bytes }) => bytes)
    return { previous: held[from - 2]?.hash ?? CHAIN_START, entries }
  }
}

function dotOf(bytes: Uint8Array): SealedEntry['dot'] {
  const decoded = decodeEntry(bytes)
  if (!decoded.ok) throw new Error(decoded.rejection.reason)
  return decoded.value.dot
}
