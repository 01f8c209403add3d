import type { ReplicaId, Version } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { arrivals } from '../src/traffic.ts'

const [A, B] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] as ReplicaId[] as [ReplicaId, ReplicaId]
const has = (counts: Record<string, number>): Version => {
  return new Map(Object.entries(counts)) as Map<ReplicaId, number>
}

test('an arrival is an entry that came from another replica since the last look', () => {
  const before = [has({ [A]: 1 }), has({ [A]: 1 })]
  const after = [has({ [A]: 3, [B]: 1 }), has({ [A]: 2, [B]: 1 })]
  expect(arrivals([A, B], before, after)).toEqual([
    { from: 1, to: 0 },
    { from: 0, to: 1 },
  ])
  expect(arrivals([A, B], after, after)).toEqual([])
})

test('nothing has arrived at the first look, nor from a replica that is not on the page', () => {
  expect(arrivals([A, B], [], [has({ [B]: 4 })])).toEqual([])
  expect(arrivals([A, undefined], [has({}), has({})], [has({ [B]: 4 }), has({})])).toEqual([])
})
