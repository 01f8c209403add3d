import { RejoinError } from '@rejoin/protocol'
import type { Snapshot } from 'classic-level'

import { plainBytes, type Database } from './database.ts'
import { clockOf, DOCUMENTS, documentOf, stateVectorKey, updatesOf } from './keys.ts'
import { examine, type Examined, type Row } from './stored-document.ts'
import { decodeDocumentRecord, type DocumentRecord } from './values.ts'

/** What one read of the database may bring into memory at once, in bytes. */
const READ_BYTES = 1_048_576

/** Reads a document's record and updates, of one moment, and looks whether they are whole. */
export async function readExamined(database: Database, document: string): Promise<Examined> {
  const snapshot = database.snapshot()
  try {
    const rows = await readRows(database, document, snapshot)
    return examine(await readRecord(database, document, snapshot), rows)
  } finally {
    await snapshot.close()
  }
}

async function readRows(database: Database, document: string, snapshot: Snapshot): Promise<Row[]> {
  const range = updatesOf(document)
  const iterator = database.iterator({ ...range, snapshot, highWaterMarkBytes: READ_BYTES })
  const rows = await iterator.all()
  return rows.map(([key, value]) => ({ clock: clockOf(key), key, value: plainBytes(value) }))
}

export async function readRecord(
  database: Database,
  document: string,
  snapshot?: Snapshot,
): Promise<DocumentRecord | 'none' | 'unreadable'> {
  const key = stateVectorKey(document)
  const stored = await database.get(key, snapshot === undefined ? {} : { snapshot })
  if (stored === undefined) return 'none'
  return decodeDocumentRecord(key, stored) ?? 'unreadable'
}

/** Names after `after`, in the order of their keys. */
export async function listNames(
  database: Database,
  { after, limit }: { after?: string; limit: number },
): Promise<string[]> {
  const { gte, lt } = DOCUMENTS
  const start = after === undefined ? { gte } : { gt: stateVectorKey(after) }
  const names: string[] = []
  for await (const key of database.keys({ ...start, lt, highWaterMarkBytes: READ_BYTES })) {
    const name = documentOf(key)
    if (name !== '') names.push(name)
    if (names.length === limit) break
  }
  return names
}

/** Keys that one step of counting takes. */
const COUNT_KEYS = 10_000

export async function countDocuments(database: Database): Promise<number> {
  const iterator = database.keys({ ...DOCUMENTS, highWaterMarkBytes: READ_BYTES })
  let count = 0
  try {
    for (;;) {
      const some = await iterator.nextv(COUNT_KEYS)
      if (some.length === 0) return count
      count += some.length
    }
  } finally {
    await iterator.close()
  }
}

export function damagedDocument(directory: string, document: string, damage: string): RejoinError {
  return new RejoinError(
    'damaged',
    `The document "${document}" in ${directory} is damaged: its ${damage}. It is not served until ` +
      'it is repaired from other replicas, or restored from a backup; all others are.',
  )
}
