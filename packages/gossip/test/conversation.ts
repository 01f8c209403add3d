import type { ReplicaId } from '@rejoin/protocol'

import { fingerprintOf } from '../src/fingerprint.ts'
import { decodeKeyRanges, encodeKeyRanges, type KeyRange } from '../src/key-ranges.ts'
import { Reconciliation } from '../src/reconciliation.ts'
import { SortedItems } from '../src/sorted-items.ts'

/** The key whose 64 bits are `number`, or those of its low and high half. */
export function keyOf(low: number, high = 0): ReplicaId {
  const digits = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')
  return `${digits(high)}${digits(low)}` as ReplicaId
}

/** A map of records, each no more than a number, with its index. */
export class Copy {
  readonly records: Map<ReplicaId, number>
  readonly items: SortedItems

  constructor(base?: Copy) {
    this.records = new Map(base?.records)
    this.items = new SortedItems(base?.items)
  }

  static of(records: Iterable<readonly [ReplicaId, number]>): Copy {
    const copy = new Copy()
    for (const [key, record] of records) copy.set(key, record)
    return copy
  }

  set(key: ReplicaId, record: number): void {
    this.records.set(key, record)
    this.items.set(key, fingerprintOf(key, Uint8Array.of(record, record >>> 8, record >>> 16)))
  }

  delete(key: ReplicaId): void {
    this.records.delete(key)
    this.items.delete(key)
  }

  /** Takes over what `other` holds under `keys` and is newer. */
  take(other: Copy, keys: Iterable<ReplicaId>): void {
    for (const key of keys) {
      const [mine, theirs] = [this.records.get(key) ?? -1, other.records.get(key) ?? -1]
      if (theirs > mine) this.set(key, theirs)
    }
  }
}

export interface Heard {
  /** What is to go from the first to the second, and back, as either end found out. */
  readonly there: Set<ReplicaId>
  readonly back: Set<ReplicaId>
  /** Bytes of each message. */
  readonly bytes: number[]
}

/** Lets two copies talk, over encoded messages, until neither has anything to say. */
export function converse(
  [first, second]: readonly [Copy, Copy],
  { bytesMax, meanwhile }: { bytesMax?: number; meanwhile?: (heard: Heard) => void } = {},
): Heard {
  const heard: Heard = { there: new Set(), back: new Set(), bytes: [] }
  const ends = [first, second].map(({ items }) => new Reconciliation(items, bytesMax))
  let message: readonly KeyRange[] | undefined = ends[0]?.start()
  for (let turn = 1; message !== undefined; turn++) {
    if (turn > 1_000) throw new Error('The conversation does not end.')
    const frame = encodeKeyRanges(message)
    heard.bytes.push(frame.length)
    const decoded = decodeKeyRanges(frame)
    if (!decoded.ok) throw new Error(decoded.rejection.reason)
    const answer = ends[turn % 2]?.answer(decoded.value)
    const [mine, theirs] = turn % 2 === 0 ? [heard.there, heard.back] : [heard.back, heard.there]
    for (const key of answer?.mine ?? []) mine.add(key)
    for (const key of answer?.theirs ?? []) theirs.add(key)
    message = answer?.reply
    meanwhile?.(heard)
  }
  return heard
}

/** The slow, obvious twin: keys that `from` has and `to` lacks or has otherwise. */
export function differences(from: Copy, to: Copy): Set<ReplicaId> {
  const found = new Set<ReplicaId>()
  for (const [key, record] of from.records) if (to.records.get(key) !== record) found.add(key)
  return found
}
