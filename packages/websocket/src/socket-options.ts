import { LIMITS } from '@rejoin/protocol'

import type { Bounds } from './bounds.ts'
import { TAGGING_BYTES } from './frame-tags.ts'

/**
 * What both ends set on `ws`. Compression stays off: Yjs updates are compact already, and its
 * memory fragments under load (ws#1202).
 */
export interface SocketOptions {
  readonly maxPayload: number
  readonly maxFragments: number
  readonly maxBufferedChunks: number
  readonly closeTimeout: number
  readonly perMessageDeflate: false
}

/** `proves`: the ends of the socket prove a secret to each other, and tag their frames. */
export function socketOptions(bounds: Bounds, proves: boolean): SocketOptions {
  return {
    maxPayload: LIMITS.frameBytesMax + (proves ? TAGGING_BYTES : 0),
    maxFragments: bounds.fragmentsMax,
    maxBufferedChunks: bounds.chunksMax,
    closeTimeout: bounds.closeMs,
    perMessageDeflate: false,
  }
}
