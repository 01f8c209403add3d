import { once } from 'node:events'

import type { HttpReplica } from '../http/http-replica.ts'
import { listenForStop } from '../stop-request.ts'

/**
 * Prints a line for each event of a stream, until it is asked to stop or nobody reads what it prints. A
 * reader that is slow holds it up; the replica drops it if that lasts.
 */
export async function follow(
  replica: HttpReplica,
  path: string,
  lineOf: (event: unknown) => string | undefined,
): Promise<number> {
  const stop = listenForStop()
  const ending = new AbortController()
  const signal = AbortSignal.any([stop.signal, ending.signal])
  // The reader of a pipe has gone, as `head` does.
  process.stdout.on('error', () => ending.abort())
  try {
    const onOpen = (): void => {
      process.stderr.write(`rejoin: Listening at ${replica.httpUrl}; Ctrl-C ends it.\n`)
    }
    for await (const event of replica.events(path, signal, onOpen)) {
      const line = lineOf(event)
      if (line === undefined || process.stdout.write(`${line}\n`)) continue
      await once(process.stdout, 'drain', { signal }).catch(() => {})
    }
  } finally {
    stop.forget()
  }
  return 0
}
