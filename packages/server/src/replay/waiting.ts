import { failed } from '../command-line/command-error.ts'

/** A wait that ends: when its condition holds, at its deadline, or when the replay is stopped. */
export interface Wait {
  /** Calls `check` after each change that may have brought the condition about; returns the undo. */
  readonly subscribe: (check: () => void) => () => void
  readonly until: () => boolean
  readonly deadlineMs: number
  /** The message of the error at the deadline. */
  readonly orElse: () => string
  readonly signal: AbortSignal
}

export async function waitFor(wait: Wait): Promise<void> {
  const { subscribe, until, deadlineMs, orElse, signal } = wait
  signal.throwIfAborted()
  if (until()) return
  const undo: (() => void)[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(failed(orElse())), deadlineMs)
      const abort = (): void => reject(signal.reason)
      signal.addEventListener('abort', abort)
      const unsubscribe = subscribe(() => {
        if (until()) resolve()
      })
      undo.push(() => clearTimeout(timer), unsubscribe)
      undo.push(() => signal.removeEventListener('abort', abort))
    })
  } finally {
    for (const end of undo) end()
  }
}

/** Lets sockets and timers have their turn, and `ms` pass. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(end, ms)
    function end(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end)
  })
  signal.throwIfAborted()
}
