import { parseReplicaId } from '@rejoin/protocol'
import type { Replica } from '@rejoin/replica'

import { failure, nothing } from './answer.ts'
import type { EventStreams } from './event-stream.ts'
import type { Resource } from './router.ts'

/** `DELETE /members/ID` removes a member for good. */
export function member(replica: Replica, rawId: string): Resource {
  return {
    DELETE: () => {
      const id = parseReplicaId(rawId)
      if (id === undefined) {
        return failure(404, 'unknown-peer', 'A member is named by the 16 hex digits of its id.')
      }
      replica.remove(id)
      return nothing()
    },
  }
}

/** `GET /members/events`: what happens to members from now on. */
export function memberEvents(replica: Replica, streams: EventStreams): Resource {
  return {
    GET: (request) => streams.answer(request, (tell) => replica.onMember(tell)),
  }
}
