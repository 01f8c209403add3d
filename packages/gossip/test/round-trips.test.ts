import type { ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { Chance } from '../src/chance.ts'
import { RoundTrips } from '../src/round-trips.ts'
import { SWIM_LIMITS } from '../src/swim-limits.ts'
import { id } from './rig.ts'

const { roundTripsMax, roundTripMsMax } = SWIM_LIMITS

/** RFC 6298's smoothed round trip, written out: each sample weighs 7/8 of the one after it. */
function smoothedTwin([first = 0, ...samples]: readonly number[]): number {
  const weighed = samples.toReversed().map((sample, age) => (sample / 8) * (7 / 8) ** age)
  return weighed.reduce((sum, part) => sum + part, first * (7 / 8) ** samples.length)
}

test('the mean is smoothed as TCP does it, and lies among what was measured', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const chance = new Chance(seed)
    const roundTrips = new RoundTrips()
    const samples = Array.from({ length: 1 + (seed % 40) }, () => chance.next() * 900)
    for (const sample of samples) roundTrips.record(id('a'), sample)
    const smoothed = roundTrips.of(id('a')) ?? 0
    expect(smoothed).toBeCloseTo(smoothedTwin(samples), 8)
    expect(smoothed).toBeGreaterThanOrEqual(Math.min(...samples))
    expect(smoothed).toBeLessThanOrEqual(Math.max(...samples))
  }
})

test('the median is that of the neighbours, the nearer of two', () => {
  const roundTrips = new RoundTrips()
  expect([roundTrips.median(), roundTrips.high(), roundTrips.of(id('a'))]).toEqual(
    Array.from({ length: 3 }),
  )
  for (const [letter, ms] of [['a', 300] as const, ['b', 20] as const, ['c', 100] as const]) {
    roundTrips.record(id(letter), ms)
  }
  expect(roundTrips.median()).toBe(100)
  roundTrips.record(id('d'), 50)
  expect(roundTrips.median()).toBe(50)
})

describe('hardly any round trip exceeds the high one', () => {
  const ways: readonly [string, (chance: Chance) => number][] = [
    ['evenly spread', (chance) => 20 + chance.next() * 180],
    ['two ways of 10 to 100 ms', (chance) => 20 + (chance.next() + chance.next()) * 90],
    ['waiting in queues', (chance) => 10 - 40 * Math.log(1 - chance.next())],
  ]
  test.for(ways)('%s', ([, way]) => {
    const chance = new Chance(7)
    const roundTrips = new RoundTrips()
    let over = 0
    const samples = 20_000
    for (let sample = 0; sample < samples; sample++) {
      const ms = way(chance)
      if (ms > (roundTrips.high() ?? Infinity)) over += 1
      roundTrips.record(id('abcde'[sample % 5] ?? ''), ms)
    }
    expect(over / samples).toBeLessThan(0.01)
  })
})

test('one long pause counts within its bound, and is all but forgotten after twenty probes', () => {
  const roundTrips = new RoundTrips()
  for (let probe = 0; probe < 20; probe++) roundTrips.record(id('a'), 100)
  roundTrips.record(id('a'), 60_000)
  expect(roundTrips.high()).toBeLessThan(1.5 * roundTripMsMax)
  for (let probe = 0; probe < 20; probe++) roundTrips.record(id('a'), 100)
  expect(roundTrips.high()).toBeLessThan(250)
  roundTrips.record(id('b'), -5)
  expect(roundTrips.of(id('b'))).toBe(0)
})

test('neighbours that are gone are forgotten, and over the bound who was heard longest ago', () => {
  const roundTrips = new RoundTrips()
  for (const letter of 'abc') roundTrips.record(id(letter), 10)
  roundTrips.keep([id('c'), id('d')])
  expect('abcd'.split('').map((letter) => roundTrips.of(id(letter)))).toEqual([
    undefined,
    undefined,
    10,
    undefined,
  ])
  const many = Array.from(
    { length: roundTripsMax },
    (_, at) => at.toString(16).padStart(16, '0') as ReplicaId,
  )
  for (const replica of many.slice(1)) roundTrips.record(replica, 20)
  roundTrips.record(id('c'), 10)
  roundTrips.record(many[0] as ReplicaId, 20)
  expect(roundTrips.of(id('c'))).toBe(10)
  expect(roundTrips.of(many[0] as ReplicaId)).toBe(20)
  expect(roundTrips.of(many[1] as ReplicaId)).toBeUndefined()
  expect(roundTrips.of(many[2] as ReplicaId)).toBe(20)
})
