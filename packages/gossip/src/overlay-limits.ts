/** The overlay's parameters, with their units; HyParView's own where nothing else is said. */
export const OVERLAY_LIMITS = {
  /** Up to so many members, this replica included, everybody has a link to everybody. */
  meshMax: 32,
  /** Up to so many an origin pushes to everybody itself, and nobody passes anything on. */
  directMax: 8,
  /** Links that a replica looks for, with more than `largeFrom` members, and by how many it takes more. */
  active: 5,
  activeLarge: 6,
  largeFrom: 5_000,
  activeSlack: 1,
  passiveMax: 30,
  /** Steps of one that joins, and what is left of them where it comes into a passive view. */
  joinSteps: 6,
  passiveStep: 3,
  /** Steps of a shuffle, and what it carries. */
  shuffleSteps: 6,
  shuffleActive: 3,
  shufflePassive: 4,
  shuffleMs: 30_000,
  /** Refusals one after the other until a replica waits. */
  refusalsMax: 3,
  /** The same for those that could not be reached, and how many are dialled for each link then. */
  failuresMax: 20,
  dialsMost: 4,
  /**
   * How long one waits that has no links. With fewer than `activeFew` the waits double from there up to
   * `seekMs`, and with more from twice that up to `seekMsMax`.
   */
  aloneMs: 500,
  activeFew: 4,
  seekMs: 5_000,
  seekMsMax: 120_000,
  /** How long a neighbour may be silent after it was pushed something until another is looked for. */
  doubtMs: 1_000,
  /** Between two visits that look for a part of the cluster that was split off; and for each member. */
  repairMsMin: 30_000,
  repairMsEach: 100,
  /** How long after its start a replica takes it that others may just be starting, too. */
  startingMs: 60_000,
  /** Addresses that a replica remembers beside those of the members. */
  addressesMax: 1_000,
  /** Attempts to draw a member that can be dialled. */
  drawsMax: 20,
} as const
