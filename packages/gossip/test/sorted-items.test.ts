import type { ReplicaId } from '@rejoin/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { NO_ITEMS, plus, type Fingerprint } from '../src/fingerprint.ts'
import { LAST_KEY, SortedItems } from '../src/sorted-items.ts'
import { keyOf } from './conversation.ts'

const half = fc.integer({ min: 0, max: 0xffffffff })
const fingerprint: fc.Arbitrary<Fingerprint> = fc.record({ left: half, right: half })
const key = fc.oneof(
  fc.nat(20).map((low) => keyOf(low, 5)),
  fc.constant(LAST_KEY),
  fc.constant(keyOf(0)),
)
const change = fc.tuple(key, fc.option(fingerprint))

/** The slow, obvious twin: a map that is sorted for every question. */
function checkLike(items: SortedItems, twin: ReadonlyMap<ReplicaId, Fingerprint>): void {
  const sorted = [...twin].toSorted(([a], [b]) => (a < b ? -1 : 1))
  expect(items.size).toBe(sorted.length)
  for (let from = 0; from <= sorted.length; from++) {
    for (let to = from; to <= sorted.length; to++) {
      const slice = sorted.slice(from, to)
      expect(items.sum(from, to)).toEqual(
        slice.reduce((sum, [, each]) => plus(sum, each), NO_ITEMS),
      )
      expect([...items.between(from, to)]).toEqual(slice)
    }
  }
  for (const [rank, [each]] of sorted.entries()) expect(items.keyAt(rank)).toBe(each)
  for (const each of [keyOf(0), keyOf(9, 5), keyOf(9, 9), LAST_KEY]) {
    expect(items.countUpTo(each)).toBe(sorted.filter(([other]) => other <= each).length)
    expect(items.get(each)).toEqual(twin.get(each))
  }
}

test('an index answers like a map that is sorted for every question', () => {
  const batches = fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 6 })
  fc.assert(
    fc.property(batches, (changes) => {
      const [items, twin] = [new SortedItems(), new Map<ReplicaId, Fingerprint>()]
      for (const batch of changes) {
        for (const [each, print] of batch) {
          if (print === null) items.delete(each)
          else items.set(each, print)
          if (print === null) twin.delete(each)
          else twin.set(each, print)
          expect(items.get(each)).toEqual(twin.get(each))
          expect(items.sum(0, items.size)).toEqual([...twin.values()].reduce(plus, NO_ITEMS))
        }
        checkLike(items, twin)
      }
    }),
    { seed: 1, numRuns: 100 },
  )
})

test('what begins with the items of another goes its own way from there', () => {
  const one = new SortedItems()
  for (let each = 0; each < 20; each++) one.set(keyOf(each), { left: each, right: 1 })
  const sumBefore = one.sum(3, 9)
  one.set(keyOf(5), { left: 99, right: 1 })
  const other = new SortedItems(one)
  one.set(keyOf(4), { left: 99, right: 1 })
  other.delete(keyOf(5))
  expect([one.size, other.size]).toEqual([20, 19])
  expect(one.sum(3, 9)).toEqual({ left: sumBefore.left + 94 + 95, right: 6 })
  expect(other.sum(3, 8)).toEqual({ left: sumBefore.left - 5, right: 5 })
  expect([other.get(keyOf(4)), other.get(keyOf(5))]).toEqual([{ left: 4, right: 1 }, undefined])
})
