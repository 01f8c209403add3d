import { parseReplicaId, type ReplicaId } from '@rejoin/protocol'

import { decodeKey, encodeKey, type KeyPart } from './key-encoding.ts'

/**
 * Every key in a directory, and the ranges that are read. The first two are y-leveldb's, which
 * reads nothing outside of them (rule S4); the rest is ours. Every value of ours has a seal behind it.
 *
 *     v1 DOCUMENT update CLOCK     one Yjs update of a document; clocks rise by one from the first
 *     v1_sv DOCUMENT               that there is such a document, and its clocks; see `values.ts`
 *     rejoin format                the number of this layout
 *     rejoin replica               the replica id
 *     rejoin member ID             what is known of a member
 *     rejoin note NAME             what the engine wants to find again
 *     rejoin log ORIGIN HIGH LOW   one entry; the sequence number in two halves of 32 bits, since
 *                                  y-leveldb's numbers end at 2^32 and keys must sort by number
 *     rejoin floor ORIGIN          the last entry that has left the log
 *     rejoin cut ORIGIN            the last entry that stays, while those after it wait to be cut off
 *     rejoin mark SLOT             that a batch was written, and what the store held then
 */
export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

export const FORMAT_KEY: Uint8Array = encodeKey(['rejoin', 'format'])
export const REPLICA_KEY: Uint8Array = encodeKey(['rejoin', 'replica'])

/** All state vector keys; the bounds that y-leveldb lists by. */
export const DOCUMENTS: KeyRange = { gte: encodeKey(['v1_sv']), lt: encodeKey(['v1_sw']) }
/** All updates of all documents. */
export const UPDATES: KeyRange = { gte: encodeKey(['v1']), lt: encodeKey(['v2']) }
export const MEMBERS: KeyRange = rangeOf('member')
export const NOTES: KeyRange = rangeOf('note')
export const FLOORS: KeyRange = rangeOf('floor')
export const CUTS: KeyRange = rangeOf('cut')
export const MARKS: KeyRange = rangeOf('mark')
export const LOG: KeyRange = rangeOf('log')

/** Keys of ours of one kind: all that begin with it, up to the kind's last letter and the next one. */
function rangeOf(kind: string): KeyRange {
  const last = String.fromCharCode(kind.charCodeAt(kind.length - 1) + 1)
  return {
    gte: encodeKey(['rejoin', kind]),
    lt: encodeKey(['rejoin', kind.slice(0, -1) + last]),
  }
}

const HALF = 2 ** 32

/** y-leveldb reads a document's updates up to, and without, this clock. */
export const CLOCK_END = 0xffff_ffff

/** Throws a `RangeError` once a document has had all the 4,294,967,295 updates that fit. */
export function updateKey(document: string, clock: number): Uint8Array {
  if (clock >= CLOCK_END) {
    throw new RangeError(`"${document}" has had ${clock} updates, which is as many as can be kept`)
  }
  return encodeKey(['v1', document, 'update', clock])
}

/** The keys of one document's updates, made one after the other without being put together each time. */
export class UpdateKeys {
  readonly #first: Uint8Array

  constructor(document: string) {
    this.#first = updateKey(document, 0)
  }

  at(clock: number): Uint8Array {
    if (clock >= CLOCK_END)
      throw new RangeError(`a document has had ${clock} updates, and can't have more`)
    const key = this.#first.slice()
    const end = key.length
    key[end - 4] = clock >>> 24
    key[end - 3] = clock >>> 16
    key[end - 2] = clock >>> 8
    key[end - 1] = clock
    return key
  }
}

/** What a key is made of; nothing of one that is damaged. */
function partsOf(key: Uint8Array): KeyPart[] {
  try {
    return decodeKey(key)
  } catch {
    return []
  }
}

/** -1 where the key is damaged. */
export function clockOf(key: Uint8Array): number {
  const clock = partsOf(key)[3]
  return typeof clock === 'number' ? clock : -1
}

export function updatesOf(document: string): KeyRange {
  return { gte: updateKey(document, 0), lt: encodeKey(['v1', document, 'update', CLOCK_END]) }
}

export function stateVectorKey(document: string): Uint8Array {
  return encodeKey(['v1_sv', document])
}

/** Empty, as no name is, where the key is damaged. */
export function documentOf(key: Uint8Array): string {
  const name = partsOf(key)[1]
  return typeof name === 'string' ? name : ''
}

export function memberKey(member: ReplicaId): Uint8Array {
  return encodeKey(['rejoin', 'member', member])
}

export function noteKey(name: string): Uint8Array {
  return encodeKey(['rejoin', 'note', name])
}

export function floorKey(origin: ReplicaId): Uint8Array {
  return encodeKey(['rejoin', 'floor', origin])
}

export function cutKey(origin: ReplicaId): Uint8Array {
  return encodeKey(['rejoin', 'cut', origin])
}

/** The member, note, or origin that a key of ours is about; empty where the key is damaged. */
export function subjectOf(key: Uint8Array): string {
  const subject = partsOf(key)[2]
  return typeof subject === 'string' ? subject : ''
}

/**
 * Batches that leave their number behind, each in the slot of the one so many before it. LevelDB keeps at
 * most two times 4 MiB in its own log, and a batch takes over 128 bytes of it, so that whatever gets
 * lost there leaves a gap among these.
 */
export const MARK_SLOTS = 65_536

export function markKey(batch: number): Uint8Array {
  return encodeKey(['rejoin', 'mark', batch % MARK_SLOTS])
}

/** `seq` 0 names no entry: it sorts before all of its origin's. */
export function logKey(origin: ReplicaId, seq: number): Uint8Array {
  return encodeKey(['rejoin', 'log', origin, Math.floor(seq / HALF), seq % HALF])
}

/** `undefined` where the key is damaged. */
export function dotOf(key: Uint8Array): { origin: ReplicaId; seq: number } | undefined {
  const [, , origin, high, low] = partsOf(key)
  const id = typeof origin === 'string' ? parseReplicaId(origin) : undefined
  const isWhole = id !== undefined && typeof high === 'number' && typeof low === 'number'
  return isWhole ? { origin: id, seq: high * HALF + low } : undefined
}
