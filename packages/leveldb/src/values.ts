import {
  CHAIN_HASH_BYTES,
  LIMITS,
  bytesFromHex,
  decodeWith,
  encodeWith,
  hexFromBytes,
  readVersion,
  write,
  writeVersion,
  type ChainHash,
  type Result,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'
import { encodeStateVectorFromUpdate } from 'yjs'

/**
 * What stands behind the keys. A log record is the chain hash of its entry, then the bytes of the
 * entry as they go over the wire. A state vector record is y-leveldb's: the clock at which it was
 * right, then the vector; y-leveldb makes it anew when it reads it under a later clock, so writing
 * it once, with the first update, is enough.
 */
export interface LogRecord {
  readonly hash: ChainHash
  readonly bytes: Uint8Array
}

export function encodeLogRecord({ hash, bytes }: SealedEntry): Uint8Array {
  const record = new Uint8Array(CHAIN_HASH_BYTES + bytes.length)
  record.set(bytesFromHex(hash))
  record.set(bytes, CHAIN_HASH_BYTES)
  return record
}

/** The bytes of the entry are a view on `record`. */
export function decodeLogRecord(record: Uint8Array): LogRecord {
  const hash = hexFromBytes(record.subarray(0, CHAIN_HASH_BYTES), CHAIN_HASH_BYTES)
  return { hash, bytes: record.subarray(CHAIN_HASH_BYTES) }
}

/** Throws where `firstUpdate` is not a Yjs update: whoever commits has checked it. */
export function encodeStateVectorRecord(firstUpdate: Uint8Array): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, 0)
    write.bytes(writer, encodeStateVectorFromUpdate(firstUpdate))
  })
}

export interface MemberValue {
  readonly address: string
  readonly version: Version
}

export function encodeMember({ address, version }: MemberValue): Uint8Array {
  return encodeWith((writer) => {
    write.text(writer, address)
    writeVersion(writer, version)
  })
}

export function decodeMember(value: Uint8Array): Result<MemberValue> {
  return decodeWith(value, (reader) => ({
    address: reader.text(LIMITS.addressBytesMax, 'address'),
    version: readVersion(reader),
  }))
}
