import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  type ChainHash,
  type Have,
  type MemberAddress,
  type Members,
  type RejectionCode,
  type ReplicaId,
  type ReplicaMessage,
  type RunId,
  type Version,
} from '@rejoin/protocol'

import { AntiEntropy } from './anti-entropy.ts'
import type { Broadcast } from './broadcast.ts'
import { CATCH_UP_NOTE, CatchUp } from './catch-up.ts'
import { Chance } from './chance.ts'
import { Disputes } from './disputes.ts'
import { DocumentsServing } from './documents-serving.ts'
import { EagerPush } from './eager-push.ts'
import type { Emit, GossipEffect, GossipEvent, GossipTimer, LinkId, LogView } from './events.ts'
import { FullMesh } from './full-mesh.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import { Links } from './links.ts'
import { Membership, type Member } from './membership.ts'
import { Repairs } from './repairs.ts'
import { Serving } from './serving.ts'

export interface GossipOptions {
  readonly self: ReplicaId
  /** This run of the process; another run with the same id shows that a directory was copied. */
  readonly run: RunId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** Addresses given by configuration. */
  readonly peers: readonly string[]
  /** Members remembered from earlier runs. */
  readonly members: Iterable<Member>
  readonly log: LogView
  /** What it asked to be kept. */
  readonly notes: ReadonlyMap<string, Uint8Array>
  /** Where this replica's own chain stands: the hash of its last durable entry. */
  readonly chain: ChainHash
  /** Seeds the jitter of its timers. */
  readonly seed: number
}

/**
 * Gossip between replicas, as one state machine with one verb. It is made of a few ideas, each in a
 * file of its own: links, membership, an overlay (whom to link to), a broadcast (bring what is new
 * quickly), anti-entropy (find and fetch what is missing), catching up (when that has left the log),
 * and disputes (when histories differ). It sees the log and never changes it.
 */
export class Gossip {
  readonly membership: Membership
  readonly links: Links
  readonly #overlay: FullMesh
  readonly #broadcast: Broadcast
  readonly #antiEntropy: AntiEntropy
  readonly #serving: Serving
  readonly #documents: DocumentsServing
  readonly #catchUp: CatchUp
  readonly #repairs: Repairs
  readonly #disputes: Disputes
  readonly #log: LogView
  readonly #self: ReplicaId
  readonly #run: RunId
  #chain: ChainHash
  #out: GossipEffect[] = []

  constructor(options: GossipOptions) {
    const { self, log } = options
    const emit: Emit = (effect) => this.#out.push(effect)
    const onEnd = (link: LinkState): void => this.#ended(link)
    this.#self = self
    this.#run = options.run
    this.#chain = options.chain
    this.#log = log
    this.membership = new Membership(self, options.members, emit)
    const { membership } = this
    const { address, seed, run } = options
    this.links = new Links({ self, run, address, membership, emit, onEnd })
    const { links } = this
    this.#overlay = new FullMesh({ address, links, chance: new Chance(seed), emit })
    this.#broadcast = new EagerPush({ self, links, log, emit })
    this.#catchUp = new CatchUp({ links, log, emit, note: options.notes.get(CATCH_UP_NOTE) })
    const catchUp = this.#catchUp
    this.#antiEntropy = new AntiEntropy({ self, links, membership, log, catchUp, emit })
    this.#documents = new DocumentsServing({ log, emit })
    this.#repairs = new Repairs({ links, emit })
    this.#disputes = new Disputes({ self, links, membership, log, emit })
    this.#serving = new Serving({ self, links, log, broadcast: this.#broadcast, emit })
    // Known from the first moment, so that `R` never counts on fewer; dialled with the first step.
    for (const known of membership.all()) this.#overlay.heardOf(known.address, known.replica)
    for (const peer of options.peers) this.#overlay.heardOf(peer, undefined)
  }

  /** What documents may hold beyond this replica's version, as it is being brought up by them. */
  get ahead(): Version {
    return this.#catchUp.ahead
  }

  /** Addresses, configured or heard of, whose replica nobody has met: of these nothing is known. */
  unmet(): string[] {
    return this.#overlay.unmet()
  }

  /** Takes one event and answers with what is to be done, in order. */
  step(event: GossipEvent, now: number): GossipEffect[] {
    this.#take(event, now)
    const out = this.#out
    this.#out = []
    return out
  }

  #take(event: GossipEvent, now: number): void {
    switch (event.type) {
      case 'started':
        return this.#scheduleHeartbeat()
      case 'linked':
        return this.links.began(event.link, event.dialled, now)
      case 'frame':
        return this.#frame(event.link, event.frame, now)
      case 'unlinked':
        return this.#unlinked(event.link, event.code)
      case 'dial-failed':
        return this.#overlay.lost(event.address, undefined)
      case 'blocked':
        return this.#whenOpen(event.link, (link) => {
          link.blocked = true
        })
      case 'drained':
        return this.#whenOpen(event.link, (link) => this.#drained(link))
      case 'advanced':
        return this.#advanced(event)
      case 'took':
        return this.#whenOpen(event.link, (link) => this.#antiEntropy.took(link, event.origin, now))
      case 'refused':
        return this.#whenOpen(event.link, (link) => this.links.refuse(link, event.rejection))
      case 'forked':
        return this.#whenOpen(event.link, (link) =>
          this.#disputes.forked(link, event.origin, event.seq),
        )
      case 'rolled-back':
        this.#disputes.settled(event.origin)
        return this.#antiEntropy.goOn()
      case 'read':
        return this.#serving.read(event.link, event.range, event.found)
      case 'documents-read':
        return this.#documents.read(event.link, event.found)
      case 'snapshots-stored':
        this.#catchUp.stored()
        if (!this.#catchUp.isRunning) this.#antiEntropy.goOn()
        return
      case 'published':
        return this.#catchUp.published(event.origin)
      case 'damaged':
        return this.#repairs.want(event.document, event.needs)
      case 'repaired':
        return this.#repairs.repaired(event.document, event.isDone)
      case 'retire':
        return this.#retired([{ replica: event.replica, address: '', retired: true }], undefined)
      case 'timer':
        return this.#timer(event.timer, now)
      case 'cut':
        return this.links.cut(event.peer)
      case 'mended':
        this.links.mended(event.peer)
        return this.#overlay.mended(event.peer)
      case 'presence':
        return this.#spread(event)
    }
  }

  // Who is told that its id is not its own any more takes another.
  #unlinked(id: LinkId, code: RejectionCode | undefined): void {
    const isKnown = this.links.get(id) !== undefined
    this.links.ended(id)
    if (isKnown && (code === 'retired' || code === 'id-in-use')) this.#disown(code)
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
    const decoded = decodeReplicaMessage(frame)
    if (!decoded.ok) return this.links.refuse(link, decoded.rejection)
    if (decoded.value.type === 'hello') return this.#hello(link, decoded.value)
    if (link.replica !== undefined) return this.#message(link as OpenLink, decoded.value, now)
    this.links.refuse(link, { code: 'malformed', reason: 'The first frame of a link is a hello.' })
  }

  #hello(link: LinkState, hello: ReplicaMessage & { type: 'hello' }): void {
    if (hello.replica === this.#self && link.dialled !== undefined) {
      this.#overlay.isSelf(link.dialled)
    }
    const open = this.links.greeted(link, hello)
    if (open === undefined && hello.replica === this.#self && hello.run !== this.#run) {
      return this.#disown('id-in-use')
    }
    if (open === undefined) {
      // Another link to it is open already, maybe dialled by another name: still they have met.
      if (this.links.isOpen(hello.replica)) this.#overlay.linked(hello.replica, link.dialled)
      return
    }
    this.membership.met(hello.replica, hello.address)
    this.#overlay.linked(hello.replica, link.dialled)
    this.#overlay.heardOf(hello.address, hello.replica)
    this.#tellMembers([open], this.#known())
    this.#antiEntropy.tellAll(open)
    this.#tellMembers(this.#othersThan(open), [hello])
    this.#out.push({ type: 'greeted', link: link.id })
  }

  #tellMembers(links: readonly OpenLink[], members: readonly MemberAddress[]): void {
    if (links.length === 0 || members.length === 0) return
    const frame = encodeReplicaMessage({ type: 'members', members })
    this.#out.push({ type: 'send', links: links.map(({ id }) => id), frame })
  }

  #message(link: OpenLink, message: Exclude<ReplicaMessage, { type: 'hello' }>, now: number): void {
    switch (message.type) {
      case 'have':
        return this.#have(link, message, now)
      case 'want':
        return this.#serving.asked(link, message)
      case 'entries':
        this.#out.push({ type: 'entries', link: link.id, message })
        return
      case 'members':
        return this.#members(link, message)
      case 'behind':
        this.#catchUp.behind(link, message.floors)
        return this.#antiEntropy.behind(link, message.floors)
      case 'forked':
        return this.#disputes.told(message.head)
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

  #have(link: OpenLink, message: Have, now: number): void {
    if (this.#disputes.compare(link, message)) return
    this.#antiEntropy.heard(link, message, now)
    this.#broadcast.holds(link, link.theirs?.get(this.#self) ?? 0)
    this.#repairs.heard(link)
  }

  #known(): MemberAddress[] {
    const unmet = this.unmet().map((address) => ({ address }))
    return [...this.membership.all(), ...this.membership.retired(), ...unmet]
  }

  #othersThan(link: OpenLink): OpenLink[] {
    return [...this.links.open()].filter((other) => other !== link)
  }

  /** What is news here is passed on at once, before any version that hangs on it. */
  #members(link: OpenLink, { members }: Members): void {
    this.#retired(members, link)
    const news = members.filter(({ replica, address, retired }) => {
      if (replica === this.#self || retired === true) return false
      const isNew = replica !== undefined && this.membership.heardOf(replica, address)
      return this.#overlay.heardOf(address, replica) || isNew
    })
    if (news.length > 0) this.#out.push({ type: 'members', changed: [] })
    this.#tellMembers(this.#othersThan(link), news)
  }

  /** What is given up or removed is so everywhere, and is told to those that have not told it. */
  #retired(members: readonly MemberAddress[], from: OpenLink | undefined): void {
    const news: MemberAddress[] = []
    for (const member of members) {
      const { replica, retired } = member
      if (replica === undefined || retired !== true) continue
      if (replica === this.#self) this.#disown('retired')
      else if (this.membership.retire(replica)) news.push(member)
    }
    if (news.length === 0) return
    for (const { replica } of news) this.#forget(replica as ReplicaId)
    this.#tellMembers(
      [...this.links.open()].filter((link) => link !== from),
      news,
    )
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

  #advanced({ own }: GossipEvent & { type: 'advanced' }): void {
    this.#broadcast.publish(own, this.#chain)
    this.#chain = own.at(-1)?.hash ?? this.#chain
    this.#documents.advanced()
    this.#antiEntropy.changed()
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
      case 'dial':
        return this.#overlay.timer(timer.key as string, timer.token)
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
    }
  }

  #heartbeat(): void {
    for (const link of this.links.open()) {
      this.#overlay.lasted(link.replica)
      if (!link.blocked) this.#antiEntropy.tellAll(link)
    }
    this.#scheduleHeartbeat()
  }

  #drained(link: OpenLink): void {
    link.blocked = false
    this.#serving.drained(link)
    this.#antiEntropy.drained(link)
  }

  #ended(link: LinkState): void {
    this.#serving.ended(link.id)
    this.#documents.ended(link.id)
    this.#catchUp.ended(link)
    this.#repairs.ended(link)
    this.#antiEntropy.ended(link)
    this.#overlay.lost(link.dialled, link.replica)
  }

  #whenOpen(id: LinkId, then: (link: OpenLink) => void): void {
    const link = this.links.get(id)
    if (link?.replica !== undefined) then(link as OpenLink)
  }
}
