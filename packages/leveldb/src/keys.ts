import type { ReplicaId } from '@rejoin/protocol'

import { decodeKey, encodeKey } from './key-encoding.ts'

/**
 * Every key in a directory, and the ranges that are read. The first two are y-leveldb's, which
 * reads nothing outside of them (rule S4); the rest is ours.
 *
 *     v1 DOCUMENT update CLOCK     one Yjs update of a document; clocks rise, with gaps after a trim
 *     v1_sv DOCUMENT               that there is such a document; see `values.ts`
 *     rejoin format                the number of this layout
 *     rejoin replica               the replica id
 *     rejoin member ID             what is known of a member
 *     rejoin log ORIGIN HIGH LOW   one entry; the sequence number in two halves of 32 bits, since
 *                                  y-leveldb's numbers end at 2^32 and keys must sort by number
 */
export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

export const FORMAT_KEY: Uint8Array = encodeKey(['rejoin', 'format'])
export const REPLICA_KEY: Uint8Array = encodeKey(['rejoin', 'replica'])

/** All state vector keys; the bounds that y-leveldb lists by. */
export const DOCUMENTS: KeyRange = { gte: encodeKey(['v1_sv']), lt: encodeKey(['v1_sw']) }
export const MEMBERS: KeyRange = {
  gte: encodeKey(['rejoin', 'member']),
  lt: encodeKey(['rejoin', 'membes']),
}
export const LOG: KeyRange = {
  gte: encodeKey(['rejoin', 'log']),
  lt: encodeKey(['rejoin', 'loh']),
}

const HALF = 2 ** 32

/** y-leveldb reads a document's updates up to, and without, this clock. */
const CLOCK_END = 0xffff_ffff

/** Throws a `RangeError` once a document has had all the 4,294,967,295 updates that fit. */
export function updateKey(document: string, clock: number): Uint8Array {
  if (clock >= CLOCK_END) {
    throw new RangeError(`"${document}" has had ${clock} updates, which is as many as can be kept`)
  }
  return encodeKey(['v1', document, 'update', clock])
}

export function clockOf(key: Uint8Array): number {
  return decodeKey(key)[3] as number
}

export function updatesOf(document: string): KeyRange {
  return { gte: updateKey(document, 0), lt: encodeKey(['v1', document, 'update', CLOCK_END]) }
}

export function stateVectorKey(document: string): Uint8Array {
  return encodeKey(['v1_sv', document])
}

export function documentOf(key: Uint8Array): string {
  return decodeKey(key)[1] as string
}

export function memberKey(member: ReplicaId): Uint8Array {
  return encodeKey(['rejoin', 'member', member])
}

export function memberOf(key: Uint8Array): ReplicaId {
  return decodeKey(key)[2] as ReplicaId
}

/** `seq` 0 names no entry: it sorts before all of its origin's. */
export function logKey(origin: ReplicaId, seq: number): Uint8Array {
  return encodeKey(['rejoin', 'log', origin, Math.floor(seq / HALF), seq % HALF])
}

export function dotOf(key: Uint8Array): { origin: ReplicaId; seq: number } {
  const [, , origin, high, low] = decodeKey(key) as [string, string, ReplicaId, number, number]
  return { origin, seq: high * HALF + low }
}
