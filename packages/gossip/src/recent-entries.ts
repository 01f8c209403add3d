import type { ChainHash, ReplicaId, SealedEntry } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/** Consecutive entries of one origin, and the chain hash before the first of them. */
export interface Stretch {
  readonly before: ChainHash
  readonly entries: readonly SealedEntry[]
}

interface Kept {
  before: ChainHash
  readonly entries: SealedEntry[]
}

/**
 * The newest entries of all origins, for peers that have all but caught up: at most `recentEntriesMax`
 * of `recentBytesMax`, of which the oldest go first.
 */
export class RecentEntries {
  readonly #origins = new Map<ReplicaId, Kept>()
  /** Whose the entries are, in the order in which they came. */
  readonly #order: ReplicaId[] = []
  #bytes = 0

  add({ before, entries }: Stretch): void {
    const [first] = entries
    if (first === undefined) return
    const origin = first.dot.replica
    const last = this.#origins.get(origin)?.entries.at(-1)
    // What does not join on, as where documents came in between, is all that is left.
    if (last !== undefined && last.dot.seq !== first.dot.seq - 1) this.forget(origin)
    const kept = this.#origins.get(origin) ?? { before, entries: [] }
    this.#origins.set(origin, kept)
    for (const entry of entries) {
      kept.entries.push(entry)
      this.#order.push(origin)
      this.#bytes += entry.bytes.length
    }
    this.#trim()
  }

  #trim(): void {
    const { recentEntriesMax, recentBytesMax } = GOSSIP_LIMITS
    while (this.#order.length > recentEntriesMax || this.#bytes > recentBytesMax) {
      this.#dropOldest(this.#order.shift() as ReplicaId)
    }
  }

  #dropOldest(origin: ReplicaId): void {
    const kept = this.#origins.get(origin)
    const oldest = kept?.entries.shift()
    if (kept === undefined || oldest === undefined) return
    kept.before = oldest.hash
    this.#bytes -= oldest.bytes.length
    if (kept.entries.length === 0) this.#origins.delete(origin)
  }

  /** Forgets the entries of `origin`: they were rolled back. */
  forget(origin: ReplicaId): void {
    const kept = this.#origins.get(origin)
    if (kept === undefined) return
    for (const { bytes } of kept.entries) this.#bytes -= bytes.length
    this.#origins.delete(origin)
    const others = this.#order.filter((each) => each !== origin)
    this.#order.splice(0, this.#order.length, ...others)
  }

  origins(): Iterable<ReplicaId> {
    return this.#origins.keys()
  }

  /** Those of `origin` after `seq`, up to the newest; `undefined` where they are not all here. */
  after(origin: ReplicaId, seq: number): Stretch | undefined {
    const kept = this.#origins.get(origin)
    const oldest = kept?.entries[0]
    if (kept === undefined || oldest === undefined || seq < oldest.dot.seq - 1) return undefined
    const at = seq - (oldest.dot.seq - 1)
    if (at >= kept.entries.length) return undefined
    const before = at === 0 ? kept.before : (kept.entries[at - 1] as SealedEntry).hash
    return { before, entries: kept.entries.slice(at) }
  }
}
