import { crc32 as zlibCrc32 } from 'node:zlib'

import { crc32 as shortCrc32 } from '@rejoin/protocol'

/** Up to here a loop takes less time than a call out of JavaScript. */
const SHORT_BYTES = 256

/** CRC-32; `before` is the sum of what comes before `bytes`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return bytes.length > SHORT_BYTES ? zlibCrc32(bytes, before) : shortCrc32(bytes, before)
}
