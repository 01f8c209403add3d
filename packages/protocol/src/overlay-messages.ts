import { fail, write, type Reader, type Writer } from './codec.ts'
import { LIMITS } from './limits.ts'
import {
  readContacts,
  readMemberRecord,
  readTags,
  writeContacts,
  writeMemberRecord,
  writeTags,
  type Contact,
  type MemberRecord,
  type Tags,
} from './member-record.ts'
import type { MessageCodec } from './message-codec.ts'
import { REPLICA_ID_BYTES, type ReplicaId } from './replica-id.ts'

/** 64 random bits in hexadecimal. */
export type RunId = string

export const RUN_ID_BYTES = 8

/**
 * What a replica wants of one that it dials (HyParView's priorities). `join`: it knows nobody yet.
 * `neighbour`: a link, if there is room for one. `urgent`: a link, as it has none. `visit`: no link that
 * stays, only an answer and some contacts.
 */
export const WISHES = ['join', 'neighbour', 'urgent', 'visit'] as const
export type Wish = (typeof WISHES)[number]

/** The first frame on a link. Whoever dialled sends it first; the answer to it accepts the link. */
export interface Hello {
  readonly type: 'hello'
  readonly protocol: number
  readonly replica: ReplicaId
  /** Chance's name for this run of the process: one id in two runs at once is an id that was copied. */
  readonly run: RunId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  readonly incarnation: number
  readonly tags: Tags
  /** Of whoever dialled. */
  readonly wish: Wish
  /** How many members the sender knows, retired ones and itself included. */
  readonly members: number
  /** The fingerprint of what it believes of all of them. */
  readonly beliefs: Uint8Array
  /** In an answer: how many of the receiver's own entries the sender holds. */
  readonly holds: number
}

export const FINGERPRINT_BYTES = 8

export const helloCodec: MessageCodec<Hello> = {
  write: (writer, message) => {
    // The first two fields are the same in every version of the protocol.
    write.uint(writer, message.protocol)
    write.replicaId(writer, message.replica)
    write.hex(writer, message.run)
    write.text(writer, message.address)
    write.uint(writer, message.incarnation)
    writeTags(writer, message.tags)
    write.uint(writer, WISHES.indexOf(message.wish))
    write.uint(writer, message.members)
    write.fixed(writer, message.beliefs)
    write.uint(writer, message.holds)
  },
  read: (reader) => ({
    type: 'hello',
    protocol: reader.uint(),
    replica: reader.replicaId(),
    run: reader.hex('run'),
    address: reader.text(LIMITS.addressBytesMax, 'address'),
    incarnation: reader.uint(),
    tags: readTags(reader),
    wish: readWish(reader),
    members: reader.uint(),
    beliefs: reader.fixed(FINGERPRINT_BYTES, 'fingerprint'),
    holds: reader.uint(),
  }),
}

function readWish(reader: Reader): Wish {
  return WISHES[reader.uint()] ?? fail('malformed', 'A hello wishes for what is not known.')
}

/** An address that somebody was given, and whose it is; `replica` is undefined while nobody has met it. */
export interface KnownAddress {
  readonly address: string
  readonly replica: ReplicaId | undefined
}

/**
 * What the sender believes of members, and of addresses that it was given: those whose replica nobody has
 * met, and those that turned out to be some replica's. It comes before any `have` that counts on them:
 * whoever knows a version knows every member that its sender knew (rule L6).
 */
export interface Members {
  readonly type: 'members'
  readonly members: readonly MemberRecord[]
  readonly addresses: readonly KnownAddress[]
}

export const membersCodec: MessageCodec<Members> = {
  write: (writer, { members, addresses }) => {
    write.uint(writer, members.length)
    for (const member of members) writeMemberRecord(writer, member)
    write.uint(writer, addresses.length)
    for (const known of addresses) writeKnownAddress(writer, known)
  },
  read: (reader) => {
    const members: MemberRecord[] = []
    let left = reader.count(LIMITS.membersMax, REPLICA_ID_BYTES + 4, 'members')
    for (; left > 0; left--) members.push(readMemberRecord(reader))
    const addresses: KnownAddress[] = []
    for (left = reader.count(LIMITS.membersMax, 2, 'addresses'); left > 0; left--) {
      addresses.push(readKnownAddress(reader))
    }
    return { type: 'members', members, addresses }
  },
}

function writeKnownAddress(writer: Writer, { address, replica }: KnownAddress): void {
  write.text(writer, address)
  write.uint(writer, replica === undefined ? 0 : 1)
  if (replica !== undefined) write.replicaId(writer, replica)
}

function readKnownAddress(reader: Reader): KnownAddress {
  const address = reader.text(LIMITS.addressBytesMax, 'address')
  const isMet = reader.uint()
  if (isMet > 1) fail('malformed', 'An address is neither met nor unmet.')
  return { address, replica: isMet === 1 ? reader.replicaId() : undefined }
}

/**
 * One turn of comparing what both ends believe of all members, by ranges of their ids. `ranges` is
 * gossip's, and empty when there is nothing left to compare for the sender; `asks` are the members of
 * which it wants to hear.
 */
export interface Compare {
  readonly type: 'compare'
  readonly ranges: Uint8Array
  readonly asks: readonly ReplicaId[]
}

export const compareCodec: MessageCodec<Compare> = {
  write: (writer, { ranges, asks }) => {
    write.bytes(writer, ranges)
    write.uint(writer, asks.length)
    for (const replica of asks) write.replicaId(writer, replica)
  },
  read: (reader) => ({
    type: 'compare',
    ranges: reader.bytes(LIMITS.compareBytesMax, 'comparison'),
    asks: readIds(reader, LIMITS.membersMax, 'members that are asked for'),
  }),
}

/** Replicas that the receiver may dial: the sender has no room for it, or it asked for some. */
export interface Contacts {
  readonly type: 'contacts'
  readonly contacts: readonly Contact[]
}

export const contactsCodec: MessageCodec<Contacts> = {
  write: (writer, { contacts }) => writeContacts(writer, contacts),
  read: (reader) => ({ type: 'contacts', contacts: readContacts(reader) }),
}

/** HyParView's walk of one that joins; where it ends, the newcomer is offered a link. */
export interface ForwardJoin {
  readonly type: 'forward-join'
  readonly newcomer: Contact
  /** Steps that are left. */
  readonly ttl: number
}

export const forwardJoinCodec: MessageCodec<ForwardJoin> = {
  write: (writer, { newcomer, ttl }) => {
    writeContacts(writer, [newcomer])
    write.uint(writer, ttl)
  },
  read: (reader) => {
    const [newcomer, ...more] = readContacts(reader)
    if (newcomer === undefined || more.length > 0) fail('malformed', 'One replica joins at a time.')
    return { type: 'forward-join', newcomer, ttl: reader.uint() }
  },
}

/**
 * HyParView's shuffle: a walk that carries some contacts to a random replica, which sends as many back
 * (`isAnswer`) along the way that the walk has come.
 */
export interface Shuffle {
  readonly type: 'shuffle'
  readonly isAnswer: boolean
  /** Whom it came by, its origin first; an answer goes back from the last to the first. */
  readonly path: readonly ReplicaId[]
  readonly contacts: readonly Contact[]
}

export const shuffleCodec: MessageCodec<Shuffle> = {
  write: (writer, { isAnswer, path, contacts }) => {
    write.uint(writer, isAnswer ? 1 : 0)
    write.uint(writer, path.length)
    for (const replica of path) write.replicaId(writer, replica)
    writeContacts(writer, contacts)
  },
  read: (reader) => {
    const isAnswer = reader.uint() === 1
    const path = readIds(reader, LIMITS.shufflePathMax, 'steps of a shuffle')
    return { type: 'shuffle', isAnswer, path, contacts: readContacts(reader) }
  },
}

export function readIds(reader: Reader, max: number, what: string): ReplicaId[] {
  const ids: ReplicaId[] = []
  for (let left = reader.count(max, REPLICA_ID_BYTES, what); left > 0; left--) {
    ids.push(reader.replicaId())
  }
  return ids
}

/** Plumtree: what the receiver pushed had come already; it only announces from now on. */
export interface Prune {
  readonly type: 'prune'
}

export const pruneCodec: MessageCodec<Prune> = {
  write: (_writer: Writer) => {},
  read: () => ({ type: 'prune' }),
}
