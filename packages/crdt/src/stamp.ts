import { CrdtError } from './error.ts'
import { CRDT_LIMITS } from './limits.ts'

/**
 * A hybrid logical clock (Kulkarni et al., 2014) in one integer: milliseconds since 1970 times 2^11,
 * plus a count for what happens within one. Exact until the year 2109.
 */
export type Stamp = number

const TICKS_PER_MS = 2_048
/** In the year 2109. */
const TIME_MS_MAX = 2 ** 42
const DRIFT_MAX = CRDT_LIMITS.clockDriftMsMax * TICKS_PER_MS

/**
 * The stamp of a write that has seen `seen`: after it, and not before `nowMs`, but never more than
 * the drift ahead of `nowMs`. So a clock that runs wild beats only what is written concurrently, and
 * no other writer takes its time over. (That a write which has seen another replaces it does not
 * depend on stamps.) With `nowMs` 0 stamps only count.
 */
export function nextStamp(seen: Stamp, nowMs: number): Stamp {
  if (nowMs === 0) return Math.min(seen + 1, Number.MAX_SAFE_INTEGER)
  const now = Math.floor(nowMs) * TICKS_PER_MS
  return Math.max(now, Math.min(seen + 1, now + DRIFT_MAX))
}

export function checkTime(nowMs: number): number {
  if (Number.isFinite(nowMs) && nowMs >= 0 && nowMs < TIME_MS_MAX) return nowMs
  throw new CrdtError('no-clock', `The clock says ${nowMs}: bind with { now: Date.now }.`)
}

export function isStamp(value: unknown): value is Stamp {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
