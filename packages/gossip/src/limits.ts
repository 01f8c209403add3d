/** Gossip's parameters and bounds, with their units. `research` values are in design §7's sources. */
export const GOSSIP_LIMITS = {
  /** Open links; a full mesh stops dialling here, and refuses more with `too-many`. */
  linksMax: 64,
  /** From opening a link to its `hello`; then it is closed as silent. */
  greetingMs: 10_000,
  /** Between two complete `have`s on a link at rest: the beat that shows a link alive. */
  heartbeatMs: 5_000,
  /** Origins up to which each heartbeat tells all heads; with more it tells their fingerprint. */
  beatHeadsMax: 64,
  /** Nothing heard on a link for this long: it is half-open, and closed as silent. */
  silenceMs: 16_000,
  /** From a change of what is durable to telling peers: a round trip, within these. */
  announceMsMin: 25,
  announceMsMax: 250,
  /**
   * How long an entry that a peer announced may be on its way: two long round trips, or what entries take
   * that come by the tree after they were announced, within these.
   */
  graftMsMin: 250,
  graftMsMax: 2_000,
  /** Entries of one origin before a new one that are pushed with it to a peer that may lack them. */
  gapMax: 64,
  /** Under load, frames with what is passed on leave this share of a round trip apart, at most this. */
  relayShare: 8,
  relayMsMax: 50,
  /** With more links than this it is longer in proportion until peers are told, and until more is passed on. */
  patientLinks: 7,
  /** What each link adds to its time in a distance to the root, in ms. */
  distanceEach: 25,
  /** A neighbour by which the root is nearer takes the parent's place under this share of the distance. */
  nearerShare: 0.9,
  /** How long the root of the tree gives word of itself after the last entry that it made. */
  rootMs: 300_000,
  /** How long the root holds without word of it, which each link passes on with its next heartbeat. */
  rootWordMs: 120_000,
  /** From news of a member to passing it on, together with what comes meanwhile. */
  newsMs: 20,
  /** Up to so many members, all are told on a new link; more are compared by ranges. */
  toldWholeMax: 64,
  /** Up to so many members, replicas tell each one's version; more are counted in a census. */
  toldVersionsMax: 12,
  /** Between two parts of a census that a replica tells, and two censuses; and for each member. */
  censusMs: 500,
  censusMsMin: 5_000,
  censusMsEach: 1,
  /** How long a link may bring nothing of what it was asked for; then others are asked, and it rests. */
  wantMs: 10_000,
  restMs: 2_000,
  /** First wait before dialling again; doubles up to `redialMsMax`, each ± 25 %. */
  redialMsMin: 250,
  redialMsMax: 4_000,
  /** Bytes of entries in one chunk of the answer to a `want`, or one larger entry. */
  chunkBytesMax: 262_144,
  /**
   * Entries in one round of serving several origins on a link, each in the share that it has in what is
   * missing but at least so many: so they come about in the order in which they were made, and few wait.
   */
  servingRoundEntries: 2_048,
  servingTurnEntriesMin: 16,
  /** Bytes of documents in one answer to a `fetch`; the asker asks on once they are durable. */
  documentsChunkBytesMax: 1_048_576,
  /** One update of a document that comes in parts; over it the link is refused with `too-large`. */
  documentUpdateBytesMax: 536_870_912,
  /** Damaged documents that wait for a peer's help; more are left until one of them is whole. */
  repairsMax: 10_000,
  /** How often a peer that could not help must be heard of until it is asked again: doubles between these. */
  patienceMin: 4,
  patienceMax: 1_024,
  /** Runs of one id that are remembered; of the oldest a copy is no longer told from a restart. */
  runsMax: 16,
  /** The newest entries of all origins that are kept at hand for peers that have all but caught up. */
  recentEntriesMax: 1_024,
  recentBytesMax: 4_194_304,
  /** Messages of the application whose names are remembered, so that none is told twice. */
  messagesSeenMax: 1_024,
  /** Bytes of entries in one pushed frame, or one larger entry. */
  pushBytesMax: 4_194_304,
} as const
