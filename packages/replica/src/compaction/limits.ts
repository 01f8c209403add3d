/** The bounds of compaction, with their units. */
export const COMPACTION_LIMITS = {
  /** JavaScript heap of the thread; a document that needs more stays as it is. */
  heapMbMax: 1_024,
  /** Jobs that wait; more fail at once, and their documents are tried again when they have grown. */
  jobsMax: 64,
  /** Bytes of updates that wait, or of one larger job. */
  queuedBytesMax: 268_435_456,
  /** What a job may take, and more by its size: a hostile update can keep Yjs busy for minutes. */
  deadlineMs: 30_000,
  bytesPerMs: 100,
  /** From the last job to the end of the thread. */
  idleMs: 5_000,
  /** Updates appended to a stored document from which it may be compacted. */
  appendedUpdates: 1_000,
  /** Updates found in a document that is opened from which it may be. */
  loadedUpdates: 200,
  /** Documents whose appended updates are counted; of more the ones written longest ago are forgotten. */
  countedMax: 16_384,
  /** Documents that wait to be compacted; more are left until they are written to again. */
  candidatesMax: 1_024,
  /** Documents that can't be compacted and are remembered; of more the oldest are tried again. */
  quarantinedMax: 1_024,
  /** How long it rests after a document, as a multiple of what that took. */
  restFactor: 4,
  /** How often its updates a document that can't be compacted has to have before it is tried again. */
  retryGrowth: 4,
} as const
