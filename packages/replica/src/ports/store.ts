import type {
  Change,
  ChainHash,
  Head,
  Heads,
  ReplicaId,
  SealedEntry,
  Version,
} from '@rejoin/protocol'

/** What one commit writes: all of it, or nothing. */
export interface Batch {
  /** Of any origins, in an order in which each entry comes after all that it depends on. */
  readonly entries: readonly SealedEntry[]
  /** Each replaces what was stored about that member. */
  readonly members: readonly MemberRecord[]
  /** States of documents that a peer sent whole (rule L7); each is appended to its document. */
  readonly snapshots?: readonly Change[]
  /**
   * Origins whose entries came as snapshots: their logs are empty from now on, and go on after these
   * heads, which become their floors too.
   */
  readonly jumps?: Heads
  /** What the engine wants to find again when the store is opened; no bytes forget a note. */
  readonly notes?: ReadonlyMap<string, Uint8Array>
}

/** What a replica remembers of a member, so that `R(t)` survives its restart. */
export interface MemberRecord {
  readonly replica: ReplicaId
  /** Where it can be dialled; empty when it can't, or that is not known. */
  readonly address: string
  /** The newest version that it was known to hold. */
  readonly version: Version
  /** Its id was given up or removed: it is no member any more, and never will be again. */
  readonly retired: boolean
}

/** What a store held when it was opened. */
export interface Recovered {
  /** Minted by the store when its directory was created, or when it had to give up an older one. */
  readonly replica: ReplicaId
  /** How far the log reaches, without gaps, of each origin. */
  readonly heads: Heads
  /** What has left the log of each origin: entries up to here are in the documents only. */
  readonly floors: Heads
  readonly members: readonly MemberRecord[]
  /** A store puts one itself, `FOREIGN_NOTE`, when another program has written documents to it. */
  readonly notes: ReadonlyMap<string, Uint8Array>
  /**
   * Origins of which the log holds entries after the head that can't stay there, since one before
   * them is lost or their number names another entry elsewhere. Whoever opens the store publishes
   * what is in them anew, and then calls `cut`.
   */
  readonly cuts: readonly ReplicaId[]
  /** What was found damaged on opening, and what was done about it; empty in a sound store. */
  readonly problems: readonly StoreProblem[]
}

/** Something that is wrong with a store: for people, and for who repairs it. */
export interface StoreProblem {
  readonly kind: 'lost-batches' | 'damaged-log' | 'damaged-document' | 'damaged-record' | 'identity'
  /** The document that is damaged, where it is one. */
  readonly document?: string
  /** The origin whose log is damaged, where it is one. */
  readonly origin?: ReplicaId
  /** What was found, and what became of it, in a sentence. */
  readonly message: string
}

/**
 * Consecutive entries of one origin; `previous` is the chain hash before the first of them, and
 * means nothing when there are none.
 */
export interface StoredEntries {
  readonly previous: ChainHash
  readonly entries: readonly Uint8Array[]
}

/** An entry in the log, outside of any chain. */
export interface LooseEntry {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** A document's updates, in the order of their commits. */
export interface StoredDocument {
  readonly updates: readonly Uint8Array[]
  /** The place after the last update; `replace` takes it to say what an update covers. */
  readonly end: number
}

/** What is left of a damaged document. */
export interface SalvagedDocument extends StoredDocument {
  /**
   * Its updates in entries up to here may not be among these: of each origin, what had left the log when
   * that was read, or could not be read.
   */
  readonly missing: Version
}

/**
 * The port to a disk. What an adapter guarantees (rules S1–S5, L7, L8):
 *
 * - **Durable.** `commit` resolves only when everything of the batch survives kill -9 and a power
 *   cut, and writes all of it or none of it. So do `replace`, `trim`, `cut` and `renew`.
 * - **Honest.** What fails rejects, and from then on every change is refused, with the reason, until
 *   `reopen` has resolved. A read that meets damage rejects with `RejoinError('damaged')` and never
 *   answers with less than was written; other documents and origins are read as ever.
 * - **Checked.** Opening finds what is missing: a log with a gap, a batch that was durable and is
 *   lost. It is named in `problems`. A store that has lost durable state is refused with
 *   `RejoinError('damaged')`, unless its opener asked for a repair: then it has a new replica id.
 * - **One owner.** A second opener is refused with `RejoinError('store-locked')`.
 * - **Order.** Changes are made one after the other, in the order of the calls; reads run beside them
 *   and see all of a change or nothing. The updates of `snapshots`, then those of entries, are
 *   appended to their documents in the order of the batch.
 *
 * What it may count on: there is one `commit` under way at a time; updates are valid Yjs V1.
 *
 * `storeConformance` in `@rejoin/replica/conformance` checks an adapter against this.
 */
export interface Store {
  /** What `open`, and later `renew` and `reopen`, found. */
  readonly recovered: Recovered
  commit(batch: Batch): Promise<void>
  /**
   * Entries `from`..`to` of `origin`, of at most `bytesMax` together, except that one entry is always
   * read where there is one; fewer, or none, where the log does not hold them.
   */
  readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries>
  /** The readable entries of `origin` after `seq`, with their gaps; as many as `bytesMax` allows. */
  readLoose(origin: ReplicaId, after: { seq: number; bytesMax: number }): Promise<LooseEntry[]>
  /** No updates, and `end` 0, where there is no document. */
  readDocument(document: string): Promise<StoredDocument>
  /**
   * What is left of a damaged document: every update of it that is whole, be it in the document or
   * in the log. On a sound document it answers no less than `readDocument`.
   */
  salvageDocument(document: string): Promise<SalvagedDocument>
  /**
   * Puts one update in the place of all those before `end`, which it covers: a compaction, or the
   * repair of a damaged document. What was appended since `end` was told stays. Where another one has
   * taken the place of more meanwhile, nothing is changed.
   */
  replace(document: string, by: { end: number; update: Uint8Array }): Promise<void>
  /** Drops the entries up to `floor` from the log; answers the floors, which never fall. */
  trim(floor: Version): Promise<Heads>
  /**
   * Drops the entries of `origin` after `seq`, those beyond a gap too, and with 0 its floor as well;
   * answers its head.
   */
  cut(origin: ReplicaId, seq: number): Promise<Head>
  /**
   * Gives up the replica id: mints another, and remembers the old one as retired. Of the log of the
   * old one what comes after `keep` is then among the `cuts`; where its floor is beyond `keep`, all of it is.
   */
  renew(keep: number): Promise<Recovered>
  /** After a failed change: closes and opens again, so that changes are possible once more. */
  reopen(): Promise<Recovered>
  /** About how much of the disk the log takes. */
  logBytes(): Promise<number>
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
