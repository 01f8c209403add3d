import { censusCodec, type Census } from './census-message.ts'
import { CHECKSUM_BYTES, seal, unseal } from './checksum.ts'
import { decodeWith, encodeWith, fail, write, type Reader, type Writer } from './codec.ts'
import {
  documentsCodec,
  fetchCodec,
  presenceCodec,
  type Documents,
  type Fetch,
  type ReplicaPresence,
} from './document-messages.ts'
import {
  allowCodec,
  behindCodec,
  entriesCodec,
  forkedCodec,
  haveCodec,
  pushCodec,
  wantCodec,
  type Allow,
  type Behind,
  type Entries,
  type Forked,
  type Have,
  type Push,
  type Want,
} from './log-messages.ts'
import type { MessageCodec } from './message-codec.ts'
import {
  compareCodec,
  contactsCodec,
  forwardJoinCodec,
  helloCodec,
  membersCodec,
  pruneCodec,
  shuffleCodec,
  type Compare,
  type Contacts,
  type ForwardJoin,
  type Hello,
  type Members,
  type Prune,
  type Shuffle,
} from './overlay-messages.ts'
import {
  ackCodec,
  nackCodec,
  pingCodec,
  pingReqCodec,
  type PingAck,
  type PingNack,
  type Ping,
  type PingReq,
} from './probe-messages.ts'
import { reject, type Result } from './rejection.ts'
import { userMessageCodec, type UserMessage } from './user-message.ts'

/** The WebSocket sub-protocol of a link between replicas; its number is the protocol's version. */
export const REPLICA_PROTOCOL = 'rejoin.replica.3'

/** The same number inside `hello`, for transports that have no sub-protocols. */
export const REPLICA_PROTOCOL_VERSION = 3

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
  | Push
  | Prune
  | Compare
  | Contacts
  | ForwardJoin
  | Shuffle
  | Ping
  | PingAck
  | PingNack
  | PingReq
  | Census
  | UserMessage
  | Allow

export type ReplicaMessageType = ReplicaMessage['type']

type Codecs = {
  readonly [T in ReplicaMessageType]: MessageCodec<Extract<ReplicaMessage, { type: T }>>
}

/** Each kind's number on the wire is its place here; `hello` stays the first for ever. */
const CODECS: Codecs = {
  hello: helloCodec,
  have: haveCodec,
  want: wantCodec,
  entries: entriesCodec,
  members: membersCodec,
  presence: presenceCodec,
  behind: behindCodec,
  forked: forkedCodec,
  fetch: fetchCodec,
  documents: documentsCodec,
  push: pushCodec,
  prune: pruneCodec,
  compare: compareCodec,
  contacts: contactsCodec,
  'forward-join': forwardJoinCodec,
  shuffle: shuffleCodec,
  ping: pingCodec,
  ack: ackCodec,
  nack: nackCodec,
  'ping-req': pingReqCodec,
  census: censusCodec,
  message: userMessageCodec,
  allow: allowCodec,
}

const TYPES = Object.keys(CODECS) as ReplicaMessageType[]

/**
 * A frame ends with a checksum. TCP's own is weak, and memory on the way fails too: one flipped bit in
 * what gossip believes of members can spread to all of them, and in an entry to every document.
 */
export function encodeReplicaMessage(message: ReplicaMessage): Uint8Array {
  const frame = encodeWith((writer) => {
    write.uint(writer, TYPES.indexOf(message.type))
    // The table has the codec of this very type, which the compiler can't follow.
    const codec = CODECS[message.type] as {
      write: (writer: Writer, message: ReplicaMessage) => void
    }
    codec.write(writer, message)
    for (let left = CHECKSUM_BYTES; left > 0; left--) write.uint(writer, 0)
  })
  return seal(frame)
}

export function decodeReplicaMessage(frame: Uint8Array): Result<ReplicaMessage> {
  const content = unseal(frame)
  if (content === undefined) {
    return reject('corrupt', 'A frame was changed on its way: its checksum does not fit.')
  }
  return decodeWith<ReplicaMessage>(content, (reader: Reader) => {
    const type = TYPES[reader.uint()]
    if (type === undefined) fail('unknown-message', 'A frame has a message type that is not known.')
    return CODECS[type].read(reader)
  })
}
