import {
  decodeReplicaMessage,
  type Have,
  type Hello,
  type Push,
  type ReplicaMessage,
  type Want,
} from '@rejoin/protocol'

import type { AntiEntropy } from './anti-entropy.ts'
import type { Beliefs } from './beliefs.ts'
import type { CatchUp } from './catch-up.ts'
import type { Census } from './census.ts'
import type { Disputes } from './disputes.ts'
import type { DocumentsServing } from './documents-serving.ts'
import type { Emit, LinkId } from './events.ts'
import type { FailureDetection } from './failure-detection.ts'
import type { FlatTree } from './flat-tree.ts'
import type { Greeting } from './greeting.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Overlay } from './overlay.ts'
import type { Plumtree } from './plumtree.ts'
import type { Repairs } from './repairs.ts'
import type { Roster } from './roster.ts'
import type { Serving } from './serving.ts'
import { bytesOf } from './send-window.ts'
import type { Star } from './star.ts'
import type { UserMessages } from './user-messages.ts'

export interface IncomingOptions {
  readonly links: Links
  readonly overlay: Overlay
  readonly roster: Roster
  readonly greeting: Greeting
  readonly beliefs: Beliefs
  readonly detection: FailureDetection
  readonly broadcast: Plumtree
  readonly tree: FlatTree
  readonly star: Star
  readonly antiEntropy: AntiEntropy
  readonly census: Census
  readonly serving: Serving
  readonly documents: DocumentsServing
  readonly catchUp: CatchUp
  readonly repairs: Repairs
  readonly disputes: Disputes
  readonly messages: UserMessages
  readonly emit: Emit
}

/** Takes frames off the links and brings each to whom it concerns. */
export class Incoming {
  readonly #with: IncomingOptions

  constructor(options: IncomingOptions) {
    this.#with = options
  }

  frame(id: LinkId, frame: Uint8Array, now: number): void {
    const link = this.#with.links.get(id)
    if (link === undefined) return
    link.heardAt = now
    link.awaitedSince = undefined
    const decoded = decodeReplicaMessage(frame)
    if (!decoded.ok) return this.#with.links.refuse(link, decoded.rejection)
    const message = decoded.value
    if (message.type === 'hello') return this.#hello(link, message, now)
    if (link.replica !== undefined) {
      this.#with.detection.heardFrom(link as OpenLink)
      return this.#message(link as OpenLink, message, now)
    }
    if (message.type === 'contacts' && link.dialled !== undefined) {
      this.#with.beliefs.contacts(message.contacts, now)
      if (link.wish === 'visit') this.#with.links.leave(link)
      return
    }
    this.#with.links.refuse(link, {
      code: 'malformed',
      reason: 'The first frame of a link is a hello.',
    })
  }

  #hello(link: LinkState, message: Hello, now: number): void {
    const { greeting, links, star, broadcast } = this.#with
    greeting.heard(link, message, now)
    if (link.replica === undefined || links.ofReplica(link.replica) !== link) return
    const followed = star.linked(link as OpenLink)
    if (followed !== undefined) broadcast.followed(followed, now)
  }

  #message(link: OpenLink, message: Exclude<ReplicaMessage, { type: 'hello' }>, now: number): void {
    switch (message.type) {
      case 'have':
        return this.#have(link, message, now)
      case 'want':
        return this.#wanted(link, message, now)
      case 'allow':
        return this.#with.serving.allowed(link, message)
      case 'entries':
        link.window.arrived(bytesOf(message.entries))
        this.#with.emit({ type: 'entries', link: link.id, series: message, isPushed: false })
        return
      case 'push':
        return this.#pushed(link, message)
      case 'prune':
        return this.#with.broadcast.pruned(link, now)
      case 'members':
        return this.#with.beliefs.members(link, message, now)
      case 'compare':
        return this.#with.roster.compared(link, message)
      case 'census':
        return this.#with.census.heard(link, message)
      case 'ping':
      case 'ack':
      case 'nack':
      case 'ping-req':
        return this.#with.detection.took(link, message, now)
      case 'contacts':
        return this.#with.beliefs.contacts(message.contacts, now)
      case 'forward-join':
        return this.#with.overlay.view.forwardJoin(link, message)
      case 'shuffle':
        return this.#with.overlay.view.shuffled(link, message)
      case 'behind':
        this.#with.catchUp.behind(link, message.floors)
        return this.#with.antiEntropy.behind(link, message.floors)
      case 'forked':
        return this.#with.disputes.told(message.head)
      case 'message':
        return this.#with.messages.heard(link, message)
      case 'fetch':
        return this.#with.documents.asked(link, message)
      case 'documents':
        if (!this.#with.catchUp.documents(link, message))
          this.#with.repairs.documents(link, message)
        return
      case 'presence': {
        const { document, update } = message
        this.#with.emit({ type: 'presence', link: link.id, document, update })
        return
      }
    }
  }

  #wanted(link: OpenLink, message: Want, now: number): void {
    const isEmpty = message.ranges.length === 0
    if (message.graft && isEmpty) this.#with.broadcast.adopted(link, now)
    else if (message.graft) this.#with.broadcast.grafted(link)
    else if (isEmpty) this.#with.antiEntropy.tellAll(link)
    this.#with.serving.asked(link, message)
  }

  #pushed(link: OpenLink, { series }: Push): void {
    for (const each of series) {
      this.#with.emit({ type: 'entries', link: link.id, series: each, isPushed: true })
    }
  }

  #have(link: OpenLink, message: Have, now: number): void {
    if (this.#with.disputes.compare(link, message)) return
    this.#with.antiEntropy.heard(link, message, now)
    for (const [origin, { seq }] of message.heads) this.#with.broadcast.holds(link, origin, seq)
    if (this.#with.overlay.shape === 'tree') this.#with.tree.heard(link, message.position, now)
    this.#with.repairs.heard(link)
  }
}
