import type { Replica } from '@rejoin/replica'

import { failure, json } from './answer.ts'
import type { Resource } from './router.ts'

/** Within what a connection on which nothing moves is kept. */
const TIMEOUT_S_MAX = 50
const TIMEOUT_S_DEFAULT = 30

/**
 * `POST /leave?timeout=SECONDS`: the replica leaves for good, and then ends. The answer comes when it has
 * left; `onLeft` is called once it is sent.
 */
export function leave(replica: Replica, onLeft: () => void): Resource {
  return {
    POST: async ({ query }) => {
      const timeoutS = readTimeout(query.get('timeout'))
      if (timeoutS === undefined) {
        const message = `timeout must be a whole number of seconds from 1 to ${TIMEOUT_S_MAX}.`
        return failure(400, 'bad-timeout', message)
      }
      await replica.leave({ timeoutMs: timeoutS * 1_000 })
      return { ...json(200, { left: replica.id }), afterwards: onLeft }
    },
  }
}

function readTimeout(text: string | null): number | undefined {
  if (text === null) return TIMEOUT_S_DEFAULT
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : 0
  return seconds >= 1 && seconds <= TIMEOUT_S_MAX ? seconds : undefined
}
