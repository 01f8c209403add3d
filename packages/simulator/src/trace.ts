import {
  decodeEntry,
  decodeReplicaMessage,
  type Heads,
  type ReplicaId,
  type ReplicaMessage,
  type Version,
} from '@rejoin/protocol'

/** How a replica is called in a trace. */
export type NameOf = (id: ReplicaId) => string

/** `{a3 b1}` */
export function versionText(version: Version, nameOf: NameOf): string {
  const parts = [...version].map(([id, seq]) => `${nameOf(id)}${seq}`)
  return `{${parts.toSorted().join(' ')}}`
}

export function headsText(heads: Heads, nameOf: NameOf): string {
  return versionText(new Map([...heads].map(([id, { seq }]) => [id, seq])), nameOf)
}

/** A frame between replicas, in a reader's words. */
export function frameText(frame: Uint8Array, nameOf: NameOf): string {
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok ? messageText(decoded.value, nameOf) : `bytes: ${decoded.rejection.reason}`
}

function messageText(message: ReplicaMessage, nameOf: NameOf): string {
  switch (message.type) {
    case 'hello':
      return `hello, I am ${nameOf(message.replica)}`
    case 'have': {
      const members = [...message.members].map(
        ([id, version]) => `${nameOf(id)} has ${versionText(version, nameOf)}`,
      )
      return [`have ${headsText(message.heads, nameOf)}`, ...members].join(', ')
    }
    case 'want': {
      const ranges = message.ranges.map(({ origin, from, to }) => {
        return to < from ? `no more of ${nameOf(origin)}` : `${nameOf(origin)}${from}–${to}`
      })
      return `${message.graft ? 'graft and want' : 'want'} ${ranges.join(', ')}`
    }
    case 'allow':
      return `allow ${message.bytes} B more`
    case 'entries':
      return `entries ${message.entries.map((entry) => entryText(entry, nameOf)).join(', ')}`
    case 'push': {
      const entries = message.series.flatMap((series) => series.entries)
      return `push ${entries.map((entry) => entryText(entry, nameOf)).join(', ')}`
    }
    case 'ping':
    case 'ack':
    case 'nack':
      return `${message.type} ${message.seq}`
    case 'ping-req':
      return `ping ${nameOf(message.target)} for me`
    case 'census':
      return `census ${message.round}: at least ${versionText(message.low, nameOf)}`
    case 'prune':
    case 'compare':
    case 'contacts':
    case 'forward-join':
    case 'shuffle':
      return message.type
    case 'members': {
      const members = message.members.map(({ replica, address, state }) => {
        return state === 'alive'
          ? `${nameOf(replica)} at ${address}`
          : `${nameOf(replica)} ${state}`
      })
      const addresses = message.addresses.map(({ address, replica }) => {
        return `${replica === undefined ? 'somebody' : nameOf(replica)} at ${address}`
      })
      return `members ${[...members, ...addresses].join(', ')}`
    }
    case 'message':
      return `message ${message.topic} from ${nameOf(message.origin)}`
    case 'presence':
      return `presence in ${message.document}`
    case 'behind':
      return `behind ${headsText(message.floors, nameOf)}`
    case 'forked':
      return `forked at ${message.head.seq}`
    case 'fetch':
      return `fetch ${message.only ? 'only' : 'after'} "${message.document}"`
    case 'documents': {
      const pieces = message.pieces.map(({ document, bytes }) => `${document} (${bytes.length} B)`)
      const end = message.done ? ', done' : ''
      return `documents ${pieces.join(', ')}${end}`
    }
  }
}

function entryText(bytes: Uint8Array, nameOf: NameOf): string {
  const decoded = decodeEntry(bytes)
  if (!decoded.ok) return decoded.rejection.code
  const { dot, deps } = decoded.value
  const after = deps.size > 0 ? ` after ${versionText(deps, nameOf)}` : ''
  return `${nameOf(dot.replica)}${dot.seq}${after}`
}
