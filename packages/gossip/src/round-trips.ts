import type { ReplicaId } from '@rejoin/protocol'

import { SWIM_LIMITS, type SwimLimits } from './swim-limits.ts'

interface RoundTrip {
  readonly smoothed: number
  readonly deviation: number
}

/**
 * How long the way to each neighbour and back takes, in ms, smoothed as TCP does it (RFC 6298: gains
 * of 1/8 for the mean and 1/4 for the mean deviation).
 */
export class RoundTrips {
  readonly #limits: SwimLimits
  /** The one recorded last at the end. */
  readonly #known = new Map<ReplicaId, RoundTrip>()

  constructor(limits: SwimLimits = SWIM_LIMITS) {
    this.#limits = limits
  }

  record(replica: ReplicaId, ms: number): void {
    const sample = Math.max(0, Math.min(this.#limits.roundTripMsMax, ms))
    const known = this.#known.get(replica)
    this.#known.delete(replica)
    this.#known.set(replica, known === undefined ? first(sample) : next(known, sample))
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#limits.roundTripsMax) this.#known.delete(oldest ?? replica)
  }

  /** Forgets all but these: the others are no neighbours any more. */
  keep(neighbours: readonly ReplicaId[]): void {
    const staying = new Set(neighbours)
    for (const replica of this.#known.keys()) {
      if (!staying.has(replica)) this.#known.delete(replica)
    }
  }

  /** The smoothed round trip to `replica`, once there is one. */
  of(replica: ReplicaId): number | undefined {
    return this.#known.get(replica)?.smoothed
  }

  /** The smoothed round trip of the neighbour in the middle (of two, the nearer one). */
  median(): number | undefined {
    const sorted = [...this.#known.values()]
      .map(({ smoothed }) => smoothed)
      .toSorted((a, b) => a - b)
    return sorted[(sorted.length - 1) >> 1]
  }

  /**
   * What hardly any round trip exceeds: four deviations over the mean, as TCP waits before it sends
   * again, of the neighbour where that is the most. About one in a hundred takes longer.
   */
  high(): number | undefined {
    let high: number | undefined
    for (const { smoothed, deviation } of this.#known.values()) {
      high = Math.max(high ?? 0, smoothed + 4 * deviation)
    }
    return high
  }
}

function first(sample: number): RoundTrip {
  return { smoothed: sample, deviation: sample / 2 }
}

function next({ smoothed, deviation }: RoundTrip, sample: number): RoundTrip {
  return {
    smoothed: (7 * smoothed + sample) / 8,
    deviation: (3 * deviation + Math.abs(smoothed - sample)) / 4,
  }
}
