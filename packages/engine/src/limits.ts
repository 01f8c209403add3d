/** The engine's bounds, with their units; each says what happens when it is reached. */
export const ENGINE_LIMITS = {
  /** Clocks in an update; no real document comes near, and sums of them stay exact numbers. */
  clockMax: 1_099_511_627_776,
  /** How deep a value in an update may nest: deeper ones overflow the stack of who writes them. */
  valueDepthMax: 500,
  /** Updates of one document that wait for what they build on; then their senders are detached. */
  parkedUpdatesMax: 256,
  parkedBytesMax: 4_194_304,
  /** The same for the updates that wait in all documents together. */
  parkedBytesOverallMax: 134_217_728,
  /** Edits accepted and not yet under way to the disk; then their senders are detached. */
  fillingBytesMax: 67_108_864,
  /** Edits of one session in one document that are not acknowledged; then it is detached. */
  awaitedEditsMax: 65_536,
  /** Entries from peers that are applied and not yet under way to the disk; then more are dropped. */
  readyBytesMax: 67_108_864,
  /** Entries from peers that wait for their deps; then some give way (see `Waiting`), and are asked for again. */
  waitingEntriesMax: 4_096,
  waitingBytesMax: 67_108_864,
  /**
   * Between two flushes of a document, for each of its readers, up to a bound; what comes in between
   * is merged. So two people see each other's keystrokes at once, and a hundred share frames.
   */
  flushMsPerReader: 0.25,
  flushMsMax: 16,
  /** Between two asks of one session for what an update of its builds on. */
  askMs: 1_000,
  /** Updates in a document's tail from which it is compacted, once they outweigh the snapshot. */
  compactUpdates: 256,
  /** Between two looks at the size of the log. */
  trimMs: 10_000,
  /** Entries that are read at once to be published anew, or one larger entry. */
  looseBytesMax: 1_048_576,
  /** Documents without readers that stay in memory; the one idle longest goes first. */
  idleDocumentsMax: 64,
  /** Documents open in one session; more are refused with `too-many`. */
  sessionDocumentsMax: 1_000,
  /** Clients whose presence one session may announce in one document; more are ignored. */
  presencePerSessionMax: 16,
  /** A clock of announced presence; over it the state is ignored, so that it can always be raised. */
  presenceClockMax: 1_099_511_627_776,
  /** Clients present in one document; more are ignored. */
  presencePerDocumentMax: 10_000,
  /** States of everybody present in all documents, in UTF-16 units; more are ignored. */
  presenceLengthMax: 33_554_432,
  /** Presence that is not renewed for this long is taken for gone; y-protocols uses the same. */
  presenceMs: 30_000,
} as const
