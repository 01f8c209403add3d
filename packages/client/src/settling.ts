import { RejoinError } from '@rejoin/protocol'

/**
 * The callers of `settled` that wait: each for all edits up to a number, and no longer than its
 * deadline. Waiting does not touch the edits themselves, so a deadline that passes says nothing about
 * them.
 */
interface Waiter {
  readonly through: number
  readonly finish: (error?: RejoinError) => void
}

/** What a timer can hold, 24 days; it would take a longer time for none at all. */
const TIMER_MS_MAX = 2 ** 31 - 1

export class Settling {
  readonly #waiters = new Set<Waiter>()

  /** Resolves once `answered` says that `through` is reached. */
  wait(through: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        through,
        finish: (error) => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      const boundMs = Math.min(timeoutMs, TIMER_MS_MAX)
      const timer = setTimeout(() => waiter.finish(timeoutError(boundMs)), boundMs)
      this.#waiters.add(waiter)
    })
  }

  answered(through: number): void {
    for (const waiter of this.#waiters) if (waiter.through <= through) waiter.finish()
  }

  /** Fails whoever waits for edit `first` or a later one. */
  fail(first: number, error: RejoinError): void {
    for (const waiter of this.#waiters) if (waiter.through >= first) waiter.finish(error)
  }
}

function timeoutError(timeoutMs: number): RejoinError {
  return new RejoinError(
    'timeout',
    `No acknowledgement within ${timeoutMs} ms: whether the edits are durable is unknown. They are ` +
      'kept, and sent until they are acknowledged.',
  )
}
