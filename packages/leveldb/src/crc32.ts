import { crc32 as zlibCrc32 } from 'node:zlib'

/** Up to here a loop takes less time than a call out of JavaScript. */
const SHORT_BYTES = 256

const TABLE: Uint32Array = new Uint32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  TABLE[byte] = crc
}

/** CRC-32 as zlib computes it; `before` is the sum of what comes before `bytes`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  if (bytes.length > SHORT_BYTES) return zlibCrc32(bytes, before)
  let crc = ~before
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}
