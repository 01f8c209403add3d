import { decodeWith, encodeWith, fail, write, type Reader, type Writer } from './codec.ts'
import { LIMITS } from './limits.ts'
import type { RejectionCode, Result } from './rejection.ts'
import type { ReplicaId } from './replica-id.ts'

/** The WebSocket sub-protocol between a client and its replica; the number is its version. */
export const CLIENT_PROTOCOL = 'rejoin.client.1'

/** Attaches the connection to a document; `stateVector` is Yjs's, of what the client holds. */
export interface Open {
  readonly type: 'open'
  readonly document: string
  readonly stateVector: Uint8Array
}

/** Detaches the connection from a document. */
export interface Leave {
  readonly type: 'leave'
  readonly document: string
}

/**
 * One edit. `ref`, over 0, rises with every edit that a connection sends to a document, and may
 * skip numbers; resending an edit is harmless. The replica acknowledges or refuses each.
 */
export interface Edit {
  readonly type: 'edit'
  readonly document: string
  readonly ref: number
  readonly update: Uint8Array
}

/** An awareness update, either way. */
export interface ClientPresence {
  readonly type: 'presence'
  readonly document: string
  readonly update: Uint8Array
}

export type ClientMessage = Open | Leave | Edit | ClientPresence

/** The first frame from a replica: who it is. */
export interface Welcome {
  readonly type: 'welcome'
  readonly replica: ReplicaId
}

/** The answer to `open`: all that the client lacks, and what the replica holds. */
export interface Opened {
  readonly type: 'opened'
  readonly document: string
  readonly stateVector: Uint8Array
  readonly update: Uint8Array
}

/** What others changed; the sender of a change gets it too, so that one frame serves everybody. */
export interface Update {
  readonly type: 'update'
  readonly document: string
  readonly update: Uint8Array
}

/** Every edit of this document up to `ref` is durable at the replica, by its entry `seq`. */
export interface Ack {
  readonly type: 'ack'
  readonly document: string
  readonly ref: number
  readonly replica: ReplicaId
  readonly seq: number
}

/** The replica lacks something that an edit builds on: send it what `stateVector` misses. */
export interface Ask {
  readonly type: 'ask'
  readonly document: string
  readonly stateVector: Uint8Array
}

/** Edit `ref` (or, with 0, the opening) of a document is refused, and changed nothing. */
export interface Refused {
  readonly type: 'refused'
  readonly document: string
  readonly ref: number
  readonly code: RejectionCode
  readonly reason: string
}

export type ServerMessage = Welcome | Opened | Update | Ack | Ask | Refused | ClientPresence

const CLIENT_TYPES = ['open', 'leave', 'edit', 'presence'] as const
const SERVER_TYPES = ['welcome', 'opened', 'update', 'ack', 'ask', 'refused', 'presence'] as const

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, CLIENT_TYPES.indexOf(message.type))
    write.text(writer, message.document)
    switch (message.type) {
      case 'open':
        return write.bytes(writer, message.stateVector)
      case 'leave':
        return
      case 'edit':
        write.uint(writer, message.ref)
        return write.bytes(writer, message.update)
      case 'presence':
        return write.bytes(writer, message.update)
    }
  })
}

export function decodeClientMessage(frame: Uint8Array): Result<ClientMessage> {
  return decodeWith(frame, (reader) => {
    const type = CLIENT_TYPES[reader.uint()]
    if (type === undefined) fail('unknown-message', 'A frame has a message type that is not known.')
    const document = reader.documentName()
    switch (type) {
      case 'open':
        return { type, document, stateVector: readStateVector(reader) }
      case 'leave':
        return { type, document }
      case 'edit':
        return { type, document, ref: reader.uint(), update: readUpdate(reader) }
      case 'presence':
        return { type, document, update: reader.bytes(LIMITS.frameBytesMax, 'presence') }
    }
  })
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, SERVER_TYPES.indexOf(message.type))
    if (message.type === 'welcome') return write.replicaId(writer, message.replica)
    write.text(writer, message.document)
    writeServerBody(writer, message)
  })
}

function writeServerBody(writer: Writer, message: Exclude<ServerMessage, Welcome>): void {
  switch (message.type) {
    case 'opened':
      write.bytes(writer, message.stateVector)
      return write.bytes(writer, message.update)
    case 'update':
    case 'presence':
      return write.bytes(writer, message.update)
    case 'ack':
      write.uint(writer, message.ref)
      write.replicaId(writer, message.replica)
      return write.uint(writer, message.seq)
    case 'ask':
      return write.bytes(writer, message.stateVector)
    case 'refused':
      write.uint(writer, message.ref)
      write.text(writer, message.code)
      return write.text(writer, message.reason)
  }
}

export function decodeServerMessage(frame: Uint8Array): Result<ServerMessage> {
  return decodeWith(frame, (reader) => {
    const type = SERVER_TYPES[reader.uint()]
    if (type === undefined) fail('unknown-message', 'A frame has a message type that is not known.')
    if (type === 'welcome') return { type, replica: reader.replicaId() }
    return readServerBody(reader, type, reader.documentName())
  })
}

function readServerBody(
  reader: Reader,
  type: Exclude<ServerMessage['type'], 'welcome'>,
  document: string,
): ServerMessage {
  switch (type) {
    case 'opened':
      return { type, document, stateVector: readStateVector(reader), update: readState(reader) }
    case 'update':
    case 'presence':
      return { type, document, update: readState(reader) }
    case 'ack': {
      const ref = reader.uint()
      return { type, document, ref, replica: reader.replicaId(), seq: reader.uint() }
    }
    case 'ask':
      return { type, document, stateVector: readStateVector(reader) }
    case 'refused': {
      const ref = reader.uint()
      // A code that this client does not know yet is shown with its reason all the same.
      const code = reader.text(LIMITS.reasonBytesMax, 'code') as RejectionCode
      return { type, document, ref, code, reason: reader.text(LIMITS.reasonBytesMax, 'reason') }
    }
  }
}

function readStateVector(reader: Reader): Uint8Array {
  return reader.bytes(LIMITS.stateVectorBytesMax, 'state vector')
}

function readUpdate(reader: Reader): Uint8Array {
  return reader.bytes(LIMITS.updateBytesMax, 'update')
}

/** A whole document, or many updates merged: only the frame bounds it. */
function readState(reader: Reader): Uint8Array {
  return reader.bytes(LIMITS.frameBytesMax, 'update')
}
