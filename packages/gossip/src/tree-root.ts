import type { ReplicaId } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/**
 * The origin from which the tree of the broadcast is seen: of those that have sent something lately and
 * are not gone the one with the lowest id, so that all come to the same without a word. A tree that is
 * flat from one replica is at most twice as deep from any other; one that is bent for each sender in turn
 * is never flat from any. It stays the root for as long as it may, as each change bends the tree.
 */
export class TreeRoot {
  readonly #isGone: (origin: ReplicaId) => boolean
  /** When each origin sent last, the latest at the end. */
  readonly #sentAt = new Map<ReplicaId, number>()
  #origin: ReplicaId | undefined

  /** `isGone` tells of an origin that it is no member that is up, as far as is known. */
  constructor(isGone: (origin: ReplicaId) => boolean) {
    this.#isGone = isGone
  }

  get origin(): ReplicaId | undefined {
    return this.#origin
  }

  /** An entry of `origin` has come, or was made. */
  sent(origin: ReplicaId, now: number): void {
    this.#sentAt.delete(origin)
    this.#sentAt.set(origin, now)
    this.#forget(now)
    const root = this.#origin
    if (root === undefined || !this.#sentAt.has(root) || this.#isGone(root)) {
      this.#origin = this.#lowest()
    } else if (origin < root && !this.#isGone(origin)) this.#origin = origin
  }

  /** Forgets who has been silent for long, or the longest of too many. */
  #forget(now: number): void {
    for (const [origin, at] of this.#sentAt) {
      const isLate = now - at > GOSSIP_LIMITS.rootMs
      if (!isLate && this.#sentAt.size <= GOSSIP_LIMITS.rootCandidatesMax) return
      this.#sentAt.delete(origin)
    }
  }

  #lowest(): ReplicaId | undefined {
    let lowest: ReplicaId | undefined
    for (const origin of this.#sentAt.keys()) {
      if ((lowest === undefined || origin < lowest) && !this.#isGone(origin)) lowest = origin
    }
    return lowest
  }
}
