/** The shell's bounds, with their units. */
export const REPLICA_LIMITS = {
  /** From dialling to an open link; then the dial has failed. */
  dialMs: 5_000,
  /** Bytes queued on a link from which broadcasts pass it over; it catches up by asking. */
  linkQueueBytesMax: 4_194_304,
  /** Updates of a stored document from which it is compacted while it is loaded. */
  loadedUpdatesMax: 64,
  /** How long `close` waits for the disk before it gives up with an error. */
  closeMs: 30_000,
  /** How long `settled` waits unless told otherwise. */
  settledMs: 30_000,
} as const
