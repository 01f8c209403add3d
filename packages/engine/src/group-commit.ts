import type { Member } from '@rejoin/gossip'
import { LIMITS, type Change, type Heads, type ReplicaId, type SealedEntry } from '@rejoin/protocol'

import type { Waiter } from './acks.ts'
import type { Batch } from './events.ts'
import type { Backlog } from './backlog.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Log } from './log.ts'
import { mergeAll } from './merging.ts'

/** A commit that has ended well. */
export interface Committed {
  readonly batch: Batch
  /** Those of its entries that are this replica's own. */
  readonly own: readonly SealedEntry[]
  readonly waiters: readonly Waiter[]
  /** Gossip's number of the last documents from a peer that are in it. */
  readonly chunk: number | undefined
}

/** What came from a peer as documents. */
export type Snapshots = Pick<Batch, 'snapshots' | 'notes' | 'jumps'>

const NO_SNAPSHOTS: Snapshots = { snapshots: [], notes: new Map(), jumps: new Map() }

interface Filling {
  readonly changes: Map<string, Uint8Array[]>
  bytes: number
}

/**
 * Group commit: while one batch is being synced, everything that is accepted gathers for the next,
 * own edits as entries to be, entries from peers as they are. So load makes batches larger, not more
 * frequent, and what the disk must do per edit falls as edits rise. A batch that fails holds up all
 * commits: nothing may be called durable (rule S2) until the store is open again, and has told
 * whether the batch is in it after all.
 */
export class GroupCommit {
  #filling: Filling[] = []
  #fillingBytes = 0
  #ready: SealedEntry[] = []
  #readyBytes = 0
  readonly #members = new Map<ReplicaId, Member>()
  #membersUrgent = false
  #snapshots: Snapshots | undefined
  #chunk: number | undefined
  #waiters: Waiter[] = []
  #underWay: (Committed & { readonly waiters: Waiter[] }) | undefined
  #lastId = 0
  /** Why nothing becomes durable any more. */
  failure: string | undefined

  get isFull(): boolean {
    return this.#fillingBytes >= ENGINE_LIMITS.fillingBytesMax
  }

  /** What is accepted and not yet under way to the disk. */
  get backlog(): Pick<Backlog, 'editBytes' | 'entryBytes'> {
    return { editBytes: this.#fillingBytes, entryBytes: this.#readyBytes }
  }

  /** Whether as much came from peers as may wait for the disk. */
  get isBehind(): boolean {
    return this.#readyBytes >= ENGINE_LIMITS.readyBytesMax
  }

  get isIdle(): boolean {
    return this.#underWay === undefined && !this.#hasMore
  }

  get #hasMore(): boolean {
    const isAny = this.#filling.length > 0 || this.#ready.length > 0
    return isAny || this.#membersUrgent || this.#snapshots !== undefined
  }

  /** The number of the batch with which all that was accepted so far is durable. */
  get nextId(): number {
    return this.#hasMore ? this.#lastId + 1 : this.#lastId
  }

  addEdit(document: string, update: Uint8Array): void {
    const filling = this.#roomFor(update.length)
    const updates = filling.changes.get(document)
    if (updates === undefined) filling.changes.set(document, [update])
    else updates.push(update)
    filling.bytes += update.length
    this.#fillingBytes += update.length
  }

  #roomFor(bytes: number): Filling {
    const last = this.#filling.at(-1)
    const fits =
      last !== undefined &&
      last.bytes + bytes <= LIMITS.entrySealBytes &&
      last.changes.size < LIMITS.entryChangesMax
    if (fits) return last
    const filling: Filling = { changes: new Map(), bytes: 0 }
    this.#filling.push(filling)
    return filling
  }

  addEntries(entries: readonly SealedEntry[]): void {
    for (const entry of entries) {
      this.#ready.push(entry)
      this.#readyBytes += entry.bytes.length
    }
  }

  /** A member to be remembered with the next batch, or, when `urgent`, by a batch of its own. */
  addMember(member: Member, urgent: boolean): void {
    this.#members.set(member.replica, member)
    if (urgent) this.#membersUrgent = true
  }

  /** Documents from a peer, with gossip's number of them, or notes alone. */
  addSnapshots({ snapshots, notes, jumps }: Snapshots, chunk?: number): void {
    this.#chunk = chunk ?? this.#chunk
    const earlier = this.#snapshots ?? NO_SNAPSHOTS
    this.#snapshots = {
      snapshots: [...earlier.snapshots, ...snapshots],
      notes: new Map([...earlier.notes, ...notes]),
      jumps: new Map([...earlier.jumps, ...jumps]),
    }
  }

  /** Waits for all that was accepted so far; `false` when all of it is durable already. */
  wait(waiter: Waiter): boolean {
    if (this.#hasMore) {
      this.#waiters.push(waiter)
      return true
    }
    if (this.#underWay === undefined) return false
    this.#underWay.waiters.push(waiter)
    return true
  }

  /** Updates of `document` that are accepted and maybe not in the store yet. */
  pendingUpdates(document: string): Uint8Array[] {
    const { entries = [], snapshots = [] } = this.#underWay?.batch ?? {}
    const gathered = [...entries, ...this.#ready].flatMap((entry) => entry.changes)
    const changes = [...gathered, ...snapshots, ...(this.#snapshots?.snapshots ?? [])]
    const sealed = changes.filter((change) => change.document === document)
    const filling = this.#filling.flatMap((each) => each.changes.get(document) ?? [])
    return [...sealed.map(({ update }) => update), ...filling]
  }

  /** The next batch, if one is due and none is under way. Own edits become entries of `log` here. */
  next(log: Log): Batch | undefined {
    if (this.#underWay !== undefined || !this.#hasMore || this.failure !== undefined)
      return undefined
    const own = this.#filling.map(({ changes }) => log.seal(changesOf(changes)))
    const entries = [...this.#ready, ...own]
    const members = [...this.#members.values()]
    this.#lastId += 1
    const batch = { id: this.#lastId, entries, members, ...(this.#snapshots ?? NO_SNAPSHOTS) }
    this.#underWay = { batch, own, waiters: this.#waiters, chunk: this.#chunk }
    this.#clear()
    return batch
  }

  #clear(): void {
    this.#filling = []
    this.#fillingBytes = 0
    this.#ready = []
    this.#readyBytes = 0
    this.#waiters = []
    this.#members.clear()
    this.#membersUrgent = false
    this.#snapshots = undefined
    this.#chunk = undefined
  }

  committed(id: number): Committed {
    const done = this.#underWay
    if (done?.batch.id !== id)
      throw new Error(`Batch ${id} was reported durable, but is not under way.`)
    this.#underWay = undefined
    return done
  }

  failed(reason: string): void {
    this.failure = reason
  }

  /**
   * The store is open again, and holds `heads`. Returns the batch that had failed and is not in it, to
   * be written once more; one that is in it has become durable after all.
   */
  reopened(heads: Heads): { again?: Batch; durable?: number } {
    this.failure = undefined
    if (this.#underWay === undefined) return {}
    const { batch } = this.#underWay
    const isIn = batch.entries.every(({ dot }) => (heads.get(dot.replica)?.seq ?? 0) >= dot.seq)
    return isIn && batch.entries.length > 0 ? { durable: batch.id } : { again: batch }
  }
}

function changesOf(updates: ReadonlyMap<string, Uint8Array[]>): Change[] {
  return [...updates].map(([document, each]) => ({
    document,
    update: each.length === 1 ? (each[0] as Uint8Array) : mergeAll(each),
  }))
}
