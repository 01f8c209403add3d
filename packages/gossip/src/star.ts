import { compareReplicaIds, type ReplicaId } from '@rejoin/protocol'

import type { LinkId } from './events.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'
import type { Parent } from './parent.ts'

export interface StarOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly parent: Parent
  /** Whether everybody has a link to everybody, and they are too many for each to push to all. */
  readonly isOn: () => boolean
}

/**
 * The tree of the broadcast in a full mesh: a star, two hops from anybody to anybody. Each replica hangs
 * onto the one with the lowest id that it has a link to, so that all come to the same without a word. In
 * the middle what comes from several leaves for the others in one frame, which each of them would
 * otherwise send to everybody.
 *
 * As a parent always has the lower id, no way leads in a circle, whoever has a link to whom. Those who
 * don't hang together are brought together by Plumtree's grafts, like everybody that a tree misses.
 */
export class Star {
  readonly #with: StarOptions
  #isOn = false
  /** Neighbours that were pushed something a while ago, and were not heard since. */
  #doubtful: ReadonlySet<OpenLink> = new Set()

  constructor(options: StarOptions) {
    this.#with = options
  }

  /** A link has greeted: nothing is pushed on it, unless one end hangs onto the other. */
  linked(link: OpenLink): OpenLink | undefined {
    if (this.#with.isOn()) link.isEager = link.isChild
    return this.choose()
  }

  /** Looks now and then whether a neighbour seems to be dead. */
  review(now: number): OpenLink | undefined {
    const doubtful = [...this.#with.links.open()].filter(({ awaitedSince }) => {
      return awaitedSince !== undefined && now - awaitedSince > OVERLAY_LIMITS.doubtMs
    })
    this.#doubtful = new Set(doubtful)
    return this.choose()
  }

  /** Whom to hang onto may have changed; answers a new one. */
  choose(): OpenLink | undefined {
    const { isOn, parent } = this.#with
    const wasOn = this.#isOn
    this.#isOn = isOn()
    if (!this.#isOn) {
      if (wasOn) this.#end()
      return undefined
    }
    if (!wasOn) this.#begin()
    const lowest = this.#lowest()
    if (lowest === parent.link) return undefined
    parent.follow(lowest)
    return lowest
  }

  /**
   * On which links something that is told to everybody goes on, having come from `from` or begun here. In a
   * mesh that everybody flooded, it would come to each from all the others.
   */
  onward(from: LinkId | undefined): OpenLink[] {
    const others = [...this.#with.links.open()].filter(({ id }) => id !== from)
    const isAlong = from !== undefined && this.#with.isOn()
    return isAlong ? others.filter(({ isEager }) => isEager) : others
  }

  #begin(): void {
    for (const link of this.#with.links.open()) link.isEager = link.isChild
    const { link } = this.#with.parent
    if (link !== undefined) link.isEager = true
  }

  /** The next tree grows as if all links were new, as it has nothing in common with a star. */
  #end(): void {
    this.#with.parent.forget()
    for (const link of this.#with.links.open()) {
      link.isEager = true
      link.isChild = false
    }
  }

  #lowest(): OpenLink | undefined {
    let lowest: OpenLink | undefined
    for (const link of this.#with.links.open()) {
      const least = lowest?.replica ?? this.#with.self
      if (compareReplicaIds(link.replica, least) < 0 && this.#isSound(link)) lowest = link
    }
    return lowest
  }

  #isSound(link: OpenLink): boolean {
    if (this.#doubtful.has(link)) return false
    return this.#with.membership.record(link.replica)?.state === 'alive'
  }
}
