import type { Batches } from './batches.ts'
import type { Database } from './database.ts'
import type { Place } from './document-places.ts'
import { readExamined, readRecord } from './documents.ts'
import { stateVectorKey, updateKey, updatesOf, clockOf } from './keys.ts'
import { seal } from './seal.ts'
import type { Examined } from './stored-document.ts'
import { encodeDocumentRecord, encodeVector, type DocumentRecord } from './values.ts'

/** The state vector of nothing. */
const NOTHING = Uint8Array.of(0)

/**
 * Takes over a document that another program has written, before the first change of ours: its updates
 * get their seals and its record our clocks. One that is damaged stays so, by a clock that nothing has:
 * else our record would say that it is whole. `undefined` for a document that is not there.
 */
export async function adopt(
  database: Database,
  batches: Batches,
  document: string,
): Promise<Place | undefined> {
  const record = await readRecord(database, document)
  const examined = await readExamined(database, document)
  const isThere = record !== 'none' || examined.updates.size > 0
  if (!isThere && examined.damage === undefined) return undefined
  const known = typeof record === 'string' ? undefined : record
  const place = placeOf(known, examined)
  await batches.write({ documents: record === 'none' ? 1 : 0 }, (writing) => {
    const key = stateVectorKey(document)
    writing.put(key, encodeDocumentRecord(key, place))
    if (examined.damage !== undefined) return
    for (const [clock, update] of examined.updates) {
      const at = updateKey(document, clock)
      writing.put(at, seal(at, update))
    }
  })
  return place
}

function placeOf(record: DocumentRecord | undefined, { clocks, damage }: Examined): Place {
  const { first, next } = clocks
  return {
    vector: record?.vector ?? encodeVector(NOTHING),
    clocks: damage === undefined ? clocks : { first, next: next + 1 },
  }
}

/**
 * A document's place, if its record is ours and its last update is the one that the record says; `'new'`
 * for one that is not there, and `undefined` for one that has to be looked at.
 */
export async function findPlace(
  database: Database,
  document: string,
): Promise<Place | 'new' | undefined> {
  const last = database.keys({ ...updatesOf(document), reverse: true, limit: 1 })
  const [[key], record] = await Promise.all([last.all(), readRecord(database, document)])
  if (record === 'none' && key === undefined) return 'new'
  if (typeof record === 'string' || record.clocks === undefined || key === undefined)
    return undefined
  const { vector, clocks } = record
  return clockOf(key) + 1 === clocks.next ? { vector, clocks } : undefined
}
