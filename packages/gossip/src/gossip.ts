import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  type ChainHash,
  type MemberAddress,
  type Members,
  type ReplicaId,
  type ReplicaMessage,
} from '@rejoin/protocol'

import { AntiEntropy } from './anti-entropy.ts'
import type { Broadcast } from './broadcast.ts'
import { Chance } from './chance.ts'
import { EagerPush } from './eager-push.ts'
import type { Emit, GossipEffect, GossipEvent, GossipTimer, LinkId, LogView } from './events.ts'
import { FullMesh } from './full-mesh.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import { Links } from './links.ts'
import { Membership, type Member } from './membership.ts'
import { Serving } from './serving.ts'

export interface GossipOptions {
  readonly self: ReplicaId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** Addresses given by configuration. */
  readonly peers: readonly string[]
  /** Members remembered from earlier runs. */
  readonly members: Iterable<Member>
  readonly log: LogView
  /** Where this replica's own chain stands: the hash of its last durable entry. */
  readonly chain: ChainHash
  /** Seeds the jitter of its timers. */
  readonly seed: number
}

/**
 * Gossip between replicas, as one state machine with one verb. It is made of five ideas, each in a
 * file of its own: links, membership, an overlay (whom to link to), a broadcast (bring what is new
 * quickly) and anti-entropy (find and fetch what is missing). It sees the log and never changes it.
 */
export class Gossip {
  readonly membership: Membership
  readonly links: Links
  readonly #overlay: FullMesh
  readonly #broadcast: Broadcast
  readonly #antiEntropy: AntiEntropy
  readonly #serving: Serving
  readonly #self: ReplicaId
  #chain: ChainHash
  #out: GossipEffect[] = []

  constructor(options: GossipOptions) {
    const { self, log } = options
    const emit: Emit = (effect) => this.#out.push(effect)
    const onEnd = (link: LinkState): void => this.#ended(link)
    this.#self = self
    this.#chain = options.chain
    this.links = new Links({ self, address: options.address, emit, onEnd })
    this.membership = new Membership(self, options.members, emit)
    const { links, membership } = this
    const { address, seed } = options
    this.#overlay = new FullMesh({ address, links, chance: new Chance(seed), emit })
    this.#broadcast = new EagerPush({ self, links, log, emit })
    this.#antiEntropy = new AntiEntropy({ self, links, membership, log, emit })
    this.#serving = new Serving({ self, links, log, broadcast: this.#broadcast, emit })
    // Known from the first moment, so that `R` never counts on fewer; dialled with the first step.
    for (const known of membership.all()) this.#overlay.heardOf(known.address, known.replica)
    for (const peer of options.peers) this.#overlay.heardOf(peer, undefined)
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
        return this.links.ended(event.link)
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
      case 'read':
        return this.#serving.read(event.link, event.range, event.found)
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
        this.#antiEntropy.heard(link, message, now)
        return this.#broadcast.holds(link, link.theirs?.get(this.#self) ?? 0)
      case 'want':
        return this.#serving.asked(link, message)
      case 'entries':
        this.#out.push({ type: 'entries', link: link.id, message })
        return
      case 'members':
        return this.#members(link, message)
      case 'presence': {
        const { document, update } = message
        this.#out.push({ type: 'presence', link: link.id, document, update })
        return
      }
    }
  }

  #known(): MemberAddress[] {
    return [...this.membership.all(), ...this.unmet().map((address) => ({ address }))]
  }

  #othersThan(link: OpenLink): OpenLink[] {
    return [...this.links.open()].filter((other) => other !== link)
  }

  /** What is news here is passed on at once, before any version that hangs on it. */
  #members(link: OpenLink, { members }: Members): void {
    const news = members.filter(({ replica, address }) => {
      if (replica === this.#self) return false
      const isNew = replica !== undefined && this.membership.heardOf(replica, address)
      return this.#overlay.heardOf(address, replica) || isNew
    })
    if (news.length > 0) this.#out.push({ type: 'members', changed: [] })
    this.#tellMembers(this.#othersThan(link), news)
  }

  #advanced({ own }: GossipEvent & { type: 'advanced' }): void {
    this.#broadcast.publish(own, this.#chain)
    this.#chain = own.at(-1)?.hash ?? this.#chain
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
    this.#antiEntropy.ended(link)
    this.#overlay.lost(link.dialled, link.replica)
  }

  #whenOpen(id: LinkId, then: (link: OpenLink) => void): void {
    const link = this.links.get(id)
    if (link?.replica !== undefined) then(link as OpenLink)
  }
}
