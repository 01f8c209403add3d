import {
  covers,
  EMPTY_VERSION,
  join,
  seqOf,
  type Dot,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'

import type { Emit } from './events.ts'

/** A member as this replica knows it. */
export interface Member {
  readonly replica: ReplicaId
  /** Where it can be dialled; empty while that is not known. */
  readonly address: string
  /** The newest version that it is known to hold durably: never more than it truly holds. */
  readonly version: Version
  /** Its id was given up or removed: it is no member, and never will be again (rules L8, L9). */
  readonly retired: boolean
}

/**
 * The members: every other replica that was ever met or heard of, with the newest version known of
 * each. Versions only grow, and each was announced by its owner, directly or through others, so the
 * minimum over them is a lower bound of the true `R(t)` (rule L6). A member that is away still
 * counts: it does not have what it has not got. One whose id is retired does not, and nothing that
 * is said of it later changes that; the retired ids are remembered for ever, 8 bytes each.
 */
export class Membership {
  readonly #self: ReplicaId
  readonly #members = new Map<ReplicaId, Member>()
  readonly #emit: Emit

  constructor(self: ReplicaId, known: Iterable<Member>, emit: Emit) {
    this.#self = self
    this.#emit = emit
    for (const member of known) this.#members.set(member.replica, member)
  }

  *all(): Generator<Member> {
    for (const member of this.#members.values()) if (!member.retired) yield member
  }

  *retired(): Generator<Member> {
    for (const member of this.#members.values()) if (member.retired) yield member
  }

  isRetired(replica: ReplicaId): boolean {
    return this.#members.get(replica)?.retired === true
  }

  /** The id `replica` is given up or removed, for good; returns whether that was news. */
  retire(replica: ReplicaId): boolean {
    const known = this.#members.get(replica)
    if (replica === this.#self || known?.retired === true) return false
    this.#put({ replica, address: '', version: known?.version ?? EMPTY_VERSION, retired: true })
    return true
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

  get(replica: ReplicaId): Member | undefined {
    return this.#members.get(replica)
  }

  /**
   * Learns of itself where `replica` can be dialled, with an empty address only that it exists; returns
   * whether that was news.
   */
  met(replica: ReplicaId, address: string): boolean {
    if (replica === this.#self) return false
    const known = this.#members.get(replica)
    if (known?.retired === true) return false
    if (known !== undefined && (address === '' || known.address === address)) return false
    this.#put({ replica, address, version: known?.version ?? EMPTY_VERSION, retired: false })
    return true
  }

  /**
   * Hears from others where `replica` can be dialled; returns whether that was news. Its own word
   * counts more: two addresses that replace each other would be news to everybody for ever.
   */
  heardOf(replica: ReplicaId, address: string): boolean {
    const known = this.#members.get(replica)
    return (known === undefined || known.address === '') && this.met(replica, address)
  }

  /** Learns that `replica` holds `version`, or more; returns whether that was news. */
  learned(replica: ReplicaId, version: Version): boolean {
    if (replica === this.#self) return false
    const known = this.#members.get(replica)
    if (known?.retired === true) return false
    if (known !== undefined && covers(known.version, version)) return false
    const grown = join([known?.version ?? EMPTY_VERSION, version])
    this.#put({ replica, address: known?.address ?? '', version: grown, retired: false })
    return true
  }

  #put(member: Member): void {
    this.#members.set(member.replica, member)
    this.#emit({ type: 'members', changed: [member.replica] })
  }
}
