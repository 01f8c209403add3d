import { decodeWith, encodeWith, fail, write, type Reader, type Writer } from './codec.ts'
import {
  CHAIN_HASH_BYTES,
  readChainHash,
  readVersion,
  sortedById,
  writeChainHash,
  writeVersion,
  type ChainHash,
  type Head,
  type Heads,
} from './entry.ts'
import { LIMITS } from './limits.ts'
import type { Result } from './rejection.ts'
import { REPLICA_ID_BYTES, type ReplicaId } from './replica-id.ts'
import type { Version } from './version.ts'

/** The WebSocket sub-protocol of a link between replicas; its number is the protocol's version. */
export const REPLICA_PROTOCOL = 'rejoin.replica.1'

/** The same number inside `hello`, for transports that have no sub-protocols. */
export const REPLICA_PROTOCOL_VERSION = 1

/** The first frame on a link, from both ends. */
export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  readonly replica: ReplicaId
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

export type ReplicaMessage = Hello | Have | Want | Entries | Members | ReplicaPresence

const TYPES = ['hello', 'have', 'want', 'entries', 'members', 'presence'] as const

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
      for (const { replica, address } of message.members) {
        write.text(writer, address)
        write.uint(writer, replica === undefined ? 0 : 1)
        if (replica !== undefined) write.replicaId(writer, replica)
      }
      return
    case 'presence':
      write.text(writer, message.document)
      return write.bytes(writer, message.update)
  }
}

function writeHave(writer: Writer, { heads, members }: Have): void {
  write.uint(writer, heads.size)
  for (const [origin, { seq, hash }] of sortedById(heads)) {
    write.replicaId(writer, origin)
    write.uint(writer, seq)
    writeChainHash(writer, hash)
  }
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
}

function readHeads(reader: Reader): Heads {
  const heads = new Map<ReplicaId, Head>()
  const bytesEach = REPLICA_ID_BYTES + 1 + CHAIN_HASH_BYTES
  for (let left = reader.count(LIMITS.versionOriginsMax, bytesEach, 'heads'); left > 0; left--) {
    heads.set(reader.replicaId(), { seq: reader.uint(), hash: readChainHash(reader) })
  }
  return heads
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
    const isMet = reader.uint()
    if (isMet > 1) fail('malformed', 'A member is neither met nor unmet.')
    members.push(isMet === 1 ? { replica: reader.replicaId(), address } : { address })
  }
  return members
}
