import type { ReplicaId } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/**
 * The origin from which the tree of the broadcast is seen: of those that have sent something lately the
 * one with the lowest id, so that all come to the same without a word. A tree that is flat from one
 * replica is at most twice as deep from any other; one that is bent for each sender in turn is never
 * flat from any.
 */
export class TreeRoot {
  #origin: ReplicaId | undefined
  #sentAt = 0

  get origin(): ReplicaId | undefined {
    return this.#origin
  }

  /** An entry of `origin` has come, or was made. */
  sent(origin: ReplicaId, now: number): void {
    const isOver = now - this.#sentAt > GOSSIP_LIMITS.rootMs
    if (this.#origin !== undefined && origin > this.#origin && !isOver) return
    this.#origin = origin
    this.#sentAt = now
  }
}
