import {
  encodeReplicaMessage,
  join,
  meet,
  type ChainHash,
  type Dot,
  type RejectionCode,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'

import type { GossipEffect, GossipEvent, GossipTimer, LinkId, LogView } from './events.ts'
import type { FailureDetection } from './failure-detection.ts'
import type { GossipOptions } from './gossip-options.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import { retiredRecord, type Membership } from './membership.ts'
import { partsOf, type Parts } from './parts.ts'
import type { RoundTrips } from './round-trips.ts'
import type { UserMessages } from './user-messages.ts'

/**
 * Gossip between replicas, as one state machine with one verb. It is made of a few ideas, each in a
 * file of its own: links, membership, an overlay (whom to link to), failure detection, a broadcast (bring
 * what is new quickly), anti-entropy (find and fetch what is missing), a census (what everybody has),
 * catching up (when what is missing has left the log), and disputes (when histories differ). It sees the
 * log and never changes it.
 */
export class Gossip {
  readonly membership: Membership
  readonly links: Links
  readonly roundTrips: RoundTrips
  readonly detection: FailureDetection
  readonly messages: UserMessages
  readonly #parts: Parts
  readonly #log: LogView
  readonly #self: ReplicaId
  #chain: ChainHash
  #hasLeft = false
  #out: GossipEffect[] = []

  constructor(options: GossipOptions) {
    this.#self = options.self
    this.#chain = options.chain
    this.#log = options.log
    this.#parts = partsOf(options, {
      emit: (effect) => this.#out.push(effect),
      onAgreed: (link) => this.#agreed(link),
      onEnd: (link, code) => this.#ended(link, code),
      onLost: (code) => this.#disown(code),
    })
    this.membership = this.#parts.membership
    this.links = this.#parts.links
    this.roundTrips = this.#parts.roundTrips
    this.detection = this.#parts.detection
    this.messages = this.#parts.messages
  }

  /** What documents may hold beyond this replica's version, as it is being brought up by them. */
  get ahead(): Version {
    return this.#parts.catchUp.ahead
  }

  /** Whether a link is kept to everybody, as there are few. */
  get isMesh(): boolean {
    return this.#parts.overlay.isMesh
  }

  /** Addresses, configured or heard of, whose replica nobody has met: of these nothing is known. */
  unmet(): string[] {
    return this.#parts.overlay.unmet()
  }

  /** The least of what the members hold, this replica with `own` included: a lower bound of `R`. */
  stable(own: Version): Version {
    if (this.unmet().length > 0 || this.membership.isFull) return new Map()
    const versions = [own, ...[...this.membership.all()].map(({ version }) => version)]
    return this.#parts.census.isOn
      ? join([meet(versions), this.#parts.census.stable])
      : meet(versions)
  }

  /**
   * Whether entry `seq` of `origin`, on which the entry `by` depends, is nowhere any more: its id was given
   * up, and no member holds it.
   */
  isVoid(origin: ReplicaId, seq: number, by?: Dot): boolean {
    const { membership } = this
    if (!membership.isVoid(origin, seq)) return false
    const isCounted = this.#parts.census.isOn
    if (isCounted && !this.#parts.census.isVoid(origin, seq)) return false
    if (by === undefined || membership.hasTold(by)) return true
    return isCounted && this.#parts.census.hasSeen(by.replica, by.seq)
  }

  /** Takes one event and answers with what is to be done, in order. */
  step(event: GossipEvent, now: number): GossipEffect[] {
    this.#take(event, now)
    const out = this.#out
    this.#out = []
    return out
  }

  #take(event: GossipEvent, now: number): void {
    if (this.#hasLeft) return
    switch (event.type) {
      case 'started':
        this.#scheduleHeartbeat()
        this.#parts.overlay.started()
        return this.detection.started(now)
      case 'linked':
        return this.#linked(event.link, event.dialled, now)
      case 'frame':
        return this.#parts.incoming.frame(event.link, event.frame, now)
      case 'unlinked':
        return this.#unlinked(event.link, event.code, now)
      case 'dial-failed':
        return this.#unreachable(event.address, now)
      case 'timer':
        return this.#timer(event.timer, now)
      case 'retag':
        this.membership.retag(event.tags)
        return this.#parts.roster.news(this.membership.own, undefined)
      case 'retire':
        return this.#parts.beliefs.retire(event.replica, event.state, now)
      case 'farewell':
        return this.#farewell()
      case 'broadcast':
        return this.messages.broadcast(event.topic, event.payload)
      case 'cut':
        return this.links.cut(event.peer)
      case 'mended':
        this.links.mended(event.peer)
        return this.#parts.overlay.mended(event.peer)
      case 'presence':
        return this.#spread(event)
      case 'blocked':
        return this.#whenOpen(event.link, (link) => {
          link.blocked = true
        })
      case 'drained':
        return this.#whenOpen(event.link, (link) => this.#drained(link))
      case 'served':
        return this.#whenOpen(event.link, (link) => this.#parts.serving.served(link, now))
      case 'damaged':
        return this.#parts.repairs.want(event.document, event.needs)
      case 'repaired':
        return this.#parts.repairs.repaired(event.document, event.isDone)
      default:
        return this.#logged(event, now)
    }
  }

  /** What the log and the store say. */
  #logged(event: LogEvent, now: number): void {
    switch (event.type) {
      case 'advanced':
        return this.#advanced(event, now)
      case 'took':
        return this.#whenOpen(event.link, (link) => this.#took(link, event, now))
      case 'refused':
        return this.#whenOpen(event.link, (link) => this.links.refuse(link, event.rejection))
      case 'forked':
        return this.#whenOpen(event.link, (link) => this.#forked(link, event, now))
      case 'rolled-back':
        this.#parts.broadcast.forget(event.origin)
        this.#parts.disputes.settled(event.origin)
        return this.#parts.antiEntropy.goOn()
      case 'read':
        return this.#parts.serving.read(event.link, event.range, event.found)
      case 'documents-read':
        return this.#parts.documents.read(event.link, event.found)
      case 'snapshots-stored':
        this.#parts.catchUp.stored(event.chunk)
        if (!this.#parts.catchUp.isRunning) this.#parts.antiEntropy.goOn()
        return
      case 'published':
        return this.#parts.catchUp.published(event.origin)
      case 'storage':
        return this.#parts.antiEntropy.storage(event.isWell)
    }
  }

  #linked(id: LinkId, address: string | undefined, now: number): void {
    const wish = address === undefined ? 'neighbour' : this.#parts.overlay.dialling.wishFor(address)
    this.links.began(id, address === undefined ? undefined : { address, wish }, now)
  }

  // Who is told that its id is not its own any more takes another.
  #unlinked(id: LinkId, code: RejectionCode | undefined, now: number): void {
    const link = this.links.get(id)
    if (link === undefined) return
    this.links.ended(id, code)
    this.#follow(this.#parts.star.choose(), now)
    if (code === 'retired' || code === 'id-in-use') return this.#disown(code)
    const isGone = code === undefined || code === 'closing' || code === 'silent'
    if (isGone && link.replica !== undefined) this.detection.lost(link.replica, now)
  }

  #follow(parent: OpenLink | undefined, now: number): void {
    if (parent !== undefined) this.#parts.broadcast.followed(parent, now)
  }

  #unreachable(address: string, now: number): void {
    const owner = this.#parts.overlay.ownerOf(address)
    this.#parts.overlay.lost(address, owner)
    this.detection.unreachable(address, owner, now)
  }

  /** Its peers then close its links as those of a retired id, which here is no reason to take a new one. */
  #farewell(): void {
    const { roster } = this.#parts
    roster.news(retiredRecord(this.#self, 'left'), undefined)
    roster.flush()
    this.#hasLeft = true
  }

  #disown(code: 'retired' | 'id-in-use'): void {
    const keep = this.#log.heads.get(this.#self)?.seq ?? 0
    const why = code === 'retired' ? 'was removed' : 'is in use by another replica too'
    this.#parts.disputes.disown(keep, `The id ${this.#self} ${why}.`)
  }

  #scheduleHeartbeat(): void {
    const timer = { kind: 'heartbeat', key: 0, token: 0 } as const
    this.#out.push({ type: 'schedule', timer, delayMs: GOSSIP_LIMITS.heartbeatMs })
  }

  #took(link: OpenLink, event: GossipEvent & { type: 'took' }, now: number): void {
    const { origin, upTo, before, fresh, isPushed } = event
    const taken = { origin, upTo, fresh: { before, entries: fresh }, isPushed }
    this.#parts.broadcast.took(link, taken, now)
    const brought = { origin, upTo, isFresh: fresh.length > 0, isPushed }
    this.#parts.antiEntropy.took(link, brought, now)
  }

  #forked(link: OpenLink, { origin, seq }: GossipEvent & { type: 'forked' }, now: number): void {
    this.#parts.disputes.forked(link, origin, seq)
    this.#parts.antiEntropy.forked(link, origin, now)
  }

  #agreed(link: OpenLink): void {
    this.#parts.antiEntropy.tellAll(link)
    this.#parts.census.agreed(link)
  }

  #advanced({ own }: GossipEvent & { type: 'advanced' }, now: number): void {
    this.#follow(this.#parts.star.choose(), now)
    this.#parts.broadcast.publish({ before: this.#chain, entries: own }, now)
    this.#chain = own.at(-1)?.hash ?? this.#chain
    this.#parts.documents.advanced()
    this.#parts.antiEntropy.advanced(now)
    this.#parts.census.advanced()
  }

  #spread({ document, update, only, except }: GossipEvent & { type: 'presence' }): void {
    const links = this.#parts.star
      .onward(except)
      .filter(({ id, blocked }) => id === (only ?? id) && !blocked)
    if (links.length === 0) return
    const frame = encodeReplicaMessage({ type: 'presence', document, update })
    this.#out.push({ type: 'send', links: links.map(({ id }) => id), frame })
  }

  #timer(timer: GossipTimer, now: number): void {
    switch (timer.kind) {
      case 'greeting':
        if (this.links.get(timer.key as number)?.replica === undefined) this.links.closeSilent(now)
        return
      case 'heartbeat':
        this.links.closeSilent(now)
        this.#parts.disputes.review()
        return this.#heartbeat(now)
      case 'announce':
        return this.#parts.antiEntropy.announceTimer(timer)
      case 'graft':
        return this.#parts.antiEntropy.graftTimer(timer, now)
      case 'news':
        return this.#parts.roster.timer()
      case 'push':
        return this.#parts.broadcast.timer(now)
      case 'census':
        return this.#parts.census.timer(timer.key)
      case 'probe':
        this.#parts.overlay.view.review(now)
        this.#follow(this.#parts.star.review(now), now)
        return this.detection.timer(timer, now)
      case 'relay':
      case 'suspicion':
        return this.detection.timer(timer, now)
      case 'dial':
      case 'seek':
      case 'shuffle':
      case 'repair':
        return this.#parts.overlay.timer(timer)
    }
  }

  #heartbeat(now: number): void {
    if (this.#parts.overlay.shape === 'tree') this.#parts.tree.beat(now)
    for (const link of this.links.open()) {
      this.#parts.overlay.lasted(link.replica)
      if (!link.isAgreed) this.#parts.roster.compare(link)
    }
    this.#parts.antiEntropy.beat()
    this.#scheduleHeartbeat()
  }

  #drained(link: OpenLink): void {
    link.blocked = false
    this.#parts.serving.drained(link)
    this.#parts.antiEntropy.drained(link)
  }

  #ended(link: LinkState, code: RejectionCode | undefined): void {
    this.#parts.serving.ended(link.id)
    this.#parts.documents.ended(link.id)
    this.#parts.catchUp.ended(link)
    this.#parts.repairs.ended(link)
    this.#parts.roster.ended(link)
    this.#parts.antiEntropy.ended(link)
    if (link.replica !== undefined) this.#parts.tree.lost(link as OpenLink)
    this.#parts.overlay.lost(link.dialled, link.replica, code)
  }

  #whenOpen(id: LinkId, then: (link: OpenLink) => void): void {
    const link = this.links.get(id)
    if (link?.replica !== undefined) then(link as OpenLink)
  }
}

type LogEvent = Extract<
  GossipEvent,
  {
    type:
      | 'advanced'
      | 'took'
      | 'refused'
      | 'forked'
      | 'rolled-back'
      | 'read'
      | 'documents-read'
      | 'snapshots-stored'
      | 'published'
      | 'storage'
  }
>
