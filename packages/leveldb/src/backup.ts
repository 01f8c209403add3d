import {
  BLOCK_BYTES,
  encodeEnd,
  encodeRecords,
  FIRST_LINE,
  type BackupRecord,
} from './backup-format.ts'
import { plainBytes, type Database } from './database.ts'
import { MARKS } from './keys.ts'

/**
 * All that a database holds at this moment, as a stream of bytes, while changes go on. Marks of batches
 * are left out: what is restored begins to count anew. Memory: a block, or one larger record.
 */
export async function* backUp(database: Database): AsyncGenerator<Uint8Array> {
  const snapshot = database.snapshot()
  try {
    yield FIRST_LINE
    let records: BackupRecord[] = []
    let bytes = 0
    let count = 0
    for await (const [key, value] of database.iterator({
      snapshot,
      highWaterMarkBytes: BLOCK_BYTES,
    })) {
      if (isMark(key)) continue
      records.push([plainBytes(key), plainBytes(value)])
      bytes += key.length + value.length
      count += 1
      if (bytes < BLOCK_BYTES) continue
      yield encodeRecords(records)
      records = []
      bytes = 0
    }
    if (records.length > 0) yield encodeRecords(records)
    yield encodeEnd(count)
  } finally {
    await snapshot.close()
  }
}

function isMark(key: Uint8Array): boolean {
  return Buffer.compare(key, MARKS.gte) >= 0 && Buffer.compare(key, MARKS.lt) < 0
}
