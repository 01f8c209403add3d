import { parseReplicaId, type ReplicaId } from '@rejoin/protocol'
import type { Replica } from '@rejoin/replica'

import { failure, nothing, type Answer } from './answer.ts'
import type { Handle } from './http-server.ts'
import type { Resource } from './router.ts'

/**
 * `DELETE /links/PEER` cuts the link to a peer and `PUT /links/PEER` mends it. It is there to show
 * what happens, so it is open only at a replica that was started for showing.
 */
export function link(replica: Replica, rawPeer: string, demo: boolean): Resource {
  const withPeer = (act: (peer: ReplicaId) => void): Handle => {
    return (): Answer => {
      if (!demo) {
        const message = 'Links are cut and mended only at replicas that were started with --demo.'
        return failure(403, 'not-demo', message)
      }
      const peer = parseReplicaId(rawPeer)
      if (peer === undefined) {
        return failure(404, 'unknown-peer', 'A peer is named by the 16 hex digits of its id.')
      }
      act(peer)
      return nothing()
    }
  }
  return {
    PUT: withPeer((peer) => replica.mend(peer)),
    DELETE: withPeer((peer) => replica.cut(peer)),
  }
}
