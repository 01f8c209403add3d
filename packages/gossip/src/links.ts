import {
  compareReplicaIds,
  encodeReplicaMessage,
  REPLICA_PROTOCOL_VERSION,
  type Hello,
  type Rejection,
  type ReplicaId,
  type RunId,
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
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  readonly membership: Membership
  readonly emit: Emit
  /** Told of every link that ends, however it ends, exactly once. */
  readonly onEnd: (link: LinkState) => void
}

/**
 * The links of this replica, from greeting to end. Between two replicas there is at most one open
 * link: when both dial at once, both keep the one that the lower id dialled; when the same end
 * dialled twice, the newer one, since its older one must be dead. A link that was cut is closed and
 * refused, whoever dials, until it is mended. So is whoever has a retired id, or an id that another
 * run has been seen with since: it is told why, and takes a new one (rules L8, L9).
 */
export class Links {
  readonly #self: ReplicaId
  readonly #run: RunId
  readonly #address: string
  readonly #membership: Membership
  readonly #runs = new Runs()
  readonly #emit: Emit
  readonly #links = new Map<LinkId, LinkState>()
  readonly #open = new Map<ReplicaId, OpenLink>()
  readonly #cut = new Set<ReplicaId>()
  readonly #onEnd: (link: LinkState) => void

  constructor(options: LinksOptions) {
    this.#self = options.self
    this.#run = options.run
    this.#membership = options.membership
    this.#address = options.address
    this.#emit = options.emit
    this.#onEnd = options.onEnd
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

  get openCount(): number {
    return this.#open.size
  }

  began(id: LinkId, dialled: string | undefined, now: number): void {
    this.#links.set(id, newLink(id, dialled, now))
    const greeting = { kind: 'greeting', key: id, token: 0 } as const
    this.#emit({ type: 'schedule', timer: greeting, delayMs: GOSSIP_LIMITS.greetingMs })
    this.#emit({ type: 'send', links: [id], frame: encodeReplicaMessage(this.#hello()) })
  }

  #hello(): Hello {
    return {
      type: 'hello',
      protocol: REPLICA_PROTOCOL_VERSION,
      replica: this.#self,
      run: this.#run,
      address: this.#address,
    }
  }

  /** Takes a `hello`; the link is open when this returns it, and refused otherwise. */
  greeted(link: LinkState, hello: Hello): OpenLink | undefined {
    if (this.#cut.has(hello.replica)) {
      this.#end(link, { code: 'link-cut', reason: 'This link is cut until it is mended.' })
      return undefined
    }
    const refusal = this.#refusalOf(link, hello)
    if (refusal !== undefined) {
      this.refuse(link, refusal)
      return undefined
    }
    const older = this.#open.get(hello.replica)
    if (older !== undefined) {
      const loser = this.#newerWins(older, link, hello.replica) ? older : link
      this.#end(loser, { code: 'duplicate-link', reason: 'Another link to this replica is open.' })
      if (loser === link) return undefined
    }
    this.#runs.seen(hello)
    link.replica = hello.replica
    this.#open.set(hello.replica, link as OpenLink)
    this.#emit({ type: 'links' })
    return link as OpenLink
  }

  #refusalOf(link: LinkState, hello: Hello): Rejection | undefined {
    if (link.replica !== undefined) {
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

  #newerWins(older: OpenLink, newer: LinkState, peer: ReplicaId): boolean {
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

  /** The transport ended a link; one that was closed here is forgotten already. */
  ended(id: LinkId): void {
    const link = this.#links.get(id)
    if (link !== undefined) this.#forget(link)
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
    this.#forget(link)
    this.#emit({ type: 'close', link: link.id, rejection })
  }

  #forget(link: LinkState): void {
    this.#links.delete(link.id)
    if (link.replica !== undefined && this.#open.get(link.replica) === link) {
      this.#open.delete(link.replica)
      this.#emit({ type: 'links' })
    }
    this.#onEnd(link)
  }
}
