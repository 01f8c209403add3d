import {
  compareReplicaIds,
  encodeReplicaMessage,
  REPLICA_PROTOCOL_VERSION,
  type Hello,
  type Rejection,
  type RejectionCode,
  type ReplicaId,
  type RunId,
  type Wish,
} from '@rejoin/protocol'

import type { Emit, LinkId } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import { newLink, type LinkState, type OpenLink } from './link.ts'
import type { Membership } from './membership.ts'
import { Runs } from './runs.ts'

export interface LinksOptions {
  readonly self: ReplicaId
  /** This run of the process. */
  readonly run: RunId
  readonly membership: Membership
  /** What this replica says of all members, and to whom it answers. */
  readonly summary: (to: ReplicaId | undefined) => Pick<Hello, 'members' | 'beliefs' | 'holds'>
  /** Whether there is room for a link that was dialled with `wish`. */
  readonly admits: (wish: Wish) => boolean
  /** A link is refused for want of room; the peer can be told where else to look. */
  readonly onRefusal: (link: LinkState, hello: Hello) => void
  readonly emit: Emit
  /** Told of every link that ends, however it ends, exactly once. */
  readonly onEnd: (link: LinkState, code: RejectionCode | undefined) => void
}

/**
 * The links of this replica, from greeting to end. Whoever dialled says hello, and the other's hello
 * accepts the link. Between two replicas there is at most one open
 * link: when both dial at once, both keep the one that the lower id dialled; when the same end
 * dialled twice, the newer one, since its older one must be dead. A link that was cut is closed and
 * refused, whoever dials, until it is mended. So is whoever has a retired id, or an id that another
 * run has been seen with since: it is told why, and takes a new one (rules L8, L9).
 */
export class Links {
  readonly #self: ReplicaId
  readonly #run: RunId
  readonly #options: LinksOptions
  readonly #membership: Membership
  readonly #runs = new Runs()
  readonly #emit: Emit
  readonly #links = new Map<LinkId, LinkState>()
  readonly #open = new Map<ReplicaId, OpenLink>()
  readonly #cut = new Set<ReplicaId>()

  constructor(options: LinksOptions) {
    this.#self = options.self
    this.#run = options.run
    this.#membership = options.membership
    this.#options = options
    this.#emit = options.emit
  }

  get(link: LinkId): LinkState | undefined {
    return this.#links.get(link)
  }

  /** Every open link, one a peer. */
  open(): IterableIterator<OpenLink> {
    return this.#open.values()
  }

  /** Every link, those that have not greeted yet included. */
  all(): IterableIterator<LinkState> {
    return this.#links.values()
  }

  ofReplica(replica: ReplicaId): OpenLink | undefined {
    return this.#open.get(replica)
  }

  isOpen(replica: ReplicaId): boolean {
    return this.#open.has(replica)
  }

  isCut(replica: ReplicaId): boolean {
    return this.#cut.has(replica)
  }

  /** Whether there is an open link to whoever is at `address`. */
  hasAddress(address: string): boolean {
    for (const link of this.#open.values()) if (link.address === address) return true
    return false
  }

  get openCount(): number {
    return this.#open.size
  }

  began(id: LinkId, dialled: { address: string; wish: Wish } | undefined, now: number): void {
    const link = newLink(id, dialled, now)
    this.#links.set(id, link)
    const greeting = { kind: 'greeting', key: id, token: 0 } as const
    this.#emit({ type: 'schedule', timer: greeting, delayMs: GOSSIP_LIMITS.greetingMs })
    if (dialled !== undefined) this.#sayHello(link, undefined)
  }

  #sayHello({ id, wish }: LinkState, to: ReplicaId | undefined): void {
    const { address, incarnation, tags } = this.#membership.own
    const hello: Hello = {
      type: 'hello',
      protocol: REPLICA_PROTOCOL_VERSION,
      replica: this.#self,
      run: this.#run,
      address,
      incarnation,
      tags,
      wish,
      ...this.#options.summary(to),
    }
    this.#emit({ type: 'send', links: [id], frame: encodeReplicaMessage(hello) })
  }

  /** Takes a `hello`; the link is open when this returns it, and refused otherwise. */
  greeted(link: LinkState, hello: Hello): OpenLink | undefined {
    if (this.#cut.has(hello.replica)) {
      this.#end(link, { code: 'link-cut', reason: 'This link is cut until it is mended.' })
      return undefined
    }
    if (this.#runs.isLate(hello, link.openedAt)) {
      this.#end(link, { code: 'silent', reason: 'This process has ended, and runs anew.' })
      return undefined
    }
    const refusal = this.#refusalOf(link, hello)
    if (refusal !== undefined) {
      if (refusal.code === 'self-link') this.#introduce(link, hello)
      this.refuse(link, refusal)
      return undefined
    }
    this.#runs.seen(hello, link.openedAt)
    const isInbound = link.dialled === undefined
    if (isInbound) link.wish = hello.wish
    if (link.wish === 'visit') {
      this.#introduce(link, hello)
      return undefined
    }
    const older = this.#open.get(hello.replica)
    if (older === undefined && isInbound && !this.#options.admits(hello.wish)) {
      this.#options.onRefusal(link, hello)
      this.#end(link, { code: 'view-full', reason: 'There is no room for another link here.' })
      return undefined
    }
    if (older !== undefined) {
      const loser = this.#newerWins(older, link, hello) ? older : link
      if (loser === link) this.#introduce(link, hello)
      this.#end(loser, { code: 'duplicate-link', reason: 'Another link to this replica is open.' })
      if (loser === link) return undefined
    }
    link.replica = hello.replica
    link.run = hello.run
    link.address = hello.address
    this.#introduce(link, hello)
    this.#open.set(hello.replica, link as OpenLink)
    this.#emit({ type: 'links' })
    return link as OpenLink
  }

  /**
   * Says who is here to whoever dialled: that accepts a link. One that is closed at once all the same may
   * have been dialled by a name of which nobody knew whose it is, and then nothing would be stable (rule L6).
   */
  #introduce(link: LinkState, { replica }: Hello): void {
    if (link.dialled === undefined) this.#sayHello(link, replica)
  }

  /** Closes a link that is one too many; nothing is wrong with the peer. */
  evict(link: LinkState): void {
    this.#end(link, { code: 'evicted', reason: 'Another link has taken the place of this one.' })
  }

  /** Closes a link that was for a visit only. */
  leave(link: LinkState): void {
    this.#end(link, { code: 'visited', reason: 'This was a visit only.' })
  }

  #refusalOf(link: LinkState, hello: Hello): Rejection | undefined {
    if (link.replica !== undefined || (link.wish === 'visit' && link.dialled === undefined)) {
      return { code: 'malformed', reason: 'A second hello came on one link.' }
    }
    if (hello.protocol !== REPLICA_PROTOCOL_VERSION) {
      const reason =
        `This replica speaks version ${REPLICA_PROTOCOL_VERSION} of the replica protocol, ` +
        `the other version ${hello.protocol}; run the same release on both.`
      return { code: 'wrong-protocol', reason }
    }
    if (hello.replica === this.#self && hello.run === this.#run) {
      return {
        code: 'self-link',
        reason: 'This replica dialled itself; leave it out of its peers.',
      }
    }
    if (hello.replica === this.#self || this.#runs.isPast(hello)) {
      const reason = `Two replicas run with the id ${hello.replica}: a data directory was copied.`
      return { code: 'id-in-use', reason }
    }
    if (this.#membership.isRetired(hello.replica)) {
      return { code: 'retired', reason: `The id ${hello.replica} was given up or removed.` }
    }
    if (this.#open.size >= GOSSIP_LIMITS.linksMax && !this.#open.has(hello.replica)) {
      return { code: 'too-many', reason: `There are ${GOSSIP_LIMITS.linksMax} links already.` }
    }
    return undefined
  }

  #newerWins(older: OpenLink, newer: LinkState, { replica: peer, run }: Hello): boolean {
    // The process behind the older one has ended, or it comes back and shows itself a copy.
    if (older.run !== run) return true
    const selfDialledOlder = older.dialled !== undefined
    const selfDialledNewer = newer.dialled !== undefined
    if (selfDialledOlder === selfDialledNewer) return true
    return selfDialledNewer === compareReplicaIds(this.#self, peer) < 0
  }

  /** Closes a link for a reason and forgets it. */
  refuse(link: LinkState, rejection: Rejection): void {
    this.#emit({ type: 'rejected', rejection })
    this.#end(link, rejection)
  }

  /** The transport ended a link, with the peer's reason if it gave one; one that was closed here is forgotten. */
  ended(id: LinkId, code: RejectionCode | undefined): void {
    const link = this.#links.get(id)
    if (link !== undefined) this.#forget(link, code)
  }

  cut(peer: ReplicaId): void {
    this.#cut.add(peer)
    const link = this.#open.get(peer)
    if (link !== undefined) this.#end(link, { code: 'link-cut', reason: 'The link was cut here.' })
    this.#emit({ type: 'links' })
  }

  mended(peer: ReplicaId): void {
    this.#cut.delete(peer)
    this.#emit({ type: 'links' })
  }

  /** Closes links that never greeted, or from which nothing was heard for too long. */
  closeSilent(now: number): void {
    for (const link of this.#links.values()) {
      const silentMs = now - link.heardAt
      const boundMs =
        link.replica === undefined ? GOSSIP_LIMITS.greetingMs : GOSSIP_LIMITS.silenceMs
      if (silentMs < boundMs) continue
      this.refuse(link, { code: 'silent', reason: `Nothing was heard for ${silentMs} ms.` })
    }
  }

  #end(link: LinkState, rejection: Rejection): void {
    this.#forget(link, rejection.code)
    this.#emit({ type: 'close', link: link.id, rejection })
  }

  #forget(link: LinkState, code: RejectionCode | undefined): void {
    this.#links.delete(link.id)
    if (link.replica !== undefined && this.#open.get(link.replica) === link) {
      this.#open.delete(link.replica)
      this.#emit({ type: 'links' })
    }
    this.#options.onEnd(link, code)
  }
}
