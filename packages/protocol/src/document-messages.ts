import { write, type Reader } from './codec.ts'
import { readHeads, readVersion, writeHeads, writeVersion, type Heads } from './entry.ts'
import { LIMITS } from './limits.ts'
import type { MessageCodec } from './message-codec.ts'
import type { Version } from './version.ts'

/**
 * Asks for documents whole: for all after `document` in the receiver's own order, or for `document`
 * alone. Of the first one to be sent, `skip` bytes have come already.
 */
export interface Fetch {
  readonly type: 'fetch'
  readonly only: boolean
  readonly document: string
  readonly skip: number
}

export const fetchCodec: MessageCodec<Fetch> = {
  write: (writer, { only, document, skip }) => {
    write.uint(writer, only ? 1 : 0)
    write.text(writer, document)
    write.uint(writer, skip)
  },
  read: (reader) => {
    const only = reader.uint() === 1
    // The first one that asks for all documents names none.
    const document = reader.text(LIMITS.documentNameBytesMax, 'document name')
    return { type: 'fetch', only, document, skip: reader.uint() }
  },
}

/** A part of a document: the next bytes of its next update. */
export interface Piece {
  readonly document: string
  readonly bytes: Uint8Array
  /** Bytes of this update that are still to come. */
  readonly left: number
  /** Whether the document ends with this update. */
  readonly last: boolean
}

/** The answer to a `fetch`: documents that hold at least what `base` says, and at most what `upTo` does. */
export interface Documents {
  readonly type: 'documents'
  readonly base: Heads
  readonly upTo: Version
  readonly pieces: readonly Piece[]
  /** There is nothing after these. */
  readonly done: boolean
}

export const documentsCodec: MessageCodec<Documents> = {
  write: (writer, { base, upTo, pieces, done }) => {
    writeHeads(writer, base)
    writeVersion(writer, upTo)
    write.uint(writer, pieces.length)
    for (const { document, bytes, left, last } of pieces) {
      write.text(writer, document)
      write.bytes(writer, bytes)
      write.uint(writer, left)
      write.uint(writer, last ? 1 : 0)
    }
    write.uint(writer, done ? 1 : 0)
  },
  read: (reader) => ({
    type: 'documents',
    base: readHeads(reader),
    upTo: readVersion(reader),
    pieces: readPieces(reader),
    done: reader.uint() === 1,
  }),
}

function readPieces(reader: Reader): Piece[] {
  const pieces: Piece[] = []
  for (let left = reader.count(LIMITS.piecesPerFrameMax, 4, 'pieces'); left > 0; left--) {
    pieces.push({
      document: reader.documentName(),
      bytes: reader.bytes(LIMITS.frameBytesMax, 'piece'),
      left: reader.uint(),
      last: reader.uint() === 1,
    })
  }
  return pieces
}

/** Presence of clients of one document: an awareness update, passed on and never stored. */
export interface ReplicaPresence {
  readonly type: 'presence'
  readonly document: string
  readonly update: Uint8Array
}

export const presenceCodec: MessageCodec<ReplicaPresence> = {
  write: (writer, { document, update }) => {
    write.text(writer, document)
    write.bytes(writer, update)
  },
  read: (reader) => ({
    type: 'presence',
    document: reader.documentName(),
    update: reader.bytes(LIMITS.frameBytesMax, 'presence'),
  }),
}
