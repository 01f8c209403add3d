import type { Death } from './network.ts'
import type { Belief, ScaleWorld } from './scale-world.ts'

/** What became of one crash, in ms after it; `Infinity` where that has not happened. */
export interface Crash {
  /** When the first replica accused the one that crashed, and how long a round trip between the two is. */
  readonly accusedMs: number
  readonly roundTripMs: number
  /** When all those that were linked to it believed that, or more. */
  readonly neighboursMs: number
  /** When all survivors held it for failed. */
  readonly failedMs: number
}

/** When nobody waits for the last to notice any longer. */
const LIMIT_MS = 180_000
const STEP_MS = 50

/** Follows what the others believe of one that crashes. */
export class CrashWatch {
  readonly #world: ScaleWorld
  readonly #victim: number
  readonly #crashedAt: number
  /** Neighbours that suspect nothing yet, and survivors that do not hold it for failed. */
  readonly #neighbours: Set<number>
  readonly #unsure: Set<number>
  #crash: Crash = {
    accusedMs: Infinity,
    roundTripMs: Infinity,
    neighboursMs: Infinity,
    failedMs: Infinity,
  }

  constructor(world: ScaleWorld, victim: number) {
    this.#world = world
    this.#victim = victim
    this.#crashedAt = world.now
    const links = world.replica(victim).gossip.links.open()
    this.#neighbours = new Set([...links].map(({ replica }) => world.cast.placeOf(replica)))
    this.#unsure = new Set(world.up().filter((place) => place !== victim))
  }

  /** The victim crashes; answers when everybody has noticed. */
  follow(death: Death): Crash {
    this.#world.kill(this.#victim, death)
    while (this.#unsure.size > 0 && this.#sinceMs < LIMIT_MS) this.#world.run(STEP_MS)
    return this.#crash
  }

  get #sinceMs(): number {
    return this.#world.now - this.#crashedAt
  }

  heard(place: number, belief: Belief): void {
    const { cast, network } = this.#world
    const victim = cast.ids[this.#victim]
    if (victim === undefined || belief.type !== 'members' || !belief.changed.includes(victim))
      return
    const state = this.#world.replica(place).gossip.membership.record(victim)?.state
    if (state === 'alive') return
    if (this.#crash.accusedMs === Infinity) {
      const roundTripMs = 2 * network.latencyBetween(place, this.#victim)
      this.#crash = { ...this.#crash, accusedMs: this.#sinceMs, roundTripMs }
    }
    if (this.#neighbours.delete(place) && this.#neighbours.size === 0) {
      this.#crash = { ...this.#crash, neighboursMs: this.#sinceMs }
    }
    if (state === 'failed' && this.#unsure.delete(place) && this.#unsure.size === 0) {
      this.#crash = { ...this.#crash, failedMs: this.#sinceMs }
    }
  }
}
