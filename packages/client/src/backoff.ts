/**
 * How long to wait before dialing again: exponential with full jitter, so that the clients of a
 * replica that restarted come back spread out and not as a herd.
 */
export interface BackoffRange {
  readonly backoffMsMin: number
  readonly backoffMsMax: number
}

/**
 * Milliseconds to wait after `failures` attempts in a row that came to nothing. `chance` is uniform
 * in 0..1; the wait is uniform in 0..min(backoffMsMax, backoffMsMin · 2^failures).
 */
export function backoffMs(failures: number, range: BackoffRange, chance: number): number {
  const ceilingMs = Math.min(range.backoffMsMax, range.backoffMsMin * 2 ** failures)
  return Math.round(ceilingMs * chance)
}
