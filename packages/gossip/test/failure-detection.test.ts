import type { ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { SWIM_LIMITS } from '../src/swim-limits.ts'
import { SwimWorld, type Conditions } from './swim-world.ts'

const { periodMs, timeoutMs, relayedMs, detoursMax, suspicionFactor } = SWIM_LIMITS

const HOUR_MS = 3_600_000
const MEMBERS = 60
/** With five neighbours, from one probe of a neighbour to the end of the next that fails. */
const DETECTION_MS = (2 * 5 - 1) * periodMs + timeoutMs + relayedMs
const SPREAD_MS = 400
const SUSPICION_MS = suspicionFactor * Math.log10(MEMBERS) * periodMs

test('without faults nobody is ever accused, nor does anybody lose trust in itself', () => {
  const world = new SwimWorld({ seed: 1, members: MEMBERS })
  world.run(HOUR_MS / 4)
  expect(world.happenings).toEqual([])
  expect(world.ids.map((id) => world.member(id).health.score)).toEqual(world.ids.map(() => 0))
})

test('one message lost in a hundred gets nobody accused', () => {
  const world = new SwimWorld({ seed: 2, members: MEMBERS, loss: 0.01 })
  world.run(HOUR_MS / 4)
  expect(world.count('accused')).toBe(0)
})

describe('a member that loses power, so that no link to it is closed,', () => {
  /** When each of its neighbours accused it, and when everybody held it for down, after the crash. */
  function crash(seed: number, lifeguard: boolean): { accusedMs: number[]; failedMs: number } {
    const world = new SwimWorld({ seed, members: MEMBERS, lifeguard })
    world.run(60_000 + seed * 137)
    const crashedAt = world.now
    const [victim, ...others] = world.ids as [ReplicaId, ...ReplicaId[]]
    world.crash(victim)
    while (!others.every((id) => world.member(id).hasFailed(victim))) world.run(10)
    const accusedMs = world.neighbours(victim).map((neighbour) => {
      const accused = world.happenings.find(
        ({ what, by }) => what === 'accused' && by === neighbour,
      )
      return (accused?.at ?? Infinity) - crashedAt
    })
    expect(world.happenings.every(({ of }) => of === victim)).toBe(true)
    return { accusedMs, failedMs: world.now - crashedAt }
  }

  const seeds = Array.from({ length: 12 }, (_, index) => index + 1)

  test('is accused by each neighbour and held for down by all within the computed time', () => {
    const crashes = seeds.map((seed) => crash(seed, true))
    for (const { accusedMs, failedMs } of crashes) {
      expect(Math.max(...accusedMs)).toBeLessThanOrEqual(DETECTION_MS)
      expect(failedMs).toBeLessThanOrEqual(DETECTION_MS + SUSPICION_MS + 2 * SPREAD_MS)
    }
  })

  test('is found out by Lifeguard hardly later than by the plain SWIM', () => {
    const meanMs = (lifeguard: boolean): number =>
      seeds.reduce((sum, seed) => sum + crash(seed, lifeguard).failedMs, 0) / seeds.length
    const [plain, lifeguard] = [meanMs(false), meanMs(true)]
    console.log(`down everywhere after ${Math.round(plain)} ms, Lifeguard ${Math.round(lifeguard)}`)
    expect(lifeguard).toBeLessThan(plain * 1.1)
  })
})

test('a half-open link is noticed at both ends, and neither is accused', () => {
  const world = new SwimWorld({ seed: 3, members: MEMBERS })
  world.run(60_000)
  const brokenAt = world.now
  const [a] = world.ids as [ReplicaId]
  const [b] = world.neighbours(a) as [ReplicaId]
  world.breakLink(a, b)
  // In each round one of the probes takes longer, as others are asked.
  world.run(detoursMax * (DETECTION_MS + relayedMs))
  expect(new Set(world.happenings.map(({ what, by, of }) => what + by + of))).toEqual(
    new Set([`broken${a}${b}`, `broken${b}${a}`]),
  )
  const noticedMs = [a, b].map(
    (end) => (world.happenings.find(({ by }) => by === end)?.at ?? 0) - brokenAt,
  )
  console.log(`a half-open link is noticed after ${noticedMs.join(' and ')} ms`)
})

test('a member that was held up refutes that it is down, and nobody suspects it any more', () => {
  const world = new SwimWorld({ seed: 4, members: MEMBERS })
  world.run(60_000)
  const [held, ...others] = world.ids as [ReplicaId, ...ReplicaId[]]
  world.hold(held, 6_000)
  world.run(6_000)
  expect(world.count('accused', [held])).toBeGreaterThan(0)
  expect(others.every((id) => world.member(id).suspects(held))).toBe(true)
  world.run(2 * SPREAD_MS)
  expect(others.some((id) => world.member(id).suspects(held))).toBe(false)
  expect(others.every((id) => world.member(id).incarnationOf(held) > 0)).toBe(true)
  world.run(60_000)
  expect(world.count('failed')).toBe(0)
  expect(world.member(held).health.score).toBe(0)
})

describe('where members are slow now and then,', () => {
  /** How many members that are up were declared down, of the healthy ones and of the slow ones. */
  function falseFailures(conditions: Omit<Conditions, 'seed'>): { healthy: number; slow: number } {
    const counted = { healthy: 0, slow: 0 }
    for (let seed = 1; seed <= 3; seed++) {
      const world = new SwimWorld({ ...conditions, seed })
      world.run(HOUR_MS / 3)
      counted.slow += world.count('failed', world.ids.slice(0, conditions.slow))
      counted.healthy += world.count('failed', world.ids.slice(conditions.slow))
    }
    return counted
  }

  const slow = { members: 40, slow: 10, loss: 0.01 }
  const perHour = (count: number): string => (count / slow.members).toFixed(3)

  test('held up for 1 to 5 s at a time, far fewer are declared down than in the plain SWIM', () => {
    const plain = falseFailures({ ...slow, lifeguard: false })
    const lifeguard = falseFailures(slow)
    console.log(
      `false failures per member and hour: ${perHour(plain.slow)}, ${perHour(lifeguard.slow)}`,
    )
    expect(lifeguard.healthy).toBe(0)
    expect(plain.slow).toBeGreaterThan(10 * Math.max(1, lifeguard.slow))
  })

  // They do not answer for longer than a suspicion lasts, so it is only right to count them out; as in
  // the paper, what matters is that they do not do so with the others.
  test('so short of time that work piles up, they don’t declare the healthy ones down', () => {
    const plain = falseFailures({ ...slow, served: 10, lifeguard: false })
    const lifeguard = falseFailures({ ...slow, served: 10 })
    const [before, after] = [perHour(plain.healthy), perHour(lifeguard.healthy)]
    console.log(`false failures of healthy members per member and hour: ${before}, ${after}`)
    expect(plain.healthy).toBeGreaterThan(50 * Math.max(1, lifeguard.healthy))
  })
})
