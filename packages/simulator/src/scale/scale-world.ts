import { Chance, RememberedMembers, type GossipEffect, type GossipEvent } from '@rejoin/gossip'

import { Cast, mixed } from './cast.ts'
import { EntryBook } from './entry-book.ts'
import { EventQueue } from './event-queue.ts'
import { LightReplica, type DiskEvent } from './light-replica.ts'
import { Network, type Death, type Knock, type Lateness, type Latency } from './network.ts'
import { Spread } from './spread.ts'
import { Standstills } from './standstills.ts'

export interface ScaleOptions {
  readonly replicas: number
  readonly seed: number
  /** What a frame takes on its way, in ms; each pair of replicas has its own. */
  readonly latency: Latency
  /** Left out: no frame is ever late. */
  readonly lateness?: Lateness
  /** Left out: yes. Without it failures are detected by plain SWIM, to compare with. */
  readonly lifeguard?: boolean
  /** From accepting entries to holding them durably, in ms. */
  readonly commitMs: number
  /** What a read of the log takes, in ms. */
  readonly readMs: number
  /** Hears now and then, while virtual time passes, how far it is. */
  readonly onProgress?: (world: ScaleWorld) => void
  /** Hears what replicas come to believe of others. */
  readonly onBelief?: (place: number, effect: Belief) => void
}

export type Belief = Extract<GossipEffect, { type: 'member' | 'members' }>

/** Addresses that everybody is configured with. */
const SEEDS = 3
/** Replicas that start in a second. */
const STARTS_PER_S = 500
/** From this many replicas on, all remember all others from an earlier run, as one list that they share. */
const REMEMBERED_FROM = 500
/** Events between two reports of progress; one also comes at the end of each run. */
const PROGRESS_EVENTS = 65_536

const NOBODY = new RememberedMembers([])

type Due = GossipEvent | DiskEvent | Knock | { readonly type: 'start' }

/**
 * Very many replicas on virtual time, in one process. Nothing goes wrong but what a measure does to it,
 * and all that is left to chance is drawn from the seed.
 */
export class ScaleWorld {
  readonly options: ScaleOptions
  readonly cast: Cast
  readonly network: Network
  readonly book: EntryBook = new EntryBook()
  readonly chance: Chance
  readonly #queue = new EventQueue<Due>()
  readonly #replicas: (LightReplica | undefined)[] = []
  readonly #standstills = new Standstills<Due>()

  constructor(options: ScaleOptions) {
    const { replicas, seed } = options
    this.options = options
    this.chance = new Chance(seed)
    this.cast = new Cast(replicas, seed)
    this.network = new Network({ ...options, queue: this.#queue, cast: this.cast })
    // Those that the others are configured with come first.
    for (const place of this.cast.ids.keys()) {
      this.#queue.set((place / STARTS_PER_S) * 1_000, place, { type: 'start' })
    }
  }

  /** Virtual time by which everybody has started, in ms. */
  get startedMs(): number {
    return Math.ceil(this.cast.ids.length / STARTS_PER_S) * 1_000
  }

  get now(): number {
    return this.#queue.now
  }

  /** Events that have happened so far. */
  get events(): number {
    return this.#queue.taken
  }

  /** The places of the replicas that are up. */
  up(): number[] {
    return [...this.cast.ids.keys()].filter((place) => this.network.isUp(place))
  }

  replica(place: number): LightReplica {
    const replica = this.#replicas[place]
    if (replica === undefined) throw new Error(`replica ${place} has not started`)
    return replica
  }

  later(delayMs: number, place: number, event: GossipEvent | DiskEvent): void {
    this.#queue.set(delayMs, place, event)
  }

  pick(from: readonly number[]): number {
    return from[Math.floor(this.chance.next() * from.length)] ?? 0
  }

  /** In an order that chance gives. */
  shuffled(places: readonly number[]): number[] {
    const shuffled = [...places]
    for (let left = shuffled.length; left > 1; left--) {
      const at = Math.floor(this.chance.next() * left)
      const [a, b] = [shuffled[at] ?? 0, shuffled[left - 1] ?? 0]
      shuffled[at] = b
      shuffled[left - 1] = a
    }
    return shuffled
  }

  /** A replica makes an entry, whose way is followed. */
  publish(place: number): Spread {
    const spread = new Spread(this.cast.ids.length, place, this.now)
    this.replica(place).publish().spread = spread
    return spread
  }

  kill(place: number, death: Death): void {
    this.network.kill(place, death)
    this.#replicas[place] = undefined
  }

  /** The process at `place` does nothing from now on; what comes waits. */
  standStill(place: number): void {
    this.#standstills.begin(place)
  }

  /** It takes some of what waits, and stands still again. */
  takeSome(place: number, most: number): void {
    for (const due of this.#standstills.take(place, most)) this.#reach(place, due)
  }

  /** It takes all that waits, and goes on. */
  goOn(place: number): void {
    this.takeSome(place, Infinity)
    this.#standstills.end(place)
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    const queue = this.#queue
    const end = this.now + ms
    while (queue.take(end)) {
      this.#happen(queue.subject, queue.due as Due)
      if (queue.taken % PROGRESS_EVENTS === 0) this.options.onProgress?.(this)
    }
    this.options.onProgress?.(this)
  }

  #happen(place: number, due: Due): void {
    if (!this.#standstills.keeps(place, due)) this.#reach(place, due)
  }

  #reach(place: number, due: Due): void {
    if (due.type === 'knock') return this.network.knocked(place, due)
    if (due.type === 'start') return this.#start(place)
    if (!this.network.isUp(place)) return
    const event = due.type === 'committed' ? due : this.network.heard(due)
    if (event !== undefined) this.#replicas[place]?.take(event)
  }

  #start(place: number): void {
    const { cast, options } = this
    const self = cast.ids[place]
    const address = cast.addresses[place]
    if (self === undefined || address === undefined) throw new Error(`there is no place ${place}`)
    const seed = mixed(place, options.seed)
    const members = cast.ids.length >= REMEMBERED_FROM ? cast.members : NOBODY
    const peers = cast.addresses.slice(0, SEEDS).filter((each) => each !== address)
    const { lifeguard = true } = options
    const identity = { self, run: self, address, peers, members, seed, lifeguard }
    this.network.started(place)
    const replica = new LightReplica(place, this, identity)
    this.#replicas[place] = replica
    replica.take({ type: 'started' })
  }
}
