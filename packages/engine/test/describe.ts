import { decodeUpdate } from '@rejoin/engine'
import {
  decodeEntry,
  decodeReplicaMessage,
  type Heads,
  type ReplicaMessage,
  type Version,
} from '@rejoin/protocol'
import * as Y from 'yjs'

/** `{a3 b1}`: ids of transcripts are one letter sixteen times. */
export function versionText(version: Version): string {
  const parts = [...version].map(([replica, seq]) => `${replica[0]}${seq}`)
  return `{${parts.toSorted().join(' ')}}`
}

/** What an update brings, in a reader's words: its text, or how much it deletes. */
export function describeUpdate(update: Uint8Array): string {
  if (!decodeUpdate(update).ok) return `no update: [${update.join(' ')}]`
  const { structs, ds } = Y.decodeUpdate(update)
  const parts = structs.map((struct) => {
    const content = struct instanceof Y.Item ? struct.content : undefined
    const text = content instanceof Y.ContentString ? JSON.stringify(content.str) : '…'
    return `${struct.id.client}:${struct.id.clock} ${text}`
  })
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) parts.push(`deletes ${client}:${clock}+${len}`)
  }
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

export function describeFrame(frame: Uint8Array): string {
  const decoded = decodeReplicaMessage(frame)
  if (!decoded.ok) return `bytes that are ${decoded.rejection.code}: [${frame.join(' ')}]`
  return describeMessage(decoded.value)
}

function describeMessage(message: ReplicaMessage): string {
  switch (message.type) {
    case 'hello':
      return `hello, I am ${message.replica[0]} at ${message.address}, protocol ${message.protocol}`
    case 'have': {
      const heads = [...message.heads].map(([origin, { seq }]) => [origin, seq] as const)
      const members = [...message.members].map(
        ([id, version]) => `${id[0]} has ${versionText(version)}`,
      )
      return [`have ${versionText(new Map(heads))}`, ...members.toSorted()].join(', ')
    }
    case 'want': {
      const ranges = message.ranges.map(({ origin, from, to }) => {
        return to < from ? `no more of ${origin[0]}` : `${origin[0]}${from}–${to}`
      })
      return `want ${ranges.join(', ')}${message.graft ? ', and push from now on' : ''}`
    }
    case 'allow':
      return `allow ${message.bytes} B more`
    case 'entries':
      return `entries ${message.entries.map(describeEntry).join('; ')}`
    case 'members': {
      const members = message.members.map(({ replica, address, state }) => {
        return state === 'alive' ? `${replica[0]} at ${address}` : `${replica[0]} is ${state}`
      })
      const addresses = message.addresses.map(({ address, replica }) => {
        return `${replica === undefined ? 'somebody' : replica[0]} at ${address}`
      })
      return `members ${[...members, ...addresses].join(', ')}`
    }
    case 'push': {
      const entries = message.series.flatMap((series) => series.entries.map(describeEntry))
      return `push ${entries.join('; ')}`
    }
    case 'ping':
    case 'ack':
    case 'nack':
    case 'ping-req':
    case 'prune':
    case 'compare':
    case 'contacts':
    case 'forward-join':
    case 'shuffle':
    case 'census':
      return message.type
    case 'message':
      return `message ${message.topic}`
    case 'presence':
      return `presence ${message.document}`
    case 'behind':
      return `behind ${versionText(seqsOf(message.floors))}`
    case 'forked':
      return `forked at ${message.head.seq}`
    case 'fetch':
      return `fetch ${message.only ? 'only' : 'after'} "${message.document}" + ${message.skip}`
    case 'documents': {
      const pieces = message.pieces.map(({ document, bytes, left }) => {
        return `${document}: ${bytes.length} bytes, ${left} left`
      })
      const end = message.done ? '; done' : ''
      return `documents as of ${versionText(seqsOf(message.base))}: ${pieces.join(', ')}${end}`
    }
  }
}

export function seqsOf(heads: Heads): Version {
  return new Map([...heads].map(([origin, { seq }]) => [origin, seq]))
}

function describeEntry(bytes: Uint8Array): string {
  const decoded = decodeEntry(bytes)
  if (!decoded.ok) return decoded.rejection.code
  const { dot, deps, changes } = decoded.value
  const after = deps.size > 0 ? ` after ${versionText(deps)}` : ''
  const what = changes.map(({ document, update }) => `${document}: ${describeUpdate(update)}`)
  return `${dot.replica[0]}${dot.seq}${after} (${what.join('; ')})`
}
