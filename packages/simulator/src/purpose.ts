import { decodeReplicaMessage } from '@rejoin/protocol'

/**
 * What a frame is for: to see whether another is alive, which never ends; to look after a partial view and the
 * tree in it, which does not end either; or anything else.
 */
export type Purpose = 'probe' | 'upkeep' | 'other'

/** Larger than any probe, and than what views are mixed with. */
const SMALL_BYTES = 1_000

export function purposeOf(frame: Uint8Array): Purpose {
  if (frame.length > SMALL_BYTES) return 'other'
  const decoded = decodeReplicaMessage(frame)
  if (!decoded.ok) return 'other'
  switch (decoded.value.type) {
    case 'ping':
    case 'ack':
    case 'nack':
    case 'ping-req':
      return 'probe'
    case 'hello':
    case 'contacts':
    case 'shuffle':
    case 'prune':
      return 'upkeep'
    case 'want':
      return decoded.value.ranges.length === 0 ? 'upkeep' : 'other'
    default:
      return 'other'
  }
}
