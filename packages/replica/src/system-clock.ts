import type { Clock } from './ports/clock.ts'

/** The time of this process, which no change of the machine's date moves. */
export const systemClock: Clock = {
  now: () => performance.now(),
  soon: (run) => queueMicrotask(run),
  schedule(delayMs, run, { isIdle = false } = {}) {
    if (delayMs === 0) {
      const immediate = setImmediate(run)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(run, delayMs)
    if (isIdle) timer.unref()
    return () => clearTimeout(timer)
  },
}
