import type { Clocks, DocumentRecord } from './values.ts'
import { openUpdate } from './values.ts'

/** One update of a document as it lies in the database. */
export interface Row {
  readonly clock: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** What a document's record and updates say together. */
export interface Examined {
  /** The updates that are whole, by their clocks. */
  readonly updates: ReadonlyMap<number, Uint8Array>
  readonly clocks: Clocks
  /** Whether another program has written some of it. */
  readonly isForeign: boolean
  /** What is wrong with it, after "its"; `undefined` while nothing is. */
  readonly damage: string | undefined
}

/**
 * Looks whether a document is whole (rule S3): its record says which clocks there must be, and each of
 * them has its seal. Updates without a seal are y-leveldb's: it writes some after ours, or has taken the
 * whole document over, and with it the record, from which it drops our part. Anywhere else they are
 * damage, as are sealed ones where the record does not expect them.
 */
export function examine(
  record: DocumentRecord | 'none' | 'unreadable',
  rows: readonly Row[],
): Examined {
  const clocks = record === 'none' || record === 'unreadable' ? undefined : record.clocks
  const found = clocks === undefined ? foreign(rows) : ours(clocks, rows)
  if (record !== 'unreadable') return found
  return { ...found, damage: 'record can not be read' }
}

function ours({ first, next }: Clocks, rows: readonly Row[]): Examined {
  const updates = new Map<number, Uint8Array>()
  let damage: string | undefined
  let end = next
  for (const { clock, key, value } of rows) {
    const { update, isSealed } = openUpdate(key, value)
    if (clock < first) continue
    const isExpected = clock < next ? isSealed : !isSealed && clock === end
    if (isExpected) updates.set(clock, update)
    else damage = `update ${clock} is not as it was written`
    end = Math.max(end, clock + 1)
  }
  for (let clock = first; clock < next && damage === undefined; clock++) {
    if (!updates.has(clock)) damage = `update ${clock} is missing`
  }
  return { updates, clocks: { first, next: end }, isForeign: end > next, damage }
}

function foreign(rows: readonly Row[]): Examined {
  const updates = new Map<number, Uint8Array>()
  let damage: string | undefined
  const first = rows[0]?.clock ?? 0
  let next = first
  for (const { clock, key, value } of rows) {
    const { update, isSealed } = openUpdate(key, value)
    updates.set(clock, update)
    if (isSealed) damage = 'record has lost its clocks'
    else if (clock !== next) damage = `update ${next} is missing`
    next = clock + 1
  }
  return { updates, clocks: { first, next }, isForeign: true, damage }
}
