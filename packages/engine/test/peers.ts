import {
  CHAIN_START,
  decodeReplicaMessage,
  encodeEntry,
  encodeReplicaMessage,
  FINGERPRINT_BYTES,
  REPLICA_PROTOCOL_VERSION,
  type ChainHash,
  type Hello,
  type ReplicaId,
  type ReplicaMessage,
} from '@rejoin/protocol'

import type { Rig } from './rig.ts'

/** Peers of an engine in a rig, by a letter each. */
export function idOf(letter: string): ReplicaId {
  return letter.repeat(16) as ReplicaId
}

export function hears(rig: Rig, link: number, message: ReplicaMessage): void {
  rig.step({ type: 'frame', link, frame: encodeReplicaMessage(message) })
}

/** A peer links, and greets. */
export function linked(rig: Rig, link: number, letter: string): void {
  rig.step({ type: 'linked', link })
  hears(rig, link, helloOf(idOf(letter)))
}

/** What a peer says first that knows only itself, and can't be dialled. */
export function helloOf(replica: ReplicaId): Hello {
  return {
    type: 'hello',
    protocol: REPLICA_PROTOCOL_VERSION,
    replica,
    run: replica,
    address: '',
    incarnation: 0,
    tags: new Map(),
    wish: 'neighbour',
    members: 1,
    beliefs: new Uint8Array(FINGERPRINT_BYTES),
    holds: 0,
  }
}

/** What a peer says that holds so many entries of its own. */
export function haveOf(letter: string, seq: number): ReplicaMessage {
  const heads = new Map([[idOf(letter), { seq, hash: CHAIN_START }]])
  return { type: 'have', heads, members: new Map() }
}

/** What peers were told since this was last looked at. */
export function saidBy(rig: Rig): ReplicaMessage[] {
  return rig.take('send').flatMap(({ frame }) => {
    const decoded = decodeReplicaMessage(frame)
    return decoded.ok ? [decoded.value] : []
  })
}

/** Entries of a peer from number `first` on, each with one update of the same document. */
export function entriesOf(
  letter: string,
  first: number,
  updates: readonly Uint8Array[],
  previous: ChainHash = CHAIN_START,
): ReplicaMessage {
  const entries = updates.map((update, at) => {
    const dot = { replica: idOf(letter), seq: first + at }
    return encodeEntry({ dot, deps: new Map(), changes: [{ document: 'notes', update }] })
  })
  return { type: 'entries', previous, entries }
}
