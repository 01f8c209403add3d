import type { Gossip, Member } from '@rejoin/gossip'
import { EMPTY_VERSION, type ReplicaId } from '@rejoin/protocol'

import type { Emit } from './events.ts'
import type { GroupCommit } from './group-commit.ts'

/**
 * What is known of the members goes to disk with the commits, so that `R` survives a restart. A new
 * member, or a new address, is worth a commit of its own; a newer version can wait for the next one,
 * since an older one only makes `R` lower than it could be. While there are members that nobody has
 * met, whose addresses are not stored, versions are not either: after a restart `R` would count on
 * everybody being known.
 */
export class Remembering {
  readonly #addresses = new Map<ReplicaId, string>()
  readonly #commit: GroupCommit
  readonly #emit: Emit

  constructor(stored: Iterable<Member>, options: { commit: GroupCommit; emit: Emit }) {
    for (const { replica, address } of stored) this.#addresses.set(replica, address)
    this.#commit = options.commit
    this.#emit = options.emit
  }

  remember(changed: readonly ReplicaId[], gossip: Gossip): void {
    const isComplete = gossip.unmet().length === 0
    for (const replica of changed) {
      const met = gossip.membership.get(replica)
      if (met === undefined) continue
      const member = isComplete ? met : { ...met, version: EMPTY_VERSION }
      const isUrgent = this.#addresses.get(replica) !== member.address
      this.#addresses.set(replica, member.address)
      this.#commit.addMember(member, isUrgent)
      if (isUrgent) this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    }
  }
}
