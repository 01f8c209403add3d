import type { Writing } from './batches.ts'
import type { Database } from './database.ts'
import { markKey, MARK_SLOTS, MARKS } from './keys.ts'
import { decodeMark, encodeMark, type Mark } from './values.ts'

export interface MarksFound {
  /** The mark of the newest batch; `undefined` in a store without any. */
  readonly last: Mark | undefined
  /** Batches whose marks should be there and are not. */
  readonly missing: readonly number[]
  /** Marks that can't be read, and say nothing about their batches. */
  readonly damaged: number
}

/** Reads the marks that the last batches left, and looks which are missing. */
export async function readMarks(database: Database): Promise<MarksFound> {
  const found = new Map<number, Mark>()
  let damaged = 0
  for await (const [key, stored] of database.iterator({
    ...MARKS,
    highWaterMarkBytes: 1_048_576,
  })) {
    const mark = decodeMark(key, stored)
    if (mark === undefined) damaged += 1
    else found.set(mark.batch, mark)
  }
  let newest = 0
  for (const batch of found.keys()) newest = Math.max(newest, batch)
  const missing: number[] = []
  const oldest = Math.max(1, newest - MARK_SLOTS + 1)
  for (let batch = newest; batch >= oldest; batch--) {
    if (!found.has(batch)) missing.push(batch)
  }
  // A mark that can't be read is there all the same.
  return { last: found.get(newest), missing: missing.slice(damaged), damaged }
}

/** Puts marks in the place of those that are missing up to `upTo`: what was lost is known, and settled. */
export function putMissing(writing: Writing, { last, missing }: MarksFound, upTo: number): void {
  const newest = last?.batch ?? 0
  const lost = [...missing]
  for (let batch = Math.max(newest + 1, upTo - MARK_SLOTS + 1); batch <= upTo; batch++) {
    lost.push(batch)
  }
  for (const batch of lost) {
    const key = markKey(batch)
    writing.put(key, encodeMark(key, { batch, entries: 0, documents: 0, members: 0 }))
  }
}
