import type { ReplicaId, Version } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import {
  countEntries,
  divergenceOf,
  entriesPerCell,
  gapsOf,
  LANE_CELLS,
  laneOf,
} from '../src/divergence.ts'

const [A, B] = ['00000000000000aa', '00000000000000bb'] as ReplicaId[] as [ReplicaId, ReplicaId]

function version(a: number, b: number): Version {
  return new Map([
    [A, a],
    [B, b],
  ])
}

describe('divergence', () => {
  test('[L6] is what lies between the pointwise minimum and maximum', () => {
    const divergence = divergenceOf([version(5, 2), version(3, 4), version(4, 4)])
    expect(divergence.stable).toEqual(version(3, 2))
    expect(divergence.union).toEqual(version(5, 4))
    expect(divergence.entries).toBe(4)
    expect(countEntries(divergence.stable)).toBe(5)
    expect(gapsOf(divergence)).toEqual([
      { origin: A, entries: 2 },
      { origin: B, entries: 2 },
    ])
  })

  test('[L6] is nothing where all versions are equal, or there is one', () => {
    expect(divergenceOf([version(9, 9), version(9, 9)]).entries).toBe(0)
    expect(divergenceOf([version(3, 1)]).entries).toBe(0)
    expect(gapsOf(divergenceOf([version(3, 1)]))).toEqual([])
  })
})

describe('a lane', () => {
  test('has one cell per entry while they fit', () => {
    const divergence = divergenceOf([version(5, 0), version(3, 0)])
    expect(entriesPerCell(divergence)).toBe(1)
    expect(laneOf(version(3, 0), A, divergence)).toEqual({ seq: 3, heldCells: 3, missingCells: 2 })
    expect(laneOf(version(5, 0), A, divergence)).toEqual({ seq: 5, heldCells: 5, missingCells: 0 })
  })

  test('shows a single missing entry among thousands', () => {
    const divergence = divergenceOf([version(9000, 0), version(8999, 0)])
    const lane = laneOf(version(8999, 0), A, divergence)
    expect(lane).toEqual({ seq: 8999, heldCells: LANE_CELLS - 1, missingCells: 1 })
  })

  test('never grows beyond its cells, however far apart the replicas are', () => {
    for (const gap of [1, 11, 12, 13, 500, 100_000]) {
      const divergence = divergenceOf([version(gap + 3, 0), version(3, 0)])
      const lane = laneOf(version(3, 0), A, divergence)
      expect(lane.heldCells + lane.missingCells).toBeLessThanOrEqual(LANE_CELLS)
      expect(lane.missingCells).toBeGreaterThan(0)
    }
  })
})
