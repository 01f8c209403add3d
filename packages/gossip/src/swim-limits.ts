/**
 * The failure detector's parameters and bounds, with their units: those of memberlist for a local
 * network, which for a wide one takes a period of 5 s and a timeout of 3 s. The period must outlast
 * the timeout.
 */
export const SWIM_LIMITS = {
  /** One neighbour is probed in each period; times (local health's score + 1). */
  periodMs: 1_000,
  /** How long the answer to a ping may take before others are asked; scaled likewise. */
  timeoutMs: 500,
  /** How many others are asked then. */
  relaysAsked: 3,
  /**
   * How long their answer may take; scaled likewise. A relay without a link to the target opens one,
   * so that there are five round trips; SWIM, where it is two, ends the probe with the period.
   */
  relayedMs: 1_000,
  /** The share of the timeout after which a relay that was not answered says so (Lifeguard). */
  nackShare: 0.8,
  /** Requests that one replica relays at a time; one more is refused at once, with a nack. */
  relaysMax: 64,
  /** A timer that is later than this tells that the process was held up. */
  lateMsMax: 100,
  /** After so many probes in a row that only others could bring, a link counts as half-open. */
  detoursMax: 3,
  /** Local health's scores are 0 to one less than this (Lifeguard's S). */
  healthScores: 8,
  /** The least suspicion lasts this times max(1, log10 of the members) periods (Lifeguard's α). */
  suspicionFactor: 4,
  /** The longest lasts so many times the least (Lifeguard's β). */
  suspicionSpan: 6,
  /** Independent confirmations that bring a suspicion down to the least (Lifeguard's K). */
  confirmations: 2,
  /** Members under suspicion at a time; one more is not suspected until it is accused again. */
  suspicionsMax: 4_096,
  /** Neighbours whose round trips are known; over it the one heard longest ago is forgotten. */
  roundTripsMax: 64,
  /** A longer round trip counts as this one: it tells of a pause, not of the way. */
  roundTripMsMax: 2_000,
} as const

/** Other parameters in their place. */
export type SwimLimits = { readonly [Name in keyof typeof SWIM_LIMITS]: number }
