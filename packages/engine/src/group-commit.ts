import type { Member } from '@rejoin/gossip'
import { LIMITS, type Change, type ReplicaId, type SealedEntry } from '@rejoin/protocol'

import type { Waiter } from './acks.ts'
import type { Batch } from './events.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Log } from './log.ts'
import { mergeAll } from './merging.ts'

/** A commit that has ended well. */
export interface Committed {
  readonly entries: readonly SealedEntry[]
  /** Those of them that are this replica's own. */
  readonly own: readonly SealedEntry[]
  readonly waiters: readonly Waiter[]
}

interface Filling {
  readonly changes: Map<string, Uint8Array[]>
  bytes: number
}

/**
 * Group commit: while one batch is being synced, everything that is accepted gathers for the next,
 * own edits as entries to be, entries from peers as they are. So load makes batches larger, not more
 * frequent, and what the disk must do per edit falls as edits rise. A batch that fails ends all
 * commits: nothing after it may be called durable (rule S2).
 */
export class GroupCommit {
  #filling: Filling[] = []
  #fillingBytes = 0
  #ready: SealedEntry[] = []
  #readyBytes = 0
  readonly #members = new Map<ReplicaId, Member>()
  #membersUrgent = false
  #waiters: Waiter[] = []
  #underWay: (Committed & { readonly id: number; readonly waiters: Waiter[] }) | undefined
  #lastId = 0
  /** Why nothing becomes durable any more. */
  failure: string | undefined

  get isFull(): boolean {
    return this.#fillingBytes >= ENGINE_LIMITS.fillingBytesMax
  }

  /** Whether as much came from peers as may wait for the disk. */
  get isBehind(): boolean {
    return this.#readyBytes >= ENGINE_LIMITS.readyBytesMax
  }

  get isIdle(): boolean {
    return this.#underWay === undefined && !this.#hasMore
  }

  get #hasMore(): boolean {
    return this.#filling.length > 0 || this.#ready.length > 0 || this.#membersUrgent
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
    const entries = [...(this.#underWay?.entries ?? []), ...this.#ready]
    const changes = entries.flatMap((entry) => entry.changes)
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
    this.#underWay = { id: this.#lastId, entries, own, waiters: this.#waiters }
    this.#filling = []
    this.#fillingBytes = 0
    this.#ready = []
    this.#readyBytes = 0
    this.#waiters = []
    this.#members.clear()
    this.#membersUrgent = false
    return { id: this.#lastId, entries, members }
  }

  committed(id: number): Committed {
    const done = this.#underWay
    if (done?.id !== id) throw new Error(`Batch ${id} was reported durable, but is not under way.`)
    this.#underWay = undefined
    return done
  }

  failed(reason: string): void {
    this.failure = reason
  }
}

function changesOf(updates: ReadonlyMap<string, Uint8Array[]>): Change[] {
  return [...updates].map(([document, each]) => ({
    document,
    update: each.length === 1 ? (each[0] as Uint8Array) : mergeAll(each),
  }))
}
