/** The bytes of the checksum behind a frame. */
export const CHECKSUM_BYTES = 4

const TABLE: Uint32Array = new Uint32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
  TABLE[byte] = crc
}

/** CRC-32 as zlib computes it; `before` is the sum of what comes before `bytes`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}

/** Writes the checksum of a frame into its last bytes, which were left free for it. */
export function seal(frame: Uint8Array): Uint8Array {
  const end = frame.length - CHECKSUM_BYTES
  viewOf(frame).setUint32(end, crc32(frame.subarray(0, end)))
  return frame
}

/** The frame without its checksum, or `undefined` where they don't fit together. */
export function unseal(frame: Uint8Array): Uint8Array | undefined {
  const end = frame.length - CHECKSUM_BYTES
  if (end < 0) return undefined
  const content = frame.subarray(0, end)
  return viewOf(frame).getUint32(end) === crc32(content) ? content : undefined
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
