import {
  covers,
  EMPTY_VERSION,
  encodeWith,
  isNewer,
  isRetired,
  join,
  MEMBER_STATES,
  NO_TAGS,
  seqOf,
  tagsText,
  write,
  writeTags,
  type Dot,
  type MemberRecord,
  type ReplicaId,
  type Tags,
  type Version,
} from '@rejoin/protocol'

import type { Emit, MemberChange } from './events.ts'
import { fingerprintOf } from './fingerprint.ts'
import { SortedItems } from './sorted-items.ts'

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
  readonly known: Iterable<Member>
  readonly emit: Emit
}

/**
 * The members: every other replica that was ever met or heard of, with what is believed of it (`isNewer`
 * says which of two beliefs counts, so that all come to the same) and the newest version known of it.
 * Versions only grow, and each was announced by its owner, directly or through others, so the minimum
 * over them is a lower bound of the true `R(t)` (rule L6). A member that is away still counts: it does not
 * have what it has not got. One whose id is retired does not, and nothing that is said of it later
 * changes that; the retired ids are remembered for ever, 8 bytes each.
 */
export class Membership {
  readonly #self: ReplicaId
  #own: MemberRecord
  readonly #members = new Map<ReplicaId, KnownMember>()
  readonly #emit: Emit
  /** The records by id with their fingerprints, this replica's own included; see `Reconciliation`. */
  readonly items: SortedItems = new SortedItems()
  /** The ids that count, this replica's own included. */
  readonly electorate: SortedItems = new SortedItems()
  #retiredCount = 0

  constructor({ self, address, tags, known, emit }: MembershipOptions) {
    this.#self = self
    this.#emit = emit
    this.#own = { replica: self, incarnation: 0, state: 'alive', address, tags }
    this.#index(this.#own)
    for (const member of known) this.#keep(rememberedOf(member))
  }

  /** What this replica tells of itself. */
  get own(): MemberRecord {
    return this.#own
  }

  /** Members, this replica included, retired ones not. */
  get size(): number {
    return this.electorate.size
  }

  *all(): Generator<KnownMember> {
    for (const member of this.#members.values()) if (!member.retired) yield member
  }

  *retired(): Generator<KnownMember> {
    if (this.#retiredCount === 0) return
    for (const member of this.#members.values()) if (member.retired) yield member
  }

  isRetired(replica: ReplicaId): boolean {
    return this.#members.get(replica)?.retired === true
  }

  get(replica: ReplicaId): KnownMember | undefined {
    return this.#members.get(replica)
  }

  /** What is believed of `replica`, this one included. */
  record(replica: ReplicaId): MemberRecord | undefined {
    if (replica === this.#self) return this.#own
    const member = this.#members.get(replica)
    return member === undefined ? undefined : recordOf(member)
  }

  /** Hears what is said of a member; returns whether that was news. */
  believe(record: MemberRecord): boolean {
    if (record.replica === this.#self) return this.#refute(record)
    const known = this.#members.get(record.replica)
    if (known !== undefined && !isNewer(record, known)) return false
    const canonical = isRetired(record) ? retiredRecord(record.replica, record.state) : record
    if (known !== undefined && known.retired && known.state === canonical.state) return false
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
    this.#index(this.#own)
    return true
  }

  /** Tells anew what this replica says of itself. */
  retag(tags: Tags): void {
    if (tagsText(tags) === tagsText(this.#own.tags)) return
    this.#own = { ...this.#own, tags, incarnation: this.#own.incarnation + 1 }
    this.#index(this.#own)
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
    if (!this.isRetired(origin)) return false
    for (const { version } of this.all()) if (seqOf(version, origin) >= seq) return false
    return true
  }

  /** Whether whoever made entry `dot` has told that it is there, or will not tell any more. */
  hasTold({ replica, seq }: Dot): boolean {
    const member = this.#members.get(replica)
    return member !== undefined && (member.retired || seqOf(member.version, replica) >= seq)
  }

  /** Learns that `replica` holds `version`, or more; returns whether that was news. */
  learned(replica: ReplicaId, version: Version): boolean {
    if (replica === this.#self) return false
    const known = this.#members.get(replica)
    if (known?.retired === true) return false
    if (known !== undefined && covers(known.version, version)) return false
    const grown = join([known?.version ?? EMPTY_VERSION, version])
    this.#put({ ...(known ?? unknown(replica)), version: grown })
    return true
  }

  #put(member: KnownMember): void {
    const before = this.#members.get(member.replica)
    this.#keep(member)
    this.#emit({ type: 'members', changed: [member.replica] })
    const change = changeBetween(before, member)
    if (change !== undefined) this.#emit({ type: 'member', change, member: recordOf(member) })
  }

  #keep(member: KnownMember): void {
    const before = this.#members.get(member.replica)
    if (member.retired && before?.retired !== true) this.#retiredCount += 1
    this.#members.set(member.replica, member)
    // A newer version alone changes nothing of what is believed.
    if (before === undefined || !sameRecord(before, member)) this.#index(member)
  }

  #index(record: MemberRecord): void {
    this.items.set(record.replica, fingerprintOf(record.replica, contentOf(record)))
    if (isRetired(record)) this.electorate.delete(record.replica)
    else this.electorate.set(record.replica, fingerprintOf(record.replica, NO_CONTENT))
  }
}

const NO_CONTENT = new Uint8Array()

function rememberedOf(member: Member): KnownMember {
  if (!member.retired) return { ...unknown(member.replica), ...member }
  const { replica, version } = member
  return { ...retiredRecord(replica, 'removed'), version, retired: true }
}

function unknown(replica: ReplicaId): KnownMember {
  const version = EMPTY_VERSION
  const [incarnation, state, address, tags, retired] = [0, 'alive', '', NO_TAGS, false] as const
  return { replica, incarnation, state, address, tags, version, retired }
}

/** All say the same of one that is no member any more. */
function retiredRecord(replica: ReplicaId, state: MemberRecord['state']): MemberRecord {
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

/** What of a record must be alike everywhere; who accuses a suspect need not. */
function contentOf({ incarnation, state, address, tags }: MemberRecord): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, incarnation)
    write.uint(writer, MEMBER_STATES.indexOf(state))
    write.text(writer, address)
    writeTags(writer, tags)
  })
}

/** What people are told of; a suspicion may yet be refuted. */
function changeBetween(
  before: KnownMember | undefined,
  { state, address, tags }: KnownMember,
): MemberChange | undefined {
  if (state === 'left' || state === 'removed') return before?.state === state ? undefined : state
  if (before === undefined) return 'joined'
  if (state === 'failed') return before.state === 'failed' ? undefined : 'failed'
  if (state === 'alive' && before.state === 'failed') return 'reachable'
  const isSame = address === before.address && tagsText(tags) === tagsText(before.tags)
  return isSame ? undefined : 'updated'
}
