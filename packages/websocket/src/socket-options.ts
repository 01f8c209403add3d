import { LIMITS } from '@rejoin/protocol'

import type { Bounds } from './bounds.ts'

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

export function socketOptions(bounds: Bounds): SocketOptions {
  return {
    maxPayload: LIMITS.frameBytesMax,
    maxFragments: bounds.fragmentsMax,
    maxBufferedChunks: bounds.chunksMax,
    closeTimeout: bounds.closeMs,
    perMessageDeflate: false,
  }
}
