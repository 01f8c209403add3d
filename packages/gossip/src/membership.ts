import {
  covers,
  EMPTY_VERSION,
  isNewer,
  isRetired,
  join,
  LIMITS,
  NO_TAGS,
  seqOf,
  tagsText,
  type Dot,
  type MemberRecord,
  type ReplicaId,
  type Tags,
  type Version,
} from '@rejoin/protocol'

import type { Emit, MemberChange } from './events.ts'
import { MemberIndex } from './member-index.ts'
import { unknownMember, type RememberedMembers } from './remembered-members.ts'
import type { SortedItems } from './sorted-items.ts'

/** A member as it is remembered on disk. */
export interface Member {
  readonly replica: ReplicaId
  /** Where it can be dialled; empty while that is not known. */
  readonly address: string
  /** The newest version that it is known to hold durably: never more than it truly holds. */
  readonly version: Version
  /** Its id was given up or removed: it is no member, and never will be again (rules L8, L9). */
  readonly retired: boolean
}

/** A member as this replica knows it now. */
export interface KnownMember extends Member, MemberRecord {}

export interface MembershipOptions {
  readonly self: ReplicaId
  readonly address: string
  readonly tags: Tags
  readonly known: RememberedMembers
  readonly emit: Emit
}

/**
 * The members: every other replica that was ever met or heard of, with what is believed of it (`isNewer`
 * says which of two beliefs counts, so that all come to the same) and the newest version known of it.
 * Versions only grow, and each was announced by its owner, directly or through others, so the minimum
 * over them is a lower bound of the true `R(t)` (rule L6). A member that is away still counts: it does not
 * have what it has not got. One whose id is retired does not, and nothing that is said of it later
 * changes that; the retired ids are remembered for ever, 8 bytes each. When it is full, with
 * `LIMITS.membersMax` ids, others are passed over; as they may hold nothing, nothing is stable then.
 */
export class Membership {
  readonly #self: ReplicaId
  #own: MemberRecord
  readonly #remembered: ReadonlyMap<ReplicaId, KnownMember>
  /** Those of which something has changed since. */
  readonly #members = new Map<ReplicaId, KnownMember>()
  readonly #emit: Emit
  readonly #index: MemberIndex
  readonly #retired = new Set<ReplicaId>()

  constructor({ self, address, tags, known, emit }: MembershipOptions) {
    this.#self = self
    this.#emit = emit
    this.#own = { replica: self, incarnation: 0, state: 'alive', address, tags }
    this.#remembered = known.members
    for (const replica of known.retired) this.#retired.add(replica)
    this.#index = new MemberIndex(known.index)
    this.#index.put(this.#own)
  }

  /** The records by id with their fingerprints, this replica's own included; see `Reconciliation`. */
  get items(): SortedItems {
    return this.#index.items
  }

  /** The ids that count, this replica's own included. */
  get electorate(): SortedItems {
    return this.#index.electorate
  }

  /** What this replica tells of itself. */
  get own(): MemberRecord {
    return this.#own
  }

  /** Members, this replica included, retired ones not. */
  get size(): number {
    return this.electorate.size
  }

  /** Whether there may be members that are not known here, for want of room (rule X3). */
  get isFull(): boolean {
    return this.items.size >= LIMITS.membersMax
  }

  *all(): Generator<KnownMember> {
    for (const [replica, member] of this.#remembered) {
      if (!this.#members.has(replica) && this.#counts(member)) yield member
    }
    for (const member of this.#members.values()) if (this.#counts(member)) yield member
  }

  #counts({ replica, retired }: KnownMember): boolean {
    return !retired && replica !== this.#self
  }

  *retired(): Generator<KnownMember> {
    for (const replica of this.#retired) yield this.get(replica) as KnownMember
  }

  isRetired(replica: ReplicaId): boolean {
    return this.#retired.has(replica)
  }

  get(replica: ReplicaId): KnownMember | undefined {
    return this.#members.get(replica) ?? this.#remembered.get(replica)
  }

  /** Whether `replica` is a member that is not up, or none any more, as far as is known. */
  isGone(replica: ReplicaId): boolean {
    const state = this.record(replica)?.state ?? 'alive'
    return state !== 'alive' && state !== 'suspect'
  }

  /** What is believed of `replica`, this one included. */
  record(replica: ReplicaId): MemberRecord | undefined {
    if (replica === this.#self) return this.#own
    const member = this.get(replica)
    return member === undefined ? undefined : recordOf(member)
  }

  /** Hears what is said of a member; returns whether that was news. */
  believe(record: MemberRecord): boolean {
    if (record.replica === this.#self) return this.#refute(record)
    const known = this.get(record.replica)
    // Whatever else is said with it must not count, or who left and was removed would be one or the other.
    const canonical = isRetired(record) ? retiredRecord(record.replica, record.state) : record
    if (known === undefined ? this.isFull : !isNewer(canonical, known)) return false
    this.#put({
      ...canonical,
      version: known?.version ?? EMPTY_VERSION,
      retired: isRetired(record),
    })
    return true
  }

  /** Who is said to be otherwise than it is says so under a higher incarnation (SWIM). */
  #refute(record: MemberRecord): boolean {
    if (isRetired(record) || !isNewer(record, this.#own)) return false
    this.#own = { ...this.#own, incarnation: record.incarnation + 1 }
    this.#index.put(this.#own)
    return true
  }

  /** Tells anew what this replica says of itself. */
  retag(tags: Tags): void {
    if (tagsText(tags) === tagsText(this.#own.tags)) return
    this.#own = { ...this.#own, tags, incarnation: this.#own.incarnation + 1 }
    this.#index.put(this.#own)
  }

  /** The id `replica` is given up or removed, for good; returns whether that was news. */
  retire(replica: ReplicaId, state: 'left' | 'removed'): boolean {
    return replica !== this.#self && this.believe(retiredRecord(replica, state))
  }

  /**
   * Whether entry `seq` of `origin` is nowhere any more, as far as is known: its id was given up, and no
   * member holds it. It was lost, or rolled back (see `Disputes`).
   */
  isVoid(origin: ReplicaId, seq: number): boolean {
    if (!this.isRetired(origin) || this.isFull) return false
    for (const { version } of this.all()) if (seqOf(version, origin) >= seq) return false
    return true
  }

  /** Whether whoever made entry `dot` has told that it is there, or will not tell any more. */
  hasTold({ replica, seq }: Dot): boolean {
    const member = this.get(replica)
    return member !== undefined && (member.retired || seqOf(member.version, replica) >= seq)
  }

  /** Learns that `replica` holds `version`, or more; returns whether that was news. */
  learned(replica: ReplicaId, version: Version): boolean {
    if (replica === this.#self) return false
    const known = this.get(replica)
    if (known === undefined ? this.isFull : known.retired) return false
    if (known !== undefined && covers(known.version, version)) return false
    const grown = join([known?.version ?? EMPTY_VERSION, version])
    this.#put({ ...(known ?? unknownMember(replica)), version: grown })
    return true
  }

  #put(member: KnownMember): void {
    const { replica } = member
    const before = this.get(replica)
    if (member.retired) this.#retired.add(replica)
    this.#members.set(replica, member)
    // A newer version alone changes nothing of what is believed.
    if (before === undefined || !sameRecord(before, member)) this.#index.put(member)
    this.#emit({ type: 'members', changed: [replica] })
    const change = changeBetween(before, member)
    if (change !== undefined) this.#emit({ type: 'member', change, member: recordOf(member) })
  }
}

/** All say the same of one that is no member any more. */
export function retiredRecord(replica: ReplicaId, state: MemberRecord['state']): MemberRecord {
  return { replica, incarnation: 0, state, address: '', tags: NO_TAGS }
}

export function recordOf(member: KnownMember): MemberRecord {
  const { replica, incarnation, state, address, tags, by } = member
  const record = { replica, incarnation, state, address, tags }
  return by === undefined ? record : { ...record, by }
}

function sameRecord(a: MemberRecord, b: MemberRecord): boolean {
  return !isNewer(a, b) && !isNewer(b, a)
}

/** What people are told of; a suspicion may yet be refuted. */
function changeBetween(
  before: KnownMember | undefined,
  { state, address, tags }: KnownMember,
): MemberChange | undefined {
  // Whether it left or was removed is not remembered, so that it may be told once more, and otherwise.
  if (state === 'left' || state === 'removed') return before?.retired === true ? undefined : state
  if (before === undefined) return 'joined'
  if (state === 'failed') return before.state === 'failed' ? undefined : 'failed'
  if (state === 'alive' && before.state === 'failed') return 'reachable'
  const isSame = address === before.address && tagsText(tags) === tagsText(before.tags)
  return isSame ? undefined : 'updated'
}
