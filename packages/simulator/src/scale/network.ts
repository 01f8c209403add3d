import { Chance, type GossipEvent, type LinkId } from '@rejoin/gossip'
import type { RejectionCode } from '@rejoin/protocol'

import { mixed, type Cast } from './cast.ts'
import { Traffic } from './traffic.ts'

/** From dialling to giving up where nobody answers, in ms, as in the shell. */
const DIAL_MS = 5_000

/** Somebody dials: what comes of it shows when it has arrived. */
export interface Knock {
  readonly type: 'knock'
  readonly from: number
  readonly address: string
}

/** What the network sets for later. */
export interface Deliveries {
  readonly now: number
  set(delayMs: number, place: number, event: GossipEvent | Knock): void
}

export type Latency = readonly [leastMs: number, mostMs: number]

/**
 * TCP sends a segment that was lost once more, and what comes after it on the same link waits for it:
 * this share of frames is late by so much.
 */
export interface Lateness {
  readonly share: number
  readonly leastMs: number
  readonly mostMs: number
}

/** A process that ends leaves a host that says so; where the power goes, nobody says anything. */
export type Death = 'process' | 'power'

type State = 'opening' | 'open' | 'gone'

export interface NetworkOptions {
  readonly queue: Deliveries
  readonly cast: Cast
  readonly latency: Latency
  readonly lateness?: Lateness
  readonly seed: number
}

/**
 * Links as TCP gives them, between replicas by place. Every pair has its own latency, always the same,
 * so frames of one link keep their order, also where some are late. An end is a number, its far end the
 * same number with the last bit turned. A link takes four times the latency to open (TCP, then WebSocket),
 * and there is no bound on bytes a second: these measures are about what gossip does, not about cables.
 */
export class Network {
  readonly traffic: Traffic = new Traffic()
  readonly #queue: Deliveries
  readonly #cast: Cast
  readonly #latency: Latency
  readonly #seed: number
  readonly #lateness: Lateness | undefined
  readonly #chance: Chance
  readonly #owners: number[] = []
  readonly #states: State[] = []
  /** When what each end sent last arrives. */
  readonly #arrivals: number[] = []
  readonly #latencies: number[] = []
  readonly #endsOf: readonly Set<LinkId>[]
  readonly #deaths: (Death | undefined)[]
  /** Replicas with different numbers can't reach each other. */
  readonly #sides: number[]

  constructor(options: NetworkOptions) {
    this.#queue = options.queue
    this.#cast = options.cast
    this.#latency = options.latency
    this.#seed = options.seed
    this.#lateness = options.lateness
    this.#chance = new Chance(options.seed)
    this.#endsOf = options.cast.ids.map(() => new Set())
    // Who has not started yet is like one whose process has ended.
    this.#deaths = options.cast.ids.map(() => 'process')
    this.#sides = options.cast.ids.map(() => 0)
  }

  started(replica: number): void {
    this.#deaths[replica] = undefined
  }

  isUp(replica: number): boolean {
    return this.#deaths[replica] === undefined
  }

  dial(from: number, address: string): void {
    const to = this.#cast.at(address)
    if (to === undefined) throw new Error(`nobody was ever at ${address}`)
    this.#queue.set(this.latencyBetween(from, to), to, { type: 'knock', from, address })
  }

  /** A dial has arrived, or would have. */
  knocked(to: number, { from, address }: Knock): void {
    const latency = this.latencyBetween(from, to)
    const isReachable = this.#sides[from] === this.#sides[to] && this.#deaths[to] !== 'power'
    if (!isReachable || !this.isUp(to)) {
      const failed = { type: 'dial-failed', address } as const
      return this.#queue.set(isReachable ? latency : DIAL_MS - latency, from, failed)
    }
    const near = this.#newEnd(from, latency)
    const far = this.#newEnd(to, latency)
    this.#queue.set(2 * latency, to, { type: 'linked', link: far })
    this.#queue.set(3 * latency, from, { type: 'linked', link: near, dialled: address })
  }

  /** What a frame takes from one replica to another, in ms, if it is not late. */
  latencyBetween(a: number, b: number): number {
    const [least, most] = this.#latency
    const pair = mixed(Math.min(a, b), Math.max(a, b))
    return least + (mixed(pair, this.#seed) % (most - least + 1))
  }

  #newEnd(owner: number, latency: number): LinkId {
    const end = this.#owners.push(owner) - 1
    this.#states.push('opening')
    this.#arrivals.push(0)
    this.#latencies.push(latency)
    this.#endsOf[owner]?.add(end)
    return end
  }

  owner(end: LinkId): number {
    return this.#owners[end] ?? 0
  }

  /** Whoever is at the far end. */
  peer(end: LinkId): number {
    return this.owner(end ^ 1)
  }

  /** What is heard of an event about a link when it is due: itself, another, or nothing. */
  heard(event: GossipEvent): GossipEvent | undefined {
    switch (event.type) {
      case 'linked':
        return this.#opened(event)
      case 'frame':
        return this.#isCut(event.link) || this.#states[event.link] !== 'open' ? undefined : event
      case 'unlinked':
        return this.#ended(event)
      default:
        return event
    }
  }

  #opened(event: GossipEvent & { type: 'linked' }): GossipEvent | undefined {
    const { link, dialled } = event
    if (this.#states[link] === 'opening') {
      this.#states[link] = 'open'
      return event
    }
    return dialled === undefined ? undefined : { type: 'dial-failed', address: dialled }
  }

  #ended(event: GossipEvent & { type: 'unlinked' }): GossipEvent | undefined {
    const state = this.#states[event.link]
    if (this.#isCut(event.link)) return undefined
    this.#forget(event.link)
    return state === 'open' ? event : undefined
  }

  #forget(end: LinkId): void {
    this.#states[end] = 'gone'
    this.#endsOf[this.owner(end)]?.delete(end)
  }

  #isCut(end: LinkId): boolean {
    return this.#sides[this.owner(end)] !== this.#sides[this.peer(end)]
  }

  send(ends: readonly LinkId[], frame: Uint8Array): void {
    this.traffic.sent(frame, ends.length)
    for (const end of ends) {
      if (this.#states[end] !== 'open') continue
      this.#toFarEnd(end, { type: 'frame', link: end ^ 1, frame }, this.#lateMs())
    }
  }

  #lateMs(): number {
    if (this.#lateness === undefined) return 0
    const { share, leastMs, mostMs } = this.#lateness
    if (this.#chance.next() >= share) return 0
    return Math.round(leastMs + this.#chance.next() * (mostMs - leastMs))
  }

  #toFarEnd(end: LinkId, event: GossipEvent, lateMs: number = 0): void {
    const { now } = this.#queue
    const at = Math.max(now + (this.#latencies[end] ?? 0) + lateMs, this.#arrivals[end] ?? 0)
    this.#arrivals[end] = at
    this.#queue.set(at - now, this.peer(end), event)
  }

  /** One end closes: what it sent before still arrives, and then the reason. */
  close(end: LinkId, code: RejectionCode): void {
    if (this.#states[end] !== 'open') return
    this.#forget(end)
    this.#toFarEnd(end, { type: 'unlinked', link: end ^ 1, code })
  }

  /** A replica is gone for good: its host resets its links, unless that lost its power. */
  kill(replica: number, death: Death): void {
    this.#deaths[replica] = death
    for (const end of this.#endsOf[replica] ?? []) {
      this.#states[end] = 'gone'
      if (death === 'process') this.#toFarEnd(end, { type: 'unlinked', link: end ^ 1 })
    }
    this.#endsOf[replica]?.clear()
  }

  /** From now on only replicas with the same number reach each other; nobody is told. */
  split(sideOf: (replica: number) => number): void {
    for (const replica of this.#sides.keys()) this.#sides[replica] = sideOf(replica)
  }

  /** All reach each other again. A link that lost frames in between is reset, as TCP would. */
  heal(): void {
    const lossy = this.#states.flatMap((state, end) => {
      return state !== 'gone' && this.#isCut(end) ? [end] : []
    })
    this.#sides.fill(0)
    for (const link of lossy) {
      this.#queue.set(this.#latencies[link] ?? 0, this.owner(link), { type: 'unlinked', link })
    }
  }
}
