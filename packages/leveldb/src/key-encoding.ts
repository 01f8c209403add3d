import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/**
 * y-leveldb's encoding of keys, byte for byte: a key is a list of strings and 32-bit unsigned
 * numbers, each behind a byte that tells which. Numbers sort by value. A string has its length
 * before it, so strings sort by their length in bytes first: that is the order in which documents
 * are listed.
 */
export type KeyPart = string | number

const STRING = 0
const UINT32 = 1
const UINT32_MAX = 0xffff_ffff

/** Throws a `RangeError` for a number that 32 bits don't hold. */
export function encodeKey(parts: readonly KeyPart[]): Uint8Array {
  return encoding.encode((encoder) => {
    for (const part of parts) {
      if (typeof part === 'string') {
        encoding.writeUint8(encoder, STRING)
        encoding.writeVarString(encoder, part)
        continue
      }
      if (!Number.isInteger(part) || part < 0 || part > UINT32_MAX) {
        throw new RangeError(`${part} can't be in a key: it is not a whole number of 32 bits`)
      }
      encoding.writeUint8(encoder, UINT32)
      encoding.writeUint32BigEndian(encoder, part)
    }
  })
}

/** Throws where `key` is not in this encoding. */
export function decodeKey(key: Uint8Array): KeyPart[] {
  const decoder = decoding.createDecoder(key)
  const parts: KeyPart[] = []
  while (decoding.hasContent(decoder)) {
    const kind = decoding.readUint8(decoder)
    if (kind === STRING) parts.push(decoding.readVarString(decoder))
    else if (kind === UINT32) parts.push(decoding.readUint32BigEndian(decoder))
    else throw new RangeError(`a key has a part of kind ${kind}, which y-leveldb does not write`)
  }
  return parts
}
