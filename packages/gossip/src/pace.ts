import { Lateness } from './lateness.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { RoundTrips } from './round-trips.ts'

/**
 * How long gossip waits for things, from the round trips that it sees: what is soon between two
 * processes on one machine is no time at all between two continents. All in ms.
 */
export class Pace {
  readonly #roundTrips: RoundTrips
  /** Of what comes by the tree. */
  readonly lateness: Lateness = new Lateness()

  constructor(roundTrips: RoundTrips) {
    this.#roundTrips = roundTrips
  }

  get #median(): number {
    return this.#roundTrips.median() ?? 0
  }

  /** Between two frames with what is passed on along the tree. */
  get relayMs(): number {
    const share = Math.floor(this.#median / GOSSIP_LIMITS.relayShare)
    return Math.min(share, GOSSIP_LIMITS.relayMsMax)
  }

  /** From a change of what is durable to telling peers; changes in between share one `have`. */
  get announceMs(): number {
    const { announceMsMin, announceMsMax } = GOSSIP_LIMITS
    return Math.min(announceMsMax, Math.max(announceMsMin, Math.round(this.#median)))
  }

  /** How long an entry that a peer announced may be on its way before it is asked for. */
  get graftMs(): number {
    const { graftMsMin, graftMsMax } = GOSSIP_LIMITS
    const high = Math.max(2 * (this.#roundTrips.high() ?? 0), this.lateness.high)
    return Math.min(graftMsMax, Math.max(graftMsMin, Math.round(high)))
  }
}
