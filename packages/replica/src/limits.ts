/** The shell's bounds, with their units. */
export const REPLICA_LIMITS = {
  /** From dialling to an open link; then the dial has failed. */
  dialMs: 5_000,
  /** Bytes queued on a link from which broadcasts pass it over; it catches up by asking. */
  linkQueueBytesMax: 4_194_304,
  /** Bytes queued on a link up to which it is handed a chunk for who catches up; `drained` tells of the same. */
  servingQueueBytesMax: 65_536,
  /** Updates of a stored document from which it is compacted while it is loaded. */
  loadedUpdatesMax: 64,
  /** Names of documents that are read at once, to send the documents to a peer. */
  namesPerPage: 100,
  /** First wait before a store that failed is opened again; doubles up to `reopenMsMax`. */
  reopenMsMin: 500,
  reopenMsMax: 10_000,
  /** Stable entries stay in the log up to this size; see `Retention` in the engine. */
  logKeepBytes: 67_108_864,
  /** Beyond this size entries leave the log that somebody may lack; documents bring them up. */
  logMaxBytes: 1_073_741_824,
  /** How long `close` waits for the disk before it gives up with an error. */
  closeMs: 30_000,
  /** How long `leave` waits for another member to hold everything, unless told otherwise. */
  leaveMs: 30_000,
  /** How long whoever leaves waits for its peers to have heard so. */
  farewellMs: 2_000,
  /** How long `settled` waits unless told otherwise. */
  settledMs: 30_000,
} as const
