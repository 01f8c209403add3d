/**
 * The port to time: all that a replica waits for by itself, it waits for here. The machine's own
 * time is `systemClock`; the simulator brings a time of its own.
 */
export interface Clock {
  /** Milliseconds since some moment of the past; never falls. */
  now(): number
  /** Calls `run` once whoever runs now has returned, and before anything else that waits. */
  soon(run: () => void): void
  /** Calls `run` in a later turn, `delayMs` from now at the earliest; the answer undoes that. */
  schedule(delayMs: number, run: () => void, options?: ScheduleOptions): () => void
}

export interface ScheduleOptions {
  /** Whether a process that has nothing else to do may end before. */
  readonly isIdle?: boolean
}
