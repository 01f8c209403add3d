import {
  CHAIN_HASH_BYTES,
  LIMITS,
  bytesFromHex,
  decodeWith,
  encodeWith,
  hexFromBytes,
  readChainHash,
  readVersion,
  write,
  writeChainHash,
  writeVersion,
  type ChainHash,
  type Head,
  type Reader,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'

import { seal, unseal } from './seal.ts'

/**
 * What stands behind the keys, each with a seal. A log record is the chain hash of its entry, then the
 * bytes of the entry as they go over the wire. What can't be read is `undefined`.
 */
export interface LogRecord {
  readonly hash: ChainHash
  readonly bytes: Uint8Array
}

export function encodeLogRecord(key: Uint8Array, { hash, bytes }: SealedEntry): Uint8Array {
  const record = new Uint8Array(CHAIN_HASH_BYTES + bytes.length)
  record.set(bytesFromHex(hash))
  record.set(bytes, CHAIN_HASH_BYTES)
  return seal(key, record)
}

/** The bytes of the entry are a view on `sealed`. */
export function decodeLogRecord(key: Uint8Array, sealed: Uint8Array): LogRecord | undefined {
  const record = unseal(key, sealed)
  if (record === undefined || record.length < CHAIN_HASH_BYTES) return undefined
  const hash = hexFromBytes(record.subarray(0, CHAIN_HASH_BYTES), CHAIN_HASH_BYTES)
  return { hash, bytes: record.subarray(CHAIN_HASH_BYTES) }
}

export interface MemberValue {
  readonly address: string
  readonly version: Version
  readonly retired: boolean
}

export function encodeMember(key: Uint8Array, member: MemberValue): Uint8Array {
  const value = encodeWith((writer) => {
    write.text(writer, member.address)
    write.uint(writer, member.retired ? 1 : 0)
    writeVersion(writer, member.version)
  })
  return seal(key, value)
}

export function decodeMember(key: Uint8Array, sealed: Uint8Array): MemberValue | undefined {
  return decodeSealed(key, sealed, (reader) => ({
    address: reader.text(LIMITS.addressBytesMax, 'address'),
    retired: reader.uint() === 1,
    version: readVersion(reader),
  }))
}

/** A place in an origin's chain. */
export function encodeHead(key: Uint8Array, { seq, hash }: Head): Uint8Array {
  const value = encodeWith((writer) => {
    write.uint(writer, seq)
    writeChainHash(writer, hash)
  })
  return seal(key, value)
}

export function decodeHead(key: Uint8Array, sealed: Uint8Array): Head | undefined {
  return decodeSealed(key, sealed, (reader) => ({
    seq: reader.uint(),
    hash: readChainHash(reader),
  }))
}

/** A batch's mark: its number, and what the store held once it was written. */
export interface Mark {
  readonly batch: number
  /** The sum of the sequence numbers of all heads. */
  readonly entries: number
  readonly documents: number
  readonly members: number
}

export function encodeMark(key: Uint8Array, mark: Mark): Uint8Array {
  const value = encodeWith((writer) => {
    for (const number of [mark.batch, mark.entries, mark.documents, mark.members]) {
      write.uint(writer, number)
    }
  })
  return seal(key, value)
}

export function decodeMark(key: Uint8Array, sealed: Uint8Array): Mark | undefined {
  return decodeSealed(key, sealed, (reader) => ({
    batch: reader.uint(),
    entries: reader.uint(),
    documents: reader.uint(),
    members: reader.uint(),
  }))
}

/** The clocks of a document's updates: from `first` on, and without `next`. */
export interface Clocks {
  readonly first: number
  readonly next: number
}

/** A state vector record: y-leveldb's part as bytes, and our clocks behind it. */
export interface DocumentRecord {
  /** A clock, and the state vector that was right at it. */
  readonly vector: Uint8Array
  /** `undefined` where y-leveldb wrote it last. */
  readonly clocks: Clocks | undefined
}

/**
 * y-leveldb makes a vector anew when it reads it under a later clock, so writing it once, with the
 * first update, is enough; and it does not look at what comes behind.
 */
export function encodeVector(stateVector: Uint8Array): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, 0)
    write.bytes(writer, stateVector)
  })
}

export function encodeDocumentRecord(
  key: Uint8Array,
  { vector, clocks }: DocumentRecord & { clocks: Clocks },
): Uint8Array {
  const value = new Uint8Array(vector.length + 2 * VARUINT32_BYTES_MAX)
  value.set(vector)
  const end = putVaruint(value, putVaruint(value, vector.length, clocks.first), clocks.next)
  return seal(key, value.subarray(0, end))
}

const VARUINT32_BYTES_MAX = 5

/** Puts a number as lib0 encodes it; answers where it ends. There is one for every update written. */
function putVaruint(bytes: Uint8Array, start: number, number: number): number {
  let at = start
  let rest = number
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes[at++] = 128 | (rest & 127)
  bytes[at++] = rest
  return at
}

/** A record without a right seal may only be y-leveldb's own, of which nothing is left over. */
export function decodeDocumentRecord(
  key: Uint8Array,
  sealed: Uint8Array,
): DocumentRecord | undefined {
  const value = unseal(key, sealed)
  const bytes = value ?? sealed
  const decoded = decodeWith(bytes, (reader) => {
    reader.uint()
    reader.bytes(bytes.length, 'state vector')
    const vector = bytes.subarray(0, bytes.length - reader.bytesLeft)
    if (value === undefined) return { vector, clocks: undefined }
    return { vector, clocks: { first: reader.uint(), next: reader.uint() } }
  })
  return decoded.ok ? decoded.value : undefined
}

/** An update, and whether it has its seal: one that y-leveldb wrote has none. */
export function openUpdate(
  key: Uint8Array,
  stored: Uint8Array,
): { readonly update: Uint8Array; readonly isSealed: boolean } {
  const update = unseal(key, stored)
  return update === undefined ? { update: stored, isSealed: false } : { update, isSealed: true }
}

function decodeSealed<T>(
  key: Uint8Array,
  sealed: Uint8Array,
  read: (reader: Reader) => T,
): T | undefined {
  const value = unseal(key, sealed)
  if (value === undefined) return undefined
  const decoded = decodeWith(value, read)
  return decoded.ok ? decoded.value : undefined
}
