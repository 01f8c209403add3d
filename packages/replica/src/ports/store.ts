import type { ChainHash, Heads, ReplicaId, SealedEntry, Version } from '@rejoin/protocol'

/** What one commit writes: entries of any origins, and what became known about members. */
export interface Batch {
  /** In an order in which each entry comes after all that it depends on. */
  readonly entries: readonly SealedEntry[]
  /** Each replaces what was stored about that member. */
  readonly members: readonly MemberRecord[]
}

/** What a replica remembers of a member, so that `R(t)` survives its restart. */
export interface MemberRecord {
  readonly replica: ReplicaId
  /** Where it can be dialled; empty when it can't, or that is not known. */
  readonly address: string
  /** The newest version that it was known to hold. */
  readonly version: Version
}

/** What a store held when it was opened. */
export interface Recovered {
  /** Minted by the store when its directory was created. */
  readonly replica: ReplicaId
  readonly heads: Heads
  readonly members: readonly MemberRecord[]
}

/**
 * Consecutive entries of one origin; `previous` is the chain hash before the first of them, and
 * means nothing when there are none.
 */
export interface StoredEntries {
  readonly previous: ChainHash
  readonly entries: readonly Uint8Array[]
}

/**
 * The port to a disk. What an adapter guarantees (rules S1, S2, S4):
 *
 * - `commit` resolves only when everything of the batch survives kill -9 and a power cut, and writes
 *   all of it or none of it. It rejects when anything failed; the replica then stops acknowledging.
 * - The replica has one `commit` under way at a time; reads run beside it, and see either all of a
 *   batch or nothing.
 * - Updates have passed the gate: they are valid Yjs V1, whether they are own or from peers.
 * - The changes of an entry are appended to their documents' updates in the order of the batch.
 * - A second opener of the same store is refused with `RejoinError('store-locked')`.
 *
 * `storeConformance` in `@rejoin/replica/conformance` checks an adapter against this.
 */
export interface Store {
  readonly recovered: Recovered
  commit(batch: Batch): Promise<void>
  /**
   * Entries `from`..`to` of `origin`, of at most `bytesMax` together, except that one entry is always
   * read where there is one; fewer, or none, where the log does not hold them.
   */
  readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries>
  /** Every update of a document, in the order of its commits; none where there is no document. */
  readDocument(document: string): Promise<Uint8Array[]>
  /** Names after `after`, at most `limit` of them, in an order of the store's own that is stable. */
  listDocuments(page: { after?: string; limit: number }): Promise<string[]>
  documentCount(): number
  close(): Promise<void>
}

export interface EntryRange {
  readonly from: number
  readonly to: number
  readonly bytesMax: number
}
