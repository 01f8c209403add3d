import type { Replica } from '@rejoin/replica'

import { json } from './answer.ts'
import type { Resource } from './router.ts'

/** `GET /healthz`: 503 while edits can't be made durable, so that a balancer sends clients away. */
export function health(replica: Replica): Resource {
  return {
    GET: () => {
      const { readOnly } = replica.status()
      if (readOnly === null) return json(200, { ok: true })
      return json(503, { ok: false, error: { code: 'read-only', message: readOnly } })
    },
  }
}

/** `GET /status`: all that the replica knows of itself and the others. */
export function status(replica: Replica): Resource {
  return { GET: () => json(200, replica.status()) }
}
