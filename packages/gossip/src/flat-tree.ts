import { LIMITS, type ReplicaId, type TreePosition } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Parent } from './parent.ts'
import type { RoundTrips } from './round-trips.ts'
import { TreeRoot } from './tree-root.ts'

export interface FlatTreeOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly roundTrips: RoundTrips
  readonly parent: Parent
  /** Whether a replica is no member that is up, as far as is known. */
  readonly isGone: (replica: ReplicaId) => boolean
  /** This replica stands elsewhere in the tree, which its neighbours should know. */
  readonly onMoved: () => void
}

/**
 * Keeps the tree of the broadcast flat. Plumtree bends its tree for each sender by comparing the hops of
 * what comes eagerly and lazily; with senders that take turns it is then never flat for any. Here all
 * agree on a root and know how far they are from it, as neighbours tell each other (a distance vector):
 * each has the neighbour by which it is nearest for a parent. So the tree is one of shortest paths from
 * the root, and from any other replica about twice as deep. A distance is the way's time in ms, and
 * something for each link, so that few links count too.
 *
 * Distances that lean on each other in a circle would climb without end once the root is gone. So what a
 * neighbour tells is feasible only if it is newer word of the root than this replica has, or nearer than
 * this replica ever was by the same word (the condition of DUAL, with the numbers of DSDV and Babel, RFC
 * 8966): then it can't have come from here. Who finds nobody stands nowhere until there is newer word, and
 * leaves the tree as it is; what does not come by it meanwhile is grafted.
 */
export class FlatTree {
  readonly #with: FlatTreeOptions
  readonly #root: TreeRoot
  #position: TreePosition | undefined
  /** The newest word of the root by which this replica stood anywhere, and the nearest that it was by it. */
  #nearest: TreePosition | undefined

  constructor(options: FlatTreeOptions) {
    this.#with = options
    this.#root = new TreeRoot(options.self, options.isGone)
  }

  /** Where this replica stands, if it does. */
  get position(): TreePosition | undefined {
    return this.#position
  }

  /** An entry was made here. */
  made(now: number): void {
    if (!this.#root.made(now)) return
    this.#nearest = undefined
    this.#choose()
  }

  /** A heartbeat is due. */
  beat(now: number): void {
    this.#root.renew(now)
    this.#choose()
  }

  /** A neighbour tells where it stands. */
  heard(link: OpenLink, position: TreePosition | undefined, now: number): void {
    link.position = position
    if (position !== undefined && this.#root.heard(position, now)) this.#nearest = undefined
    this.#choose()
  }

  /** A link has ended. */
  lost(link: OpenLink): void {
    if (!this.#with.parent.is(link)) return
    this.#with.parent.forget()
    this.#choose()
  }

  #choose(): void {
    const { own } = this.#root
    if (own !== undefined) return this.#standAt(own, undefined)
    const { links, parent } = this.#with
    let [best, least] = [parent.link, this.#by(parent.link)]
    // Only what is clearly nearer takes the parent's place: round trips vary.
    const bound = least * GOSSIP_LIMITS.nearerShare
    for (const link of links.open()) {
      const distance = this.#by(link)
      if (distance < Math.min(bound, best === parent.link ? bound : least)) {
        best = link
        least = distance
      }
    }
    const by = least === Number.POSITIVE_INFINITY ? undefined : best?.position
    this.#standAt(by === undefined ? undefined : { ...by, distance: Math.round(least) }, best)
  }

  /** How far the root is by way of a neighbour. */
  #by(link: OpenLink | undefined): number {
    const { position, replica } = link ?? {}
    if (position === undefined || replica === undefined || !this.#isFeasible(position)) {
      return Number.POSITIVE_INFINITY
    }
    const { roundTrips } = this.#with
    const roundTrip = roundTrips.of(replica) ?? roundTrips.median() ?? 0
    const distance = position.distance + roundTrip / 2 + GOSSIP_LIMITS.distanceEach
    return distance > LIMITS.treePositionMax - 1 ? Number.POSITIVE_INFINITY : distance
  }

  #isFeasible(position: TreePosition): boolean {
    if (!this.#root.is(position)) return false
    const { seq, distance } = position
    const nearest = this.#nearest
    if (nearest === undefined || seq > nearest.seq) return true
    return seq === nearest.seq && distance < nearest.distance
  }

  #standAt(position: TreePosition | undefined, parent: OpenLink | undefined): void {
    const isMoved = isFar(this.#position, position)
    this.#position = position
    if (position !== undefined && this.#isNearer(position)) this.#nearest = position
    // Who stands nowhere leaves the tree as it is: it may still bring what is new.
    if (position !== undefined) this.#with.parent.follow(parent)
    if (isMoved) this.#with.onMoved()
  }

  #isNearer({ seq, distance }: TreePosition): boolean {
    const nearest = this.#nearest
    if (nearest === undefined || seq > nearest.seq) return true
    return distance < nearest.distance
  }
}

/** Whether neighbours need to hear of the difference. */
export function isFar(a: TreePosition | undefined, b: TreePosition | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b
  if (a.root !== b.root || a.term !== b.term) return true
  return Math.abs(a.distance - b.distance) > GOSSIP_LIMITS.distanceEach / 2
}
