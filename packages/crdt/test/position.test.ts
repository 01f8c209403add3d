import fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  comparePositions,
  freshPositions,
  isPosition,
  positionBetween,
  type Position,
} from '../src/types/position.ts'

const seed = 1

test('[D1] a position lies between its neighbours, whoever places it where', () => {
  const step = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 4 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const placed: Position[] = []
      for (const { at, by } of steps) {
        const index = at % (placed.length + 1)
        const [left, right] = [placed[index - 1] ?? [], placed[index]]
        const position = positionBetween(left, right, by)
        if (position === undefined) continue
        expect(isPosition(position)).toBe(true)
        expect(comparePositions(left, position)).toBeLessThan(0)
        expect(right === undefined || comparePositions(position, right) < 0).toBe(true)
        placed.splice(index, 0, position)
      }
    }),
    { seed },
  )
})

test('[D2] positions stay short when things are added at either end, by turns', () => {
  const placed: Position[] = []
  for (let round = 0; round < 10_000; round++) {
    const by = 1 + (round % 3)
    const isFront = round % 2 === 0
    const [left, right] = isFront ? [[], placed[0]] : [placed.at(-1) ?? [], undefined]
    const position = positionBetween(left, right, by)
    expect(position?.length).toBe(2)
    if (isFront) placed.unshift(position ?? [])
    else placed.push(position ?? [])
  }
})

test('[D1] what two copies insert at one place, each one behind the other, is not mixed', () => {
  const [left, right] = freshPositions(2, 9) as [Position, Position]
  const runOf = (by: number): Position[] => {
    const run: Position[] = []
    for (let count = 0; count < 50; count++) {
      run.push(positionBetween(run.at(-1) ?? left, right, by) ?? [])
    }
    return run
  }
  const [one, other] = [runOf(1), runOf(2)]
  const names = [
    ...one.map((each) => [each, 1] as const),
    ...other.map((each) => [each, 2] as const),
  ]
    .toSorted(([a], [b]) => comparePositions(a, b))
    .map(([, by]) => by)
  expect(names).toEqual([...one.map(() => 1), ...other.map(() => 2)])
  expect(Math.max(...one.map(({ length }) => length))).toBeLessThanOrEqual(6)
})

test('where there is no room, or two positions are the same, it says so', () => {
  const [position] = freshPositions(1, 1)
  expect(positionBetween(position ?? [], position, 2)).toBeUndefined()
  let [left, right]: [Position, Position] = [
    [0, 1],
    [1, 1],
  ]
  let steps = 0
  for (;;) {
    const between = positionBetween(left, right, 2 + (steps % 2))
    if (between === undefined) break
    if (steps % 2 === 0) left = between
    else right = between
    steps += 1
  }
  expect(steps).toBeGreaterThan(14)
})
