import type { Gossip, Member } from '@rejoin/gossip'
import { EMPTY_VERSION, type ReplicaId } from '@rejoin/protocol'

import type { Emit } from './events.ts'
import type { GroupCommit } from './group-commit.ts'

/**
 * What is known of the members goes to disk with the commits, so that `R` survives a restart. A new
 * member, a new address, or that one is retired, is worth a commit of its own; a newer version can wait
 * for the next one, since an older one only makes `R` lower than it could be. While there are members
 * that nobody has met, whose addresses are not stored, versions are not either: after a restart `R` would
 * count on everybody being known.
 */
export class Remembering {
  readonly #known = new Map<ReplicaId, string>()
  readonly #commit: GroupCommit
  readonly #emit: Emit

  constructor(stored: Iterable<Member>, options: { commit: GroupCommit; emit: Emit }) {
    for (const member of stored) this.#known.set(member.replica, worthOf(member))
    this.#commit = options.commit
    this.#emit = options.emit
  }

  remember(changed: readonly ReplicaId[], gossip: Gossip): void {
    const isComplete = gossip.unmet().length === 0
    for (const replica of changed) {
      const met = gossip.membership.get(replica)
      if (met === undefined) continue
      const member = isComplete ? met : { ...met, version: EMPTY_VERSION }
      const isUrgent = this.#known.get(replica) !== worthOf(member)
      this.#known.set(replica, worthOf(member))
      this.#commit.addMember(member, isUrgent)
      if (isUrgent) this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    }
  }
}

/** What of a member is worth a commit when it changes. */
function worthOf({ address, retired }: Member): string {
  return retired ? 'retired' : `at ${address}`
}
