import {
  CHAIN_START,
  decodeEntry,
  type ChainHash,
  type Head,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'
import type { EntryRange, LooseEntry, StoredEntries } from '@rejoin/replica'

import { plainBytes, type Database } from './database.ts'
import { dotOf, LOG, logKey } from './keys.ts'
import { decodeLogRecord } from './values.ts'

/** Entries that join on, and the first after them that can't be read, if that is why they end. */
export interface Chained {
  readonly found: StoredEntries
  readonly damaged: number | undefined
}

/** Reads entries that join on, up to the first that is missing or can't be read. */
export async function readChained(
  database: Database,
  { origin, floor }: { origin: ReplicaId; floor: Head | undefined },
  { from, to, bytesMax }: EntryRange,
): Promise<Chained> {
  // From one before, whose record has the hash that the first entry is chained to.
  const bounds = { gte: logKey(origin, from - 1), lte: logKey(origin, to) }
  const entries: Uint8Array[] = []
  let previous = hashBefore(from, floor)
  let bytesLeft = bytesMax
  let damaged: number | undefined
  for await (const [key, stored] of database.iterator(bounds)) {
    const seq = dotOf(key)?.seq
    const record = decodeLogRecord(key, plainBytes(stored))
    if (record === undefined) {
      damaged = seq ?? from + entries.length
      break
    }
    if (seq === from - 1) {
      previous = record.hash
      continue
    }
    const isNext = previous !== undefined && seq === from + entries.length
    if (!isNext || (entries.length > 0 && record.bytes.length > bytesLeft)) break
    entries.push(record.bytes)
    bytesLeft -= record.bytes.length
  }
  return { found: { previous: previous ?? CHAIN_START, entries }, damaged }
}

function hashBefore(from: number, floor: Head | undefined): ChainHash | undefined {
  const { seq, hash } = floor ?? { seq: 0, hash: CHAIN_START }
  return from - 1 === seq ? hash : undefined
}

/** Reads the entries after `seq` that can be read, whatever is missing between them. */
export async function readAfter(
  database: Database,
  origin: ReplicaId,
  { seq, bytesMax }: { seq: number; bytesMax: number },
): Promise<LooseEntry[]> {
  const bounds = { gt: logKey(origin, seq), lte: logKey(origin, Number.MAX_SAFE_INTEGER) }
  const found: LooseEntry[] = []
  let bytesLeft = bytesMax
  for await (const [key, stored] of database.iterator(bounds)) {
    const record = decodeLogRecord(key, plainBytes(stored))
    const dot = dotOf(key)
    if (record === undefined || dot === undefined) continue
    if (found.length > 0 && record.bytes.length > bytesLeft) break
    found.push({ seq: dot.seq, bytes: record.bytes })
    bytesLeft -= record.bytes.length
  }
  return found
}

/** What the log tells of a document. */
export interface Logged {
  readonly updates: readonly Uint8Array[]
  /** Of each origin, the last entry that can't be read. */
  readonly unreadable: Version
}

/** Every update of a document that is in the log and can be read. Reads all of it. */
export async function updatesInLog(database: Database, document: string): Promise<Logged> {
  const updates: Uint8Array[] = []
  const unreadable = new Map<ReplicaId, number>()
  const iterator = database.iterator({ ...LOG, highWaterMarkBytes: 1_048_576 })
  for await (const [key, stored] of iterator) {
    const record = decodeLogRecord(key, plainBytes(stored))
    const entry = record === undefined ? undefined : decodeEntry(record.bytes)
    if (entry?.ok !== true) {
      const dot = dotOf(key)
      if (dot !== undefined) unreadable.set(dot.origin, dot.seq)
      continue
    }
    for (const change of entry.value.changes) {
      if (change.document === document) updates.push(change.update)
    }
  }
  return { updates, unreadable }
}
