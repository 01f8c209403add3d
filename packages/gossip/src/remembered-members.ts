import { EMPTY_VERSION, NO_TAGS, type ReplicaId } from '@rejoin/protocol'

import { MemberIndex } from './member-index.ts'
import type { KnownMember, Member } from './membership.ts'

/**
 * Members that are known from before. It never changes, so that many replicas in one process, as in the
 * simulator, can share one.
 */
export class RememberedMembers {
  readonly members: ReadonlyMap<ReplicaId, KnownMember>
  readonly retired: readonly ReplicaId[]
  readonly index: MemberIndex = new MemberIndex()

  constructor(members: Iterable<Member>) {
    const known = new Map<ReplicaId, KnownMember>()
    for (const member of members) {
      const remembered = rememberedOf(member)
      known.set(member.replica, remembered)
      this.index.put(remembered)
    }
    this.members = known
    this.retired = [...known.values()].filter(({ retired }) => retired).map((each) => each.replica)
  }
}

function rememberedOf(member: Member): KnownMember {
  const unknown = unknownMember(member.replica)
  return member.retired
    ? { ...unknown, ...member, address: '', state: 'removed' }
    : { ...unknown, ...member }
}

/** A member of which nothing is known but its id. */
export function unknownMember(replica: ReplicaId): KnownMember {
  const version = EMPTY_VERSION
  const [incarnation, state, address, tags, retired] = [0, 'alive', '', NO_TAGS, false] as const
  return { replica, incarnation, state, address, tags, version, retired }
}
