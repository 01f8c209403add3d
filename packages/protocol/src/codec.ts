import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { decodeUtf8 } from 'lib0/string'

import { checkDocumentName } from './document-name.ts'
import { LIMITS } from './limits.ts'
import { accept, reject, type RejectionCode, type Result } from './rejection.ts'
import { byteOfHex, HEX_BYTES, hexAt, type ReplicaId } from './replica-id.ts'

/**
 * The primitives of every message, over lib0's varints: bounded reads that fail with a typed
 * rejection. A length is compared with its limit and with the bytes that are left before anything
 * is allocated for it, so a short frame cannot claim a large one.
 */
export type Writer = encoding.Encoder

/** Thrown inside a decoder only; `decodeWith` turns it into a `Result`. */
class DecodeError extends Error {
  readonly code: RejectionCode

  constructor(code: RejectionCode, message: string) {
    super(message)
    this.code = code
  }
}

export function fail(code: RejectionCode, message: string): never {
  throw new DecodeError(code, message)
}

/** Runs `read` over all of `bytes`; what it throws, and bytes that it leaves over, are a rejection. */
export function decodeWith<T>(bytes: Uint8Array, read: (reader: Reader) => T): Result<T> {
  const reader = new Reader(bytes)
  try {
    const value = read(reader)
    if (reader.bytesLeft > 0) {
      return reject('malformed', `The frame has ${reader.bytesLeft} bytes after its end.`)
    }
    return accept(value)
  } catch (error) {
    if (error instanceof DecodeError) return reject(error.code, error.message)
    return reject('malformed', `The frame can't be decoded: ${(error as Error).message}.`)
  }
}

/** Encodes with `write` into a fresh buffer of just the right size. */
export function encodeWith(write: (writer: Writer) => void): Uint8Array {
  return encoding.encode(write)
}

export class Reader {
  readonly #decoder: decoding.Decoder

  constructor(bytes: Uint8Array) {
    this.#decoder = decoding.createDecoder(bytes)
  }

  get bytesLeft(): number {
    return this.#decoder.arr.length - this.#decoder.pos
  }

  uint(): number {
    return decoding.readVarUint(this.#decoder)
  }

  /** A count of things that take at least `bytesEach` bytes, of which there may be `max`. */
  count(max: number, bytesEach: number, what: string): number {
    const count = this.uint()
    if (count > max) fail('too-large', `${count} ${what} in one frame; the limit is ${max}.`)
    if (count * bytesEach > this.bytesLeft) fail('malformed', `The frame ends before its ${what}.`)
    return count
  }

  /** Bytes with their length before them; a view on the frame, not a copy. */
  bytes(max: number, what: string): Uint8Array {
    const length = this.uint()
    if (length > max) fail('too-large', `The ${what} has ${length} bytes; the limit is ${max}.`)
    if (length > this.bytesLeft) fail('malformed', `The frame ends inside its ${what}.`)
    return decoding.readUint8Array(this.#decoder, length)
  }

  /** Exactly `length` bytes. */
  fixed(length: number, what: string): Uint8Array {
    if (length > this.bytesLeft) fail('malformed', `The frame ends inside its ${what}.`)
    return decoding.readUint8Array(this.#decoder, length)
  }

  text(max: number, what: string): string {
    const bytes = this.bytes(max, what)
    return decodeUtf8(bytes)
  }

  documentName(): string {
    const checked = checkDocumentName(this.text(LIMITS.documentNameBytesMax, 'document name'))
    if (!checked.ok) fail(checked.rejection.code, checked.rejection.reason)
    return checked.value
  }

  replicaId(): ReplicaId {
    return this.hex('replica id') as ReplicaId
  }

  /** Eight bytes, as digits. */
  hex(what: string): string {
    if (HEX_BYTES > this.bytesLeft) fail('malformed', `The frame ends inside its ${what}.`)
    const hex = hexAt(this.#decoder.arr, this.#decoder.pos)
    this.#decoder.pos += HEX_BYTES
    return hex
  }
}

export const write = {
  uint(writer: Writer, value: number): void {
    encoding.writeVarUint(writer, value)
  },
  bytes(writer: Writer, bytes: Uint8Array): void {
    encoding.writeVarUint8Array(writer, bytes)
  },
  fixed(writer: Writer, bytes: Uint8Array): void {
    encoding.writeUint8Array(writer, bytes)
  },
  text(writer: Writer, text: string): void {
    encoding.writeVarString(writer, text)
  },
  replicaId(writer: Writer, replica: ReplicaId): void {
    write.hex(writer, replica)
  },
  /** What 16 digits spell. */
  hex(writer: Writer, hex: string): void {
    for (let at = 0; at < HEX_BYTES; at++) encoding.write(writer, byteOfHex(hex, at))
  },
}
