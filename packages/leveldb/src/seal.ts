import { crc32 } from './crc32.ts'

/**
 * A seal is what LevelDB does not give: it reads its files without looking at their checksums, so that a
 * flipped bit comes back as a wrong value, or under a wrong key. Four bytes behind every value, the
 * CRC-32 of its key and itself, show both (rule S3). Yjs ignores what comes after an update's end, and so
 * does y-leveldb, so that it can stand behind updates too (rule S4).
 */
export const SEAL_BYTES = 4

/** `value` with its seal. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(value.length + SEAL_BYTES)
  sealed.set(value)
  putChecksum(sealed, value.length, checksum(key, value))
  return sealed
}

/** What is under the seal, as a view; `undefined` where the seal is not right. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) return undefined
  const value = sealed.subarray(0, sealed.length - SEAL_BYTES)
  const { buffer, byteOffset } = sealed
  const found = new DataView(buffer, byteOffset + value.length, SEAL_BYTES).getUint32(0)
  return found === checksum(key, value) ? value : undefined
}

function putChecksum(bytes: Uint8Array, at: number, sum: number): void {
  bytes[at] = sum >>> 24
  bytes[at + 1] = sum >>> 16
  bytes[at + 2] = sum >>> 8
  bytes[at + 3] = sum
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key))
}
