import { LIMITS, type ReplicaId, type TreePosition } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/** A replica as the root for one term: of two the one of the later term counts, or of the lower id. */
interface Reign {
  readonly root: ReplicaId
  readonly term: number
}

/**
 * From which replica the tree of the broadcast is seen. A tree that is flat from one is at most twice as
 * deep from any other; one that is bent for each sender in turn is never flat from any. So there is one
 * root, and it stays: it gives word of itself with every heartbeat, for as long as it has made an entry
 * lately. Once it gives none any more, or is gone, whoever makes an entry next is the root of the next
 * term. All hear of it as they hear how far it is, so that they agree without a vote, halves that meet
 * again too.
 */
export class TreeRoot {
  readonly #self: ReplicaId
  readonly #isGone: (replica: ReplicaId) => boolean
  #reign: Reign | undefined
  /** The newest word of the root, and when it came. */
  #seq = 0
  #wordAt = Number.NEGATIVE_INFINITY
  /** When the last entry was made here. */
  #madeAt = Number.NEGATIVE_INFINITY

  /** `isGone` tells of a replica that it is no member that is up, as far as is known. */
  constructor(self: ReplicaId, isGone: (replica: ReplicaId) => boolean) {
    this.#self = self
    this.#isGone = isGone
  }

  /** Where this replica stands if it is the root. */
  get own(): TreePosition | undefined {
    const reign = this.#reign
    if (reign?.root !== this.#self) return undefined
    return { ...reign, seq: this.#seq, distance: 0 }
  }

  is({ root, term }: TreePosition): boolean {
    return this.#reign?.root === root && this.#reign.term === term
  }

  /** An entry was made here; returns whether this replica is the root of a new term by it. */
  made(now: number): boolean {
    this.#madeAt = now
    if (!this.#isOver(now)) return false
    const term = Math.min((this.#reign?.term ?? 0) + 1, LIMITS.treePositionMax)
    this.#begin({ root: this.#self, term }, 1, now)
    return true
  }

  #isOver(now: number): boolean {
    const root = this.#reign?.root
    if (root === undefined) return true
    if (root === this.#self) return false
    return this.#isGone(root) || now - this.#wordAt > GOSSIP_LIMITS.rootWordMs
  }

  /** The root gives new word of itself now and then, while it makes entries. */
  renew(now: number): void {
    if (this.own === undefined || now - this.#madeAt > GOSSIP_LIMITS.rootMs) return
    this.#seq = Math.min(this.#seq + 1, LIMITS.treePositionMax)
  }

  /** A neighbour tells where it stands; returns whether there is another root than before. */
  heard(position: TreePosition, now: number): boolean {
    const { root, term, seq } = position
    const isNew = isAfter({ root, term }, this.#reign)
    if (isNew) this.#begin({ root, term }, seq, now)
    else if (!this.is(position)) return false
    // What it said of itself before it was started anew is older word than what it says next.
    else if (root === this.#self) this.#seq = Math.max(this.#seq, seq)
    else if (seq > this.#seq) [this.#seq, this.#wordAt] = [seq, now]
    return isNew
  }

  #begin(reign: Reign, seq: number, now: number): void {
    this.#reign = reign
    this.#seq = seq
    this.#wordAt = now
  }
}

function isAfter(reign: Reign, known: Reign | undefined): boolean {
  if (known === undefined || reign.term !== known.term) return reign.term > (known?.term ?? 0)
  return reign.root < known.root
}
