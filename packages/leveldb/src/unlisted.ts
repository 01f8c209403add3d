import type { StoreProblem } from '@rejoin/replica'

import type { Writing } from './batches.ts'
import type { Database } from './database.ts'
import { clockOf, documentOf, stateVectorKey, UPDATES } from './keys.ts'
import { encodeDocumentRecord, encodeVector } from './values.ts'

export interface Unlisted {
  readonly count: number
  readonly problems: readonly StoreProblem[]
  readonly changes: readonly ((writing: Writing) => void)[]
}

/** The state vector of nothing. */
const NOTHING = Uint8Array.of(0)

/**
 * Finds documents that have updates and no record, since it was lost, so that they would not be listed.
 * Each gets one that says it should have one update more than it has: what its own record said nobody
 * knows, so the document counts as damaged until it is repaired. Reads the key of every update.
 */
export async function findUnlisted(database: Database): Promise<Unlisted> {
  const problems: StoreProblem[] = []
  const changes: ((writing: Writing) => void)[] = []
  for await (const { document, first, last } of spans(database)) {
    const key = stateVectorKey(document)
    if (await database.has(key)) continue
    const clocks = { first, next: last + 2 }
    const record = encodeDocumentRecord(key, { vector: encodeVector(NOTHING), clocks })
    changes.push((writing) => writing.put(key, record))
    const message = `The record of document "${document}" is lost; it is served once it is repaired.`
    problems.push({ kind: 'damaged-document', document, message })
  }
  return { count: changes.length, problems, changes }
}

interface Span {
  readonly document: string
  readonly first: number
  readonly last: number
}

/** The first and last clock of every document that has updates. */
async function* spans(database: Database): AsyncGenerator<Span> {
  let span: Span | undefined
  for await (const key of database.keys({ ...UPDATES, highWaterMarkBytes: 1_048_576 })) {
    const document = documentOf(key)
    const clock = clockOf(key)
    if (document === '' || clock < 0) continue
    if (span !== undefined && span.document !== document) yield span
    const first = span?.document === document ? span.first : clock
    span = { document, first, last: clock }
  }
  if (span !== undefined) yield span
}
