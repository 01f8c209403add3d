import { ENGINE_LIMITS } from './limits.ts'

/** What waits in a replica. Each queue has a bound (rule X3), and at rest all are empty. */
export interface Backlog {
  /** Edits of clients that are accepted and not yet under way to the disk, in bytes. */
  readonly editBytes: number
  /** The same for entries from peers. */
  readonly entryBytes: number
  /** Entries from peers that wait for what they depend on. */
  readonly waitingEntries: number
  readonly waitingBytes: number
  /** Updates of clients that wait for what they build on, in bytes. */
  readonly parkedBytes: number
}

/** The bounds; over the first two goes what is taken in one step more, at most. */
export const BACKLOG_MAX: Backlog = {
  editBytes: ENGINE_LIMITS.fillingBytesMax,
  entryBytes: ENGINE_LIMITS.readyBytesMax,
  waitingEntries: ENGINE_LIMITS.waitingEntriesMax,
  waitingBytes: ENGINE_LIMITS.waitingBytesMax,
  parkedBytes: ENGINE_LIMITS.parkedBytesOverallMax,
}
