import { encodeReplicaMessage, type TreePosition } from '@rejoin/protocol'

import type { Emit } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { RoundTrips } from './round-trips.ts'
import { TreeRoot } from './tree-root.ts'

export interface FlatTreeOptions {
  readonly links: Links
  readonly roundTrips: RoundTrips
  readonly emit: Emit
  /** This replica stands elsewhere in the tree, which its neighbours should know. */
  readonly onMoved: () => void
}

/**
 * Keeps the tree of the broadcast flat. Plumtree bends its tree for each sender by comparing the hops of
 * what comes eagerly and lazily; with senders that take turns it is then never flat for any. Here all
 * agree on a root and know how far they are from it, as neighbours tell each other (a distance vector,
 * as in RIP): each has the neighbour by which it is nearest for a parent. So the tree is one of shortest
 * paths from the root, and from any other replica about twice as deep.
 *
 * A distance is the way's time in ms, and something for each link, so that few links count too. One that
 * is over the greatest is none: so end circles that close when a parent is lost. What does not come by
 * the tree meanwhile is grafted.
 */
export class FlatTree {
  readonly #with: FlatTreeOptions
  readonly #root = new TreeRoot()
  #parent: OpenLink | undefined
  #distance: number | undefined
  #isRoot = false

  constructor(options: FlatTreeOptions) {
    this.#with = options
  }

  /** Where this replica stands, if it does. */
  get position(): TreePosition | undefined {
    const root = this.#root.origin
    const distance = this.#isRoot ? 0 : this.#distance
    return root === undefined || distance === undefined ? undefined : { root, distance }
  }

  isParent(link: OpenLink): boolean {
    return this.#parent === link
  }

  /** A new entry has come, or with `isOwn` was made here. */
  sent(origin: Parameters<TreeRoot['sent']>[0], isOwn: boolean, now: number): void {
    const before = this.#root.origin
    this.#root.sent(origin, now)
    if (this.#root.origin === before) return
    this.#isRoot = isOwn
    this.#distance = undefined
    this.#choose()
  }

  /** A neighbour tells where it stands. */
  heard(link: OpenLink, position: TreePosition | undefined): void {
    link.position = position
    this.#choose()
  }

  /** A link has ended. */
  lost(link: OpenLink): void {
    if (this.#parent !== link) return
    this.#parent = undefined
    this.#distance = undefined
    this.#choose()
  }

  #choose(): void {
    if (this.#isRoot) return this.#moveTo(undefined, 0)
    let [best, least] = [this.#parent, this.#by(this.#parent)]
    // Only what is clearly nearer takes the parent's place: round trips vary.
    const bound = least * GOSSIP_LIMITS.nearerShare
    for (const link of this.#with.links.open()) {
      const distance = this.#by(link)
      if (distance < Math.min(bound, best === this.#parent ? bound : least)) {
        best = link
        least = distance
      }
    }
    this.#moveTo(best, least > GOSSIP_LIMITS.distanceMax ? undefined : Math.round(least))
  }

  /** How far the root is by way of a neighbour. */
  #by(link: OpenLink | undefined): number {
    const { position, replica } = link ?? {}
    if (position === undefined || replica === undefined || position.root !== this.#root.origin) {
      return Number.POSITIVE_INFINITY
    }
    const { roundTrips } = this.#with
    const roundTrip = roundTrips.of(replica) ?? roundTrips.median() ?? 0
    return position.distance + roundTrip / 2 + GOSSIP_LIMITS.distanceEach
  }

  #moveTo(parent: OpenLink | undefined, distance: number | undefined): void {
    const before = this.#parent
    const isMoved = isFar(this.#distance, distance)
    if (isMoved) this.#distance = distance
    // While the way to a new root is not known yet, the old tree still brings what is new.
    if (distance !== undefined && parent !== before) {
      this.#parent = parent
      if (parent !== undefined) this.#attach(parent)
      // The root has none, and leaves its old one as it is until that has another.
      if (parent !== undefined && before !== undefined) this.#detach(before)
    }
    if (isMoved) this.#with.onMoved()
  }

  #attach(parent: OpenLink): void {
    parent.isEager = true
    // Who was its child until it became the root, or came to be nearer to it, is that no more.
    parent.isChild = false
    const graft = encodeReplicaMessage({ type: 'want', ranges: [], graft: true })
    this.#with.emit({ type: 'send', links: [parent.id], frame: graft })
  }

  #detach(before: OpenLink): void {
    before.isEager = before.isChild
    const frame = encodeReplicaMessage({ type: 'prune' })
    this.#with.emit({ type: 'send', links: [before.id], frame })
  }
}

/** Whether neighbours need to hear of the difference. */
function isFar(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b
  return Math.abs(a - b) > GOSSIP_LIMITS.distanceEach / 2
}
