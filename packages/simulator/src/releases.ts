import { decodeReplicaMessage, encodeReplicaMessage } from '@rejoin/protocol'

import type { SimulatedLink } from './simulated-link.ts'

/** `hello` is the first kind of all, in every release. */
const HELLO = 0

/**
 * Releases here are the same code, but of each the others hear that it speaks a protocol of its own: by as
 * much later than theirs as it is newer. Both ends see that, and neither can take the other at its word.
 */
export function asHeard(frame: Uint8Array, { owner, other }: SimulatedLink): Uint8Array {
  const newer = owner.release - (other?.owner.release ?? owner.release)
  if (newer === 0 || frame[0] !== HELLO) return frame
  const decoded = decodeReplicaMessage(frame)
  if (!decoded.ok || decoded.value.type !== 'hello') return frame
  return encodeReplicaMessage({ ...decoded.value, protocol: decoded.value.protocol + newer })
}
