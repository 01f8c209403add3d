import { decodeReplicaMessage, type ReplicaMessageType } from '@rejoin/protocol'

import type { SimulatedLink } from '../simulated-link.ts'
import { frameText } from '../trace.ts'
import type { World } from '../world.ts'
import { FATES, FRAME_KINDS, type FrameKind, type Fate, type FrameRow } from './page/recording.ts'
import type { Texts } from './texts.ts'

interface Flight {
  readonly sentMs: number
  readonly arrivalMs: number
  readonly from: number
  readonly to: number
  readonly kind: number
  readonly text: number
  fate: Fate
}

/** The frames that cross the links of a world, and what becomes of each. */
export class FrameLog {
  readonly #world: World
  readonly #texts: Texts
  readonly #flights: Flight[] = []
  /** Those that are on their way from an end of a link, in the order in which they arrive. */
  readonly #flying = new Map<SimulatedLink, Flight[]>()

  constructor(world: World, texts: Texts) {
    this.#world = world
    this.#texts = texts
  }

  sent(link: SimulatedLink, frame: Uint8Array, arrivalMs: number): void {
    const flight = this.#begin(
      link,
      frame,
      { from: this.#world.agenda.now, to: arrivalMs },
      'flying',
    )
    const flying = this.#flying.get(link)
    if (flying === undefined) this.#flying.set(link, [flight])
    else flying.push(flight)
  }

  /** The first of those that are on their way from this end. */
  ended(link: SimulatedLink, fate: 'arrived' | 'lost'): void {
    const flight = this.#flying.get(link)?.shift()
    if (flight !== undefined) flight.fate = fate
  }

  /** It never arrives: it is shown for as long as it might have been on its way. */
  swallowed(link: SimulatedLink, frame: Uint8Array): void {
    const { now } = this.#world.agenda
    this.#begin(link, frame, { from: now, to: now + this.#world.mix.latencyMs }, 'swallowed')
  }

  /** It comes out of nowhere: it is shown as if it had been sent a latency ago. */
  repeated(link: SimulatedLink, frame: Uint8Array): void {
    const { now } = this.#world.agenda
    const from = Math.max(0, now - this.#world.mix.latencyMs)
    this.#begin(link, frame, { from, to: now }, 'repeated')
  }

  #begin(
    link: SimulatedLink,
    frame: Uint8Array,
    time: { from: number; to: number },
    fate: Fate,
  ): Flight {
    const decoded = decodeReplicaMessage(frame)
    const flight = {
      sentMs: time.from,
      arrivalMs: time.to,
      from: this.#world.replicas.indexOf(link.owner.replica),
      to: this.#world.replicas.findIndex((each) => each === link.other?.owner.replica),
      kind: FRAME_KINDS.indexOf(decoded.ok ? kindOf(decoded.value.type) : 'corrupt'),
      text: this.#texts.placeOf(frameText(frame, this.#world.nameOf)),
      fate,
    }
    this.#flights.push(flight)
    return flight
  }

  rows(): FrameRow[] {
    const sorted = this.#flights.toSorted((a, b) => a.sentMs - b.sentMs)
    return sorted.map(({ sentMs, arrivalMs, from, to, kind, fate, text }) => {
      return [sentMs, arrivalMs, from, to, kind, FATES.indexOf(fate), text]
    })
  }
}

/** Messages of one purpose are shown as one kind. */
function kindOf(type: ReplicaMessageType): FrameKind {
  switch (type) {
    case 'ping':
    case 'ack':
    case 'nack':
    case 'ping-req':
      return 'probe'
    case 'compare':
    case 'contacts':
    case 'forward-join':
    case 'shuffle':
    case 'prune':
      return 'overlay'
    case 'allow':
      return 'want'
    // An application's messages are passed on and never stored, as presence is.
    case 'message':
      return 'presence'
    default:
      return type
  }
}
