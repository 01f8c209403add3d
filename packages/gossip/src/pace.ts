import { Lateness } from './lateness.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { Links } from './links.ts'
import type { RoundTrips } from './round-trips.ts'

/**
 * How long gossip waits for things, from the round trips that it sees: what is soon between two
 * processes on one machine is no time at all between two continents. All in ms.
 */
export class Pace {
  readonly #roundTrips: RoundTrips
  /** Of what comes by the tree. */
  readonly lateness: Lateness = new Lateness()

  readonly #links: Pick<Links, 'openCount'>

  constructor(roundTrips: RoundTrips, links: Pick<Links, 'openCount'>) {
    this.#roundTrips = roundTrips
    this.#links = links
  }

  get #median(): number {
    return this.#roundTrips.median() ?? 0
  }

  /** By how much longer things wait where there are many links, so that as many frames are sent in all. */
  get #patience(): number {
    return Math.max(1, this.#links.openCount / GOSSIP_LIMITS.patientLinks)
  }

  /** Between two frames with what is passed on along the tree; in the middle of a star to very many. */
  get relayMs(): number {
    const share = Math.floor((this.#median * this.#patience) / GOSSIP_LIMITS.relayShare)
    return Math.min(share, GOSSIP_LIMITS.relayMsMax)
  }

  /**
   * From a change of what is durable to telling peers; changes in between share one `have`. Who has many
   * links hears no less often of what is new, as each of its peers tells it.
   */
  get announceMs(): number {
    const { announceMsMin, announceMsMax } = GOSSIP_LIMITS
    const once = Math.min(announceMsMax, Math.max(announceMsMin, this.#median))
    return Math.round(once * this.#patience)
  }

  /** How long an entry that a peer announced may be on its way before it is asked for. */
  get graftMs(): number {
    const { graftMsMin, graftMsMax } = GOSSIP_LIMITS
    const high = Math.max(2 * (this.#roundTrips.high() ?? 0), this.lateness.high)
    return Math.min(graftMsMax, Math.max(graftMsMin, Math.round(high)))
  }
}
