import { parseReplicaId } from '@rejoin/protocol'
import type { Replica } from '@rejoin/replica'

import { failure, nothing } from './answer.ts'
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
