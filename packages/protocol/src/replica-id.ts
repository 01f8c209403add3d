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

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

export function hexFromBytes(bytes: Uint8Array, length: number): string {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`)
  let hex = ''
  for (const byte of bytes) hex += HEX_OF_BYTE[byte]
  return hex
}

export function bytesFromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16)
  }
  return bytes
}
