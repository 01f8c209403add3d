import { expect, test } from 'vitest'

import { Chance } from '../src/chance.ts'
import { LocalHealth } from '../src/local-health.ts'
import { SWIM_LIMITS } from '../src/swim-limits.ts'

const { healthScores, timeoutMs } = SWIM_LIMITS

/** Each event, and the score after it. */
const EVENTS: readonly ((health: LocalHealth, draw: number) => (score: number) => number)[] = [
  (health) => {
    health.succeeded()
    return (score) => score - 1
  },
  (health) => {
    health.refuted()
    return (score) => score + 1
  },
  (health, draw) => {
    health.failed(3, draw % 4)
    return (score) => score + (draw % 4)
  },
  (health) => {
    health.failed(0, 0)
    return (score) => score + 1
  },
]

test('the score is the sum of what happened, within its bounds', () => {
  const chance = new Chance(1)
  const health = new LocalHealth()
  let twin = 0
  const seen = new Set<number>()
  for (let step = 0; step < 5_000; step++) {
    const draw = Math.floor(chance.next() * 1_000)
    const event = EVENTS[draw % EVENTS.length] as (typeof EVENTS)[number]
    twin = event(health, draw >> 2)(twin)
    twin = Math.max(0, Math.min(healthScores - 1, twin))
    expect(health.score).toBe(twin)
    expect(health.factor).toBe(twin + 1)
    seen.add(twin)
  }
  expect(seen.size).toBe(healthScores)
})

test('who was held up waits longer than that from now on, and is patient again with each success', () => {
  for (const lateMs of [0, 20, timeoutMs - 1, timeoutMs, 1_700, 3_999]) {
    const health = new LocalHealth()
    health.wasLate(lateMs)
    expect(timeoutMs * health.factor).toBeGreaterThan(lateMs)
    expect(timeoutMs * (health.factor - 1)).toBeLessThanOrEqual(lateMs)
    // A shorter pause after it makes it neither better nor worse.
    health.wasLate(lateMs / 2)
    expect(timeoutMs * (health.factor - 1)).toBeLessThanOrEqual(lateMs)
    for (let probe = 0; probe < healthScores; probe++) health.succeeded()
    expect(health.score).toBe(0)
  }
  const health = new LocalHealth()
  health.wasLate(1_000_000)
  expect(health.score).toBe(healthScores - 1)
})
