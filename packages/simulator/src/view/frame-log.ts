import { decodeReplicaMessage, type ReplicaMessageType } from '@rejoin/protocol'

import type { End } from '../network.ts'
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
  /** Those that are on their way from an end, in the order in which they arrive. */
  readonly #flying = new Map<End, Flight[]>()

  constructor(world: World, texts: Texts) {
    this.#world = world
    this.#texts = texts
  }

  sent(end: End, frame: Uint8Array, arrivalMs: number): void {
    const flight = this.#begin(
      end,
      frame,
      { from: this.#world.agenda.now, to: arrivalMs },
      'flying',
    )
    const flying = this.#flying.get(end)
    if (flying === undefined) this.#flying.set(end, [flight])
    else flying.push(flight)
  }

  /** The first of those that are on their way from this end. */
  ended(end: End, fate: 'arrived' | 'lost'): void {
    const flight = this.#flying.get(end)?.shift()
    if (flight !== undefined) flight.fate = fate
  }

  /** It never arrives: it is shown for as long as it might have been on its way. */
  swallowed(end: End, frame: Uint8Array): void {
    const { now } = this.#world.agenda
    this.#begin(end, frame, { from: now, to: now + this.#world.mix.latencyMs }, 'swallowed')
  }

  /** It comes out of nowhere: it is shown as if it had been sent a latency ago. */
  repeated(end: End, frame: Uint8Array): void {
    const { now } = this.#world.agenda
    const from = Math.max(0, now - this.#world.mix.latencyMs)
    this.#begin(end, frame, { from, to: now }, 'repeated')
  }

  #begin(end: End, frame: Uint8Array, time: { from: number; to: number }, fate: Fate): Flight {
    const decoded = decodeReplicaMessage(frame)
    const flight = {
      sentMs: time.from,
      arrivalMs: time.to,
      from: this.#world.replicas.indexOf(end.owner),
      to: this.#world.replicas.findIndex((each) => each === end.other?.owner),
      kind: decoded.ok ? FRAME_KINDS.indexOf(kindOf(decoded.value.type)) : -1,
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
    default:
      return type
  }
}
