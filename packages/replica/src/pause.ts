import type { Clock, ScheduleOptions } from './ports/clock.ts'

/** Resolves after `delayMs`, or as soon as `signal` is aborted. */
export function pause(
  clock: Clock,
  delayMs: number,
  options: ScheduleOptions & { signal?: AbortSignal } = {},
): Promise<void> {
  const { signal } = options
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.schedule(delayMs, end, options)
    signal?.addEventListener('abort', end)
  })
}
