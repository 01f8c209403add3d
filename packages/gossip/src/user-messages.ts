import {
  encodeReplicaMessage,
  LIMITS,
  type ReplicaId,
  type RunId,
  type UserMessage,
} from '@rejoin/protocol'

import type { Emit } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Star } from './star.ts'

export interface UserMessagesOptions {
  readonly self: ReplicaId
  readonly run: RunId
  readonly star: Pick<Star, 'onward'>
  readonly emit: Emit
}

/** Since this replica has its id and runs. */
export interface MessageCounts {
  /** Those that were broadcast here. */
  readonly sent: number
  /** Those of others, each counted once. */
  readonly received: number
  /** How often one was not sent on a link, as the link's queue was full. */
  readonly dropped: number
}

/**
 * Messages of the application to all replicas that are up now, like Serf's user events: best effort, and
 * not stored. Each replica, the sender too, is told of one once, as long as it is among the last
 * `messagesSeenMax` of which this replica knows the names, and passes it on to its neighbours but the one
 * that it came from. Should it come round again after that, it is gone after `LIMITS.messageHopsMax` links.
 */
export class UserMessages {
  readonly #with: UserMessagesOptions
  /** The names of the last ones, the newest at the end. */
  readonly #seen = new Set<string>()
  #sent = 0
  #received = 0
  #dropped = 0

  constructor(options: UserMessagesOptions) {
    this.#with = options
  }

  get counts(): MessageCounts {
    return { sent: this.#sent, received: this.#received, dropped: this.#dropped }
  }

  broadcast(topic: string, payload: Uint8Array): void {
    const { self: origin, run } = this.#with
    this.#sent += 1
    const named = { origin, run, number: this.#sent, hopsLeft: LIMITS.messageHopsMax }
    this.#take({ type: 'message', ...named, topic, payload }, undefined)
  }

  heard(link: OpenLink, message: UserMessage): void {
    if (this.#seen.has(nameOf(message))) return
    this.#received += 1
    this.#take(message, link)
  }

  #take(message: UserMessage, from: OpenLink | undefined): void {
    this.#remember(nameOf(message))
    const { origin, topic, payload } = message
    this.#with.emit({ type: 'message', from: origin, topic, payload })
    if (message.hopsLeft === 0) return
    const others = this.#with.star.onward(from?.id)
    const links = others.filter(({ blocked }) => !blocked).map(({ id }) => id)
    this.#dropped += others.length - links.length
    if (links.length === 0) return
    const frame = encodeReplicaMessage({ ...message, hopsLeft: message.hopsLeft - 1 })
    this.#with.emit({ type: 'send', links, frame })
  }

  #remember(name: string): void {
    this.#seen.add(name)
    const [oldest] = this.#seen
    if (this.#seen.size > GOSSIP_LIMITS.messagesSeenMax) this.#seen.delete(oldest ?? name)
  }
}

/** Another run of the same replica counts from 1 again. */
function nameOf({ run, number }: UserMessage): string {
  return `${run} ${number}`
}
