import { once } from 'node:events'

import type { HttpReplica } from '../http/http-replica.ts'
import { listenForStop } from '../stop-request.ts'

/**
 * Prints a line for each event of a stream, until it is asked to stop or nobody reads what it prints. A
 * reader that is slow holds it up; the replica drops it if that lasts.
 */
export async function follow<T>(
  replica: HttpReplica,
  path: string,
  lineOf: (event: T) => string | undefined,
): Promise<number> {
  const stop = listenForStop()
  const ending = new AbortController()
  const signal = AbortSignal.any([stop.signal, ending.signal])
  // The reader of a pipe has gone, as `head` does.
  process.stdout.on('error', () => ending.abort())
  try {
    for await (const event of replica.events<T>(path, signal)) {
      const line = lineOf(event)
      if (line === undefined || process.stdout.write(`${line}\n`)) continue
      await once(process.stdout, 'drain', { signal }).catch(() => {})
    }
  } finally {
    stop.forget()
  }
  return 0
}
