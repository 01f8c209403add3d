import {
  countBeyond,
  covers,
  equalVersions,
  join,
  meet,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const version: fc.Arbitrary<Version> = fc
  .dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 5 }))
  .map((each) => new Map(Object.entries(each)) as unknown as Map<ReplicaId, number>)

/** The slow twin: a version as the set of entries that it stands for. */
function entriesOf(each: Version): Set<string> {
  const dots = [...each].flatMap(([id, seq]) =>
    Array.from({ length: seq }, (_, at) => `${id}${at + 1}`),
  )
  return new Set(dots)
}

test('[L6] meet and join are the intersection and the union of what the versions stand for', () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 4 }), (versions) => {
      const sets = versions.map(entriesOf)
      const all = new Set(sets.flatMap((set) => [...set]))
      const common = new Set([...all].filter((dot) => sets.every((set) => set.has(dot))))
      expect(entriesOf(meet(versions))).toEqual(common)
      expect(entriesOf(join(versions))).toEqual(all)
      expect(countBeyond(join(versions), meet(versions))).toBe(all.size - common.size)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('[L2] one version covers another when it has all of its entries', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [left, right] = [entriesOf(a), entriesOf(b)]
      expect(covers(a, b)).toBe([...right].every((dot) => left.has(dot)))
      expect(equalVersions(a, b)).toBe(covers(a, b) && left.size === right.size)
    }),
    { seed: 2, numRuns: 500 },
  )
})
