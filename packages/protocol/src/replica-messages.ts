import { decodeWith, encodeWith, fail, write, type Reader, type Writer } from './codec.ts'
import {
  readChainHash,
  readHeads,
  readVersion,
  sortedById,
  writeChainHash,
  writeHeads,
  writeVersion,
  type ChainHash,
  type Head,
  type Heads,
} from './entry.ts'
import { LIMITS } from './limits.ts'
import type { Result } from './rejection.ts'
import { bytesFromHex, hexFromBytes, REPLICA_ID_BYTES, type ReplicaId } from './replica-id.ts'
import type { Version } from './version.ts'

/** The WebSocket sub-protocol of a link between replicas; its number is the protocol's version. */
export const REPLICA_PROTOCOL = 'rejoin.replica.2'

/** The same number inside `hello`, for transports that have no sub-protocols. */
export const REPLICA_PROTOCOL_VERSION = 2

/** 64 random bits in hexadecimal. */
export type RunId = string

export const RUN_ID_BYTES = 8

/** The first frame on a link, from both ends. */
export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  readonly replica: ReplicaId
  /** Chance's name for this run of the process: one id in two runs at once is an id that was copied. */
  readonly run: RunId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
}

/**
 * What the sender holds durably, and what it knows that others hold. Right after `hello` it is
 * complete; later ones say only what has changed since the last one on this link.
 */
export interface Have {
  readonly type: 'have'
  readonly heads: Heads
  readonly members: ReadonlyMap<ReplicaId, Version>
}

/** Entries `from`..`to` of one origin, both inclusive. */
export interface Range {
  readonly origin: ReplicaId
  readonly from: number
  readonly to: number
}

/** Asks for entries that the receiver said it has. */
export interface Want {
  readonly type: 'want'
  readonly ranges: readonly Range[]
}

/** Consecutive entries of one origin, as bytes; `previous` is the chain hash before the first. */
export interface Entries {
  readonly type: 'entries'
  readonly previous: ChainHash
  readonly entries: readonly Uint8Array[]
}

/** Where a member can be dialled; its id is missing while nobody has met it. */
export interface MemberAddress {
  readonly replica?: ReplicaId
  readonly address: string
  /** The id was given up or removed, for good (rules L8, L9). */
  readonly retired?: boolean
}

/**
 * Members that the sender knows of, so that a mesh is found transitively. It comes before any `have`
 * that counts on them: whoever knows a version knows every member that its sender knew.
 */
export interface Members {
  readonly type: 'members'
  readonly members: readonly MemberAddress[]
}

/** Presence of clients of one document: an awareness update, passed on and never stored. */
export interface ReplicaPresence {
  readonly type: 'presence'
  readonly document: string
  readonly update: Uint8Array
}

/** The answer to a `want` for entries that have left the log (rule L7): its floors of these origins. */
export interface Behind {
  readonly type: 'behind'
  readonly floors: Heads
}

/**
 * The sender holds another entry than the receiver under one number of the receiver's own (rule L1):
 * number `seq`, with this chain hash. The receiver's id was copied or restored, and it gives it up.
 */
export interface Forked {
  readonly type: 'forked'
  readonly head: Head
}

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

export type ReplicaMessage =
  | Hello
  | Have
  | Want
  | Entries
  | Members
  | ReplicaPresence
  | Behind
  | Forked
  | Fetch
  | Documents

const TYPES = [
  'hello',
  'have',
  'want',
  'entries',
  'members',
  'presence',
  'behind',
  'forked',
  'fetch',
  'documents',
] as const

export function encodeReplicaMessage(message: ReplicaMessage): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, TYPES.indexOf(message.type))
    writeBody(writer, message)
  })
}

function writeBody(writer: Writer, message: ReplicaMessage): void {
  switch (message.type) {
    case 'hello':
      write.uint(writer, message.protocol)
      write.replicaId(writer, message.replica)
      write.fixed(writer, bytesFromHex(message.run))
      return write.text(writer, message.address)
    case 'have':
      return writeHave(writer, message)
    case 'want':
      write.uint(writer, message.ranges.length)
      for (const { origin, from, to } of message.ranges) {
        write.replicaId(writer, origin)
        write.uint(writer, from)
        write.uint(writer, to)
      }
      return
    case 'entries':
      writeChainHash(writer, message.previous)
      write.uint(writer, message.entries.length)
      for (const entry of message.entries) write.bytes(writer, entry)
      return
    case 'members':
      write.uint(writer, message.members.length)
      for (const member of message.members) writeMember(writer, member)
      return
    case 'presence':
      write.text(writer, message.document)
      return write.bytes(writer, message.update)
    case 'behind':
      return writeHeads(writer, message.floors)
    case 'forked':
      write.uint(writer, message.head.seq)
      return writeChainHash(writer, message.head.hash)
    case 'fetch':
      write.uint(writer, message.only ? 1 : 0)
      write.text(writer, message.document)
      return write.uint(writer, message.skip)
    case 'documents':
      return writeDocuments(writer, message)
  }
}

/** Behind the address: 0 where nobody has met it, 1 for a member, 2 for a retired one. */
function writeMember(writer: Writer, { replica, address, retired }: MemberAddress): void {
  write.text(writer, address)
  if (replica === undefined) return write.uint(writer, 0)
  write.uint(writer, retired === true ? 2 : 1)
  write.replicaId(writer, replica)
}

function writeDocuments(writer: Writer, { base, upTo, pieces, done }: Documents): void {
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
}

function writeHave(writer: Writer, { heads, members }: Have): void {
  writeHeads(writer, heads)
  write.uint(writer, members.size)
  for (const [member, version] of sortedById(members)) {
    write.replicaId(writer, member)
    writeVersion(writer, version)
  }
}

export function decodeReplicaMessage(frame: Uint8Array): Result<ReplicaMessage> {
  return decodeWith(frame, (reader) => {
    const type = TYPES[reader.uint()]
    if (type === undefined) fail('unknown-message', 'A frame has a message type that is not known.')
    return READ[type](reader)
  })
}

const READ: { readonly [T in ReplicaMessage['type']]: (reader: Reader) => ReplicaMessage } = {
  hello: (reader) => ({
    type: 'hello',
    protocol: reader.uint(),
    replica: reader.replicaId(),
    run: hexFromBytes(reader.fixed(RUN_ID_BYTES, 'run'), RUN_ID_BYTES),
    address: reader.text(LIMITS.addressBytesMax, 'address'),
  }),
  have: (reader) => ({ type: 'have', heads: readHeads(reader), members: readMembers(reader) }),
  want: (reader) => ({ type: 'want', ranges: readRanges(reader) }),
  entries: (reader) => ({
    type: 'entries',
    previous: readChainHash(reader),
    entries: readEntries(reader),
  }),
  members: (reader) => ({ type: 'members', members: readAddresses(reader) }),
  presence: (reader) => ({
    type: 'presence',
    document: reader.documentName(),
    update: reader.bytes(LIMITS.frameBytesMax, 'presence'),
  }),
  behind: (reader) => ({ type: 'behind', floors: readHeads(reader) }),
  forked: (reader) => ({
    type: 'forked',
    head: { seq: reader.uint(), hash: readChainHash(reader) },
  }),
  fetch: readFetch,
  documents: (reader) => ({
    type: 'documents',
    base: readHeads(reader),
    upTo: readVersion(reader),
    pieces: readPieces(reader),
    done: reader.uint() === 1,
  }),
}

/** The first `fetch` of all documents names none. */
function readFetch(reader: Reader): Fetch {
  const only = reader.uint() === 1
  const document = reader.text(LIMITS.documentNameBytesMax, 'document name')
  return { type: 'fetch', only, document, skip: reader.uint() }
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

function readMembers(reader: Reader): ReadonlyMap<ReplicaId, Version> {
  const members = new Map<ReplicaId, Version>()
  let left = reader.count(LIMITS.membersMax, REPLICA_ID_BYTES + 1, 'members')
  for (; left > 0; left--) members.set(reader.replicaId(), readVersion(reader))
  return members
}

function readRanges(reader: Reader): Range[] {
  const ranges: Range[] = []
  let left = reader.count(LIMITS.wantRangesMax, REPLICA_ID_BYTES + 2, 'ranges')
  for (; left > 0; left--) {
    const range = { origin: reader.replicaId(), from: reader.uint(), to: reader.uint() }
    if (range.from === 0 || range.to < range.from) fail('malformed', 'A range is empty.')
    ranges.push(range)
  }
  return ranges
}

function readEntries(reader: Reader): Uint8Array[] {
  const entries: Uint8Array[] = []
  let left = reader.count(LIMITS.entriesPerFrameMax, 1, 'entries')
  for (; left > 0; left--) entries.push(reader.bytes(LIMITS.entryBytesMax, 'entry'))
  return entries
}

function readAddresses(reader: Reader): MemberAddress[] {
  const members: MemberAddress[] = []
  for (let left = reader.count(LIMITS.membersMax, 2, 'members'); left > 0; left--) {
    const address = reader.text(LIMITS.addressBytesMax, 'address')
    const kind = reader.uint()
    if (kind > 2) fail('malformed', 'A member is neither met, unmet nor retired.')
    if (kind === 0) members.push({ address })
    else members.push({ replica: reader.replicaId(), address, retired: kind === 2 })
  }
  return members
}
