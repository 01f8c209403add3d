import type { Replica } from '@rejoin/replica'

import { json, type Answer } from './answer.ts'
import type { Resource } from './router.ts'

/** From then on a commit that is under way says that the disk is in trouble, though it has not failed. */
const STALLED_MS = 5_000

/** `GET /healthz`: 503 while edits can't be made durable, so that a balancer sends clients away. */
export function health(replica: Replica): Resource {
  return {
    GET: () => {
      const { readOnly, store } = replica.status()
      if (readOnly !== null) return unwell('read-only', readOnly)
      const waitedMs = store.committingMs ?? 0
      return waitedMs < STALLED_MS ? json(200, { ok: true }) : unwell('stalled', stalled(waitedMs))
    },
  }
}

function stalled(waitedMs: number): string {
  const seconds = Math.round(waitedMs / 1_000)
  return `The disk has been writing for ${seconds} s; edits are safe with their clients, and wait for it.`
}

function unwell(code: string, message: string): Answer {
  return json(503, { ok: false, error: { code, message } })
}

/** `GET /status`: all that the replica knows of itself and the others. */
export function status(replica: Replica): Resource {
  return { GET: () => json(200, replica.status()) }
}
