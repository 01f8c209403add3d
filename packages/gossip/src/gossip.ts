import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  isRetired,
  join,
  meet,
  type ChainHash,
  type Contact,
  type Dot,
  type Have,
  type MemberRecord,
  type Members,
  type Push,
  type RejectionCode,
  type ReplicaId,
  type ReplicaMessage,
  type RunId,
  type Tags,
  type Version,
} from '@rejoin/protocol'

import { AntiEntropy } from './anti-entropy.ts'
import { CATCH_UP_NOTE, CatchUp } from './catch-up.ts'
import { Census } from './census.ts'
import { Chance } from './chance.ts'
import { Disputes } from './disputes.ts'
import { DocumentsServing } from './documents-serving.ts'
import type { Emit, GossipEffect, GossipEvent, GossipTimer, LinkId, LogView } from './events.ts'
import { FlatTree } from './flat-tree.ts'
import { FailureDetection } from './failure-detection.ts'
import { Greeting } from './greeting.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import { Links } from './links.ts'
import { Membership } from './membership.ts'
import { Overlay } from './overlay.ts'
import { Pace } from './pace.ts'
import { Plumtree } from './plumtree.ts'
import type { RememberedMembers } from './remembered-members.ts'
import { Repairs } from './repairs.ts'
import { Roster } from './roster.ts'
import { RoundTrips } from './round-trips.ts'
import { Serving } from './serving.ts'
import { UserMessages } from './user-messages.ts'

export interface GossipOptions {
  readonly self: ReplicaId
  /** This run of the process; another run with the same id shows that a directory was copied. */
  readonly run: RunId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** What an operator says of this replica. */
  readonly tags: Tags
  /** Addresses given by configuration. */
  readonly peers: readonly string[]
  /** Members remembered from earlier runs. */
  readonly members: RememberedMembers
  readonly log: LogView
  /** What it asked to be kept. */
  readonly notes: ReadonlyMap<string, Uint8Array>
  /** Where this replica's own chain stands: the hash of its last durable entry. */
  readonly chain: ChainHash
  /** Seeds the jitter of its timers. */
  readonly seed: number
  /** Left out: yes. Without it failures are detected by plain SWIM, to compare with. */
  readonly lifeguard?: boolean
}

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
  readonly roundTrips: RoundTrips = new RoundTrips()
  readonly detection: FailureDetection
  readonly messages: UserMessages
  readonly #overlay: Overlay
  readonly #roster: Roster
  readonly #greeting: Greeting
  readonly #broadcast: Plumtree
  readonly #tree: FlatTree
  readonly #antiEntropy: AntiEntropy
  readonly #census: Census
  readonly #serving: Serving
  readonly #documents: DocumentsServing
  readonly #catchUp: CatchUp
  readonly #repairs: Repairs
  readonly #disputes: Disputes
  readonly #log: LogView
  readonly #self: ReplicaId
  #chain: ChainHash
  #hasLeft = false
  #out: GossipEffect[] = []

  constructor(options: GossipOptions) {
    const { self, log, run, address, tags, members: known, lifeguard = true } = options
    const emit: Emit = (effect) => this.#out.push(effect)
    const chance = new Chance(options.seed)
    const pace = new Pace(this.roundTrips)
    this.#self = self
    this.#chain = options.chain
    this.#log = log
    this.membership = new Membership({ self, address, tags, known, emit })
    const { membership, roundTrips } = this
    this.links = new Links({
      self,
      run,
      membership,
      summary: (to) => this.#greeting.summary(to),
      admits: (wish) => this.#overlay.admits(wish),
      onRefusal: (link, hello) => this.#greeting.refused(link, hello),
      emit,
      onEnd: (link, code) => this.#ended(link, code),
    })
    const { links } = this
    const { peers } = options
    this.#overlay = new Overlay({ self, address, peers, links, membership, log, chance, emit })
    const { dialling } = this.#overlay
    const isMesh = (): boolean => this.#overlay.isMesh
    const onAgreed = (link: OpenLink): void => this.#agreed(link)
    this.#roster = new Roster({ links, membership, unmet: () => this.unmet(), emit, onAgreed })
    const roster = this.#roster
    const detecting = { self, links, membership, roster, dialling, roundTrips, chance, emit }
    this.detection = new FailureDetection({ ...detecting, lifeguard })
    const onMoved = (): void => this.#antiEntropy.changed()
    this.#tree = new FlatTree({ links, roundTrips, emit, onMoved })
    const tree = this.#tree
    this.#broadcast = new Plumtree({ links, log, pace, tree, isMesh, emit })
    this.#catchUp = new CatchUp({ links, log, emit, note: options.notes.get(CATCH_UP_NOTE) })
    const [broadcast, catchUp] = [this.#broadcast, this.#catchUp]
    const exchanging = {
      self,
      links,
      membership,
      roster,
      broadcast,
      tree,
      log,
      catchUp,
      pace,
      emit,
    }
    this.#antiEntropy = new AntiEntropy(exchanging)
    this.#census = new Census({ self, links, membership, log, emit })
    this.#documents = new DocumentsServing({ log, emit })
    this.#repairs = new Repairs({ links, emit })
    this.#disputes = new Disputes({ self, links, membership, log, emit })
    this.messages = new UserMessages({ self, run, links, emit })
    this.#serving = new Serving({ links, log, broadcast, emit })
    const { detection } = this
    const overlay = this.#overlay
    const onCopy = (): void => this.#disown('id-in-use')
    const greeting = { self, run, links, membership, overlay, roster, detection, log, emit, onCopy }
    this.#greeting = new Greeting(greeting)
  }

  /** What documents may hold beyond this replica's version, as it is being brought up by them. */
  get ahead(): Version {
    return this.#catchUp.ahead
  }

  /** Whether a link is kept to everybody, as there are few. */
  get isMesh(): boolean {
    return this.#overlay.isMesh
  }

  /** Addresses, configured or heard of, whose replica nobody has met: of these nothing is known. */
  unmet(): string[] {
    return this.#overlay.unmet()
  }

  /** The least of what the members hold, this replica with `own` included: a lower bound of `R`. */
  stable(own: Version): Version {
    if (this.unmet().length > 0) return new Map()
    const versions = [own, ...[...this.membership.all()].map(({ version }) => version)]
    return this.#census.isOn ? join([meet(versions), this.#census.stable]) : meet(versions)
  }

  /**
   * Whether entry `seq` of `origin`, on which the entry `by` depends, is nowhere any more: its id was given
   * up, and no member holds it.
   */
  isVoid(origin: ReplicaId, seq: number, by?: Dot): boolean {
    const { membership } = this
    if (!membership.isVoid(origin, seq)) return false
    const isCounted = this.#census.isOn
    if (isCounted && !this.#census.isVoid(origin, seq)) return false
    if (by === undefined || membership.hasTold(by)) return true
    return isCounted && this.#census.hasSeen(by.replica, by.seq)
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
        this.#overlay.started()
        return this.detection.started(now)
      case 'linked':
        return this.#linked(event.link, event.dialled, now)
      case 'frame':
        return this.#frame(event.link, event.frame, now)
      case 'unlinked':
        return this.#unlinked(event.link, event.code, now)
      case 'dial-failed':
        return this.#unreachable(event.address, now)
      case 'timer':
        return this.#timer(event.timer, now)
      case 'retag':
        this.membership.retag(event.tags)
        return this.#roster.news(this.membership.own, undefined)
      case 'retire':
        return this.#believe([retired(event.replica, event.state)], undefined, now)
      case 'farewell':
        return this.#farewell()
      case 'broadcast':
        return this.messages.broadcast(event.topic, event.payload)
      case 'cut':
        return this.links.cut(event.peer)
      case 'mended':
        this.links.mended(event.peer)
        return this.#overlay.mended(event.peer)
      case 'presence':
        return this.#spread(event)
      case 'blocked':
        return this.#whenOpen(event.link, (link) => {
          link.blocked = true
        })
      case 'drained':
        return this.#whenOpen(event.link, (link) => this.#drained(link))
      case 'damaged':
        return this.#repairs.want(event.document, event.needs)
      case 'repaired':
        return this.#repairs.repaired(event.document, event.isDone)
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
        return this.#whenOpen(event.link, (link) =>
          this.#disputes.forked(link, event.origin, event.seq),
        )
      case 'rolled-back':
        this.#broadcast.forget(event.origin)
        this.#disputes.settled(event.origin)
        return this.#antiEntropy.goOn()
      case 'read':
        return this.#serving.read(event.link, event.range, event.found, now)
      case 'documents-read':
        return this.#documents.read(event.link, event.found)
      case 'snapshots-stored':
        this.#catchUp.stored()
        if (!this.#catchUp.isRunning) this.#antiEntropy.goOn()
        return
      case 'published':
        return this.#catchUp.published(event.origin)
    }
  }

  #linked(id: LinkId, address: string | undefined, now: number): void {
    const wish = address === undefined ? 'neighbour' : this.#overlay.dialling.wishFor(address)
    this.links.began(id, address === undefined ? undefined : { address, wish }, now)
  }

  // Who is told that its id is not its own any more takes another.
  #unlinked(id: LinkId, code: RejectionCode | undefined, now: number): void {
    const link = this.links.get(id)
    if (link === undefined) return
    this.links.ended(id, code)
    if (code === 'retired' || code === 'id-in-use') return this.#disown(code)
    const isGone = code === undefined || code === 'closing' || code === 'silent'
    if (isGone && link.replica !== undefined) this.detection.lost(link.replica, now)
  }

  #unreachable(address: string, now: number): void {
    const owner = this.#overlay.ownerOf(address)
    this.#overlay.lost(address, owner)
    this.detection.unreachable(address, owner, now)
  }

  /** Its peers then close its links as those of a retired id, which here is no reason to take a new one. */
  #farewell(): void {
    this.#roster.news(retired(this.#self, 'left'), undefined)
    this.#roster.flush()
    this.#hasLeft = true
  }

  #disown(code: 'retired' | 'id-in-use'): void {
    const keep = this.#log.heads.get(this.#self)?.seq ?? 0
    const why = code === 'retired' ? 'was removed' : 'is in use by another replica too'
    this.#disputes.disown(keep, `The id ${this.#self} ${why}.`)
  }

  #scheduleHeartbeat(): void {
    const timer = { kind: 'heartbeat', key: 0, token: 0 } as const
    this.#out.push({ type: 'schedule', timer, delayMs: GOSSIP_LIMITS.heartbeatMs })
  }

  #frame(id: LinkId, frame: Uint8Array, now: number): void {
    const link = this.links.get(id)
    if (link === undefined) return
    link.heardAt = now
    link.awaitedSince = undefined
    const decoded = decodeReplicaMessage(frame)
    if (!decoded.ok) return this.links.refuse(link, decoded.rejection)
    const message = decoded.value
    if (message.type === 'hello') return this.#greeting.heard(link, message, now)
    if (link.replica !== undefined) {
      this.detection.heardFrom(link as OpenLink)
      return this.#message(link as OpenLink, message, now)
    }
    if (message.type === 'contacts' && link.dialled !== undefined) {
      this.#contacts(message.contacts)
      if (link.wish === 'visit') this.links.leave(link)
      return
    }
    this.links.refuse(link, { code: 'malformed', reason: 'The first frame of a link is a hello.' })
  }

  #message(link: OpenLink, message: Exclude<ReplicaMessage, { type: 'hello' }>, now: number): void {
    switch (message.type) {
      case 'have':
        return this.#have(link, message, now)
      case 'want':
        if (message.graft) this.#broadcast.grafted(link, message.ranges.length === 0)
        return this.#serving.asked(link, message)
      case 'entries':
        this.#out.push({ type: 'entries', link: link.id, series: message, isPushed: false })
        return
      case 'push':
        return this.#pushed(link, message)
      case 'prune':
        return this.#broadcast.pruned(link)
      case 'members':
        return this.#members(link, message, now)
      case 'compare':
        return this.#roster.compared(link, message)
      case 'census':
        return this.#census.heard(link, message)
      case 'ping':
      case 'ack':
      case 'nack':
      case 'ping-req':
        return this.detection.took(link, message, now)
      case 'contacts':
        return this.#contacts(message.contacts)
      case 'forward-join':
        return this.#overlay.view.forwardJoin(link, message)
      case 'shuffle':
        return this.#overlay.view.shuffled(link, message)
      case 'behind':
        this.#catchUp.behind(link, message.floors)
        return this.#antiEntropy.behind(link, message.floors)
      case 'forked':
        return this.#disputes.told(message.head)
      case 'message':
        return this.messages.heard(link, message)
      case 'fetch':
        return this.#documents.asked(link, message)
      case 'documents':
        if (!this.#catchUp.documents(link, message)) this.#repairs.documents(link, message)
        return
      case 'presence': {
        const { document, update } = message
        this.#out.push({ type: 'presence', link: link.id, document, update })
        return
      }
    }
  }

  #pushed(link: OpenLink, { series }: Push): void {
    for (const each of series) {
      this.#out.push({ type: 'entries', link: link.id, series: each, isPushed: true })
    }
  }

  #took(link: OpenLink, event: GossipEvent & { type: 'took' }, now: number): void {
    const { origin, upTo, before, fresh, isPushed } = event
    const taken = { origin, upTo, fresh: { before, entries: fresh }, isPushed }
    this.#broadcast.took(link, taken, now)
    this.#antiEntropy.took(link, origin, isPushed, now)
  }

  #have(link: OpenLink, message: Have, now: number): void {
    if (this.#disputes.compare(link, message)) return
    this.#antiEntropy.heard(link, message, now)
    for (const [origin, { seq }] of message.heads) this.#broadcast.holds(link, origin, seq)
    if (!this.#overlay.isMesh) this.#tree.heard(link, message.position)
    this.#repairs.heard(link)
  }

  /** Replicas that can be dialled are members. */
  #contacts(contacts: readonly Contact[]): void {
    this.#overlay.view.contacts(contacts)
  }

  #members(link: OpenLink, message: Members, now: number): void {
    this.#roster.saidBy(link, message)
    this.#believe(message.members, link, now)
    for (const address of message.unmet) {
      if (this.#overlay.heardOf(address, undefined)) this.#roster.unmetNews(address, link)
    }
    this.#overlay.resize()
  }

  #believe(records: readonly MemberRecord[], from: OpenLink | undefined, now: number): void {
    for (const record of records) {
      const { replica, address } = record
      if (replica === this.#self && isRetired(record)) return this.#disown('retired')
      const isNews = this.detection.believe(record, from, now)
      if (isRetired(record)) {
        if (isNews) this.#forget(replica)
      } else if (replica !== this.#self) this.#overlay.heardOf(address, replica)
    }
    this.#overlay.resize()
    this.#census.changed()
  }

  #forget(replica: ReplicaId): void {
    const members = [...this.membership.all()]
    this.#overlay.retired(replica, (address) => {
      return members.find((member) => member.address === address)?.replica
    })
    const link = this.links.ofReplica(replica)
    const reason = `The id ${replica} was given up or removed.`
    if (link !== undefined) this.links.refuse(link, { code: 'retired', reason })
  }

  #agreed(link: OpenLink): void {
    this.#antiEntropy.tellAll(link)
    this.#census.agreed(link)
  }

  #advanced({ own }: GossipEvent & { type: 'advanced' }, now: number): void {
    this.#broadcast.publish({ before: this.#chain, entries: own }, now)
    this.#chain = own.at(-1)?.hash ?? this.#chain
    this.#documents.advanced()
    this.#antiEntropy.changed()
    this.#census.advanced()
  }

  #spread({ document, update, only, except }: GossipEvent & { type: 'presence' }): void {
    const links = [...this.links.open()].filter(
      ({ id, blocked }) => id !== except && id === (only ?? id) && !blocked,
    )
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
        return this.#heartbeat()
      case 'announce':
        return this.#antiEntropy.announceTimer(timer)
      case 'graft':
        return this.#antiEntropy.graftTimer(timer, now)
      case 'news':
        return this.#roster.timer()
      case 'push':
        return this.#broadcast.timer(now)
      case 'census':
        return this.#census.timer(timer.key)
      case 'probe':
        this.#overlay.view.review(now)
        return this.detection.timer(timer, now)
      case 'relay':
      case 'suspicion':
        return this.detection.timer(timer, now)
      case 'dial':
      case 'seek':
      case 'shuffle':
      case 'repair':
        return this.#overlay.timer(timer)
    }
  }

  #heartbeat(): void {
    for (const link of this.links.open()) {
      this.#overlay.lasted(link.replica)
      if (link.isAgreed) this.#antiEntropy.tellAll(link)
      else this.#roster.compare(link)
    }
    this.#scheduleHeartbeat()
  }

  #drained(link: OpenLink): void {
    link.blocked = false
    this.#serving.drained(link)
    this.#antiEntropy.drained(link)
  }

  #ended(link: LinkState, code: RejectionCode | undefined): void {
    this.#serving.ended(link.id)
    this.#documents.ended(link.id)
    this.#catchUp.ended(link)
    this.#repairs.ended(link)
    this.#roster.ended(link)
    this.#antiEntropy.ended(link)
    if (link.replica !== undefined) this.#tree.lost(link as OpenLink)
    this.#overlay.lost(link.dialled, link.replica, code)
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
  }
>

function retired(replica: ReplicaId, state: 'left' | 'removed'): MemberRecord {
  return { replica, incarnation: 0, state, address: '', tags: new Map() }
}
