import { Extent } from '@rejoin/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Ranges } from '../src/ranges.ts'

test('[D2] ranges are a set of numbers, whatever the order in which they come', () => {
  const piece = fc.tuple(fc.nat(60), fc.nat(8))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.array(piece), (pieces, questions) => {
      const [ranges, twin] = [new Ranges(), new Set<number>()]
      for (const [from, length] of pieces) {
        ranges.add(from, from + length)
        for (let each = from; each < from + length; each++) twin.add(each)
      }
      for (const [from, length] of questions) {
        const isCovered = Array.from({ length }, (_, index) => from + index).every((at) =>
          twin.has(at),
        )
        expect(ranges.covers(from, from + length)).toBe(isCovered)
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('[X3] many ranges at once are the same set, whatever their order', () => {
  const piece = fc.record({ from: fc.nat(200), length: fc.nat(8) })
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), (before, pieces) => {
      const [ranges, twin] = [new Ranges(), new Ranges()]
      for (const { from, length } of [...before, ...pieces]) twin.add(from, from + length)
      for (const { from, length } of before) ranges.add(from, from + length)
      ranges.addAll(pieces.map(({ from, length }) => ({ from, to: from + length })))
      for (let at = 0; at < 210; at++) {
        expect(ranges.covers(at, at + 1)).toBe(twin.covers(at, at + 1))
        expect(ranges.covers(at, at + 5)).toBe(twin.covers(at, at + 5))
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('[X3] an update that deletes from the end to the start does not hang the replica', () => {
  // 1 MB of deleted ranges, each before the last; one by one they took 5 s, a whole update's 80 s.
  const falling = Array.from({ length: 250_000 }, (_, at) => ({
    clock: 2 * (250_000 - at),
    len: 1,
  }))
  const startedAt = performance.now()
  const update = { bytes: new Uint8Array(), structs: [], deletes: new Map([[7, falling]]) }
  const extent = new Extent()
  extent.add(update)
  expect(performance.now() - startedAt).toBeLessThan(2_500)
  expect(extent.holds(update)).toBe(true)
})
