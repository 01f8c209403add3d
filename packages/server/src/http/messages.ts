import { checkTopic } from '@rejoin/protocol'
import type { Replica } from '@rejoin/replica'

import { failure, nothing } from './answer.ts'
import type { EventStreams } from './event-stream.ts'
import { percentDecoded } from './request.ts'
import type { Resource } from './router.ts'

/** A message as `GET /messages/events` tells it. */
export interface MessageEvent {
  readonly from: string
  readonly topic: string
  /** In base64. */
  readonly payload: string
}

/** `POST /messages/TOPIC` sends the body to all replicas that are up. */
export function message(replica: Replica, rawTopic: string): Resource {
  return {
    POST: ({ body }) => {
      const topic = percentDecoded(rawTopic)
      if (topic === undefined) {
        return failure(400, 'bad-name', `The topic is not percent-encoded UTF-8: ${rawTopic}`)
      }
      replica.broadcast(topic, body)
      return nothing()
    },
  }
}

/** `GET /messages/events?topic=TOPIC`: what is sent from now on, of one topic or of all. */
export function messageEvents(replica: Replica, streams: EventStreams): Resource {
  return {
    GET: (request) => {
      const wanted = request.query.get('topic')
      const checked = wanted === null ? undefined : checkTopic(wanted)
      if (checked?.ok === false) {
        return failure(400, checked.rejection.code, checked.rejection.reason)
      }
      return streams.answer(request, (tell) => {
        return replica.onMessage(({ from, topic, payload }) => {
          if (wanted !== null && topic !== wanted) return
          const told: MessageEvent = { from, topic, payload: base64(payload) }
          tell(told)
        })
      })
    },
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
