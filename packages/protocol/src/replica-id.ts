/**
 * A replica id is 64 random bits, minted with a data directory and never used again once that
 * directory has lost durable state (rule L8). It is written as 16 lowercase hexadecimal digits, so
 * that it can be a map key, a log line and a URL segment without conversion.
 */
declare const brand: unique symbol

export type ReplicaId = string & { readonly [brand]: 'ReplicaId' }

export const REPLICA_ID_BYTES = 8

/** The id that `text` spells, or `undefined` when it is not 16 lowercase hexadecimal digits. */
export function parseReplicaId(text: string): ReplicaId | undefined {
  return /^[0-9a-f]{16}$/.test(text) ? (text as ReplicaId) : undefined
}

/** The id whose 64 bits are `bytes`, of which there must be exactly eight. */
export function replicaIdFromBytes(bytes: Uint8Array): ReplicaId {
  return hexFromBytes(bytes, REPLICA_ID_BYTES) as ReplicaId
}

export function replicaIdToBytes(replica: ReplicaId): Uint8Array {
  return bytesFromHex(replica)
}

/** Ids sort by their bits; both ends of a link break ties with the same comparison. */
export function compareReplicaIds(a: ReplicaId, b: ReplicaId): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Ids and hashes of chains have 64 bits. */
export const HEX_BYTES = 8

export function hexFromBytes(bytes: Uint8Array, length: number): string {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`)
  return hexAt(bytes, 0)
}

/**
 * The 64 bits from a place of `bytes` on, in 16 digits. All at once: a string that grows digit by digit is
 * a list of parts to the engine of JavaScript, which has to join them when it becomes the key of a map.
 */
export function hexAt(bytes: Uint8Array, from: number): string {
  const high = (at: number): number => codeOfDigit((bytes[from + at] as number) >>> 4)
  const low = (at: number): number => codeOfDigit((bytes[from + at] as number) & 15)
  // oxfmt-ignore
  return String.fromCharCode(
    high(0), low(0), high(1), low(1), high(2), low(2), high(3), low(3),
    high(4), low(4), high(5), low(5), high(6), low(6), high(7), low(7),
  )
}

/** The codes of `0`–`9` and of `a`–`f`. */
function codeOfDigit(digit: number): number {
  return digit < 10 ? 48 + digit : 87 + digit
}

export function bytesFromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = byteOfHex(hex, at)
  return bytes
}

/** The byte at a place of what lowercase digits spell. */
export function byteOfHex(hex: string, at: number): number {
  return (digitOfCode(hex.charCodeAt(at * 2)) << 4) | digitOfCode(hex.charCodeAt(at * 2 + 1))
}

function digitOfCode(code: number): number {
  return code < 58 ? code - 48 : code - 87
}
