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
