/** The bytes of the checksum behind a frame. */
export const CHECKSUM_BYTES = 4

const TABLE: Uint32Array = new Uint32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  TABLE[byte] = crc
}

/** CRC-32 as zlib computes it, of the bytes before `end`; `before` is the sum of what comes before them. */
export function crc32(bytes: Uint8Array, before = 0, end: number = bytes.length): number {
  let crc = ~before
  for (let at = 0; at < end; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}

/** Writes the checksum of a frame into its last bytes, which were left free for it. */
export function seal(frame: Uint8Array): Uint8Array {
  const end = frame.length - CHECKSUM_BYTES
  const sum = crc32(frame, 0, end)
  for (let at = 0; at < CHECKSUM_BYTES; at++) frame[end + at] = sum >>> (24 - 8 * at)
  return frame
}

/** The frame without its checksum, or `undefined` where they don't fit together. */
export function unseal(frame: Uint8Array): Uint8Array | undefined {
  const end = frame.length - CHECKSUM_BYTES
  if (end < 0 || sumAt(frame, end) !== crc32(frame, 0, end)) return undefined
  return frame.subarray(0, end)
}

function sumAt(frame: Uint8Array, from: number): number {
  let sum = 0
  for (let at = 0; at < CHECKSUM_BYTES; at++) sum = (sum << 8) | (frame[from + at] as number)
  return sum >>> 0
}
