import type { ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { Chance } from '../src/chance.ts'
import { ProbeRound, shuffled } from '../src/probe-round.ts'

const replicas = Array.from(
  { length: 12 },
  (_, index) => index.toString(16).padStart(16, '0') as ReplicaId,
)

test('each neighbour has its turn once in each round, in another order', () => {
  const round = new ProbeRound(new Chance(1))
  const orders = Array.from({ length: 5 }, () => replicas.map(() => round.next(replicas)))
  for (const order of orders) expect(new Set(order)).toEqual(new Set(replicas))
  expect(new Set(orders.map((order) => order.join())).size).toBe(5)
})

test('whoever stays is probed again within 2N − 1 periods, and one more for each who has joined', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const chance = new Chance(seed)
    const round = new ProbeRound(chance)
    let neighbours = replicas.slice(0, 6)
    /** How many periods each may still wait. */
    const left = new Map(neighbours.map((neighbour) => [neighbour, 11]))
    for (let period = 0; period < 400; period++) {
      const [leaving, joining] = [
        neighbours,
        replicas.filter((it) => !neighbours.includes(it)),
      ].map((some) => some[Math.floor(chance.next() * some.length)] as ReplicaId) as [
        ReplicaId,
        ReplicaId,
      ]
      if (chance.next() < 0.2) {
        neighbours = [...neighbours.filter((it) => it !== leaving), joining]
        for (const [neighbour, periods] of left) left.set(neighbour, periods + 1)
        left.set(joining, 11)
      }
      const next = round.next(neighbours) as ReplicaId
      for (const neighbour of neighbours) {
        left.set(neighbour, neighbour === next ? 11 : (left.get(neighbour) ?? 0) - 1)
      }
      expect(neighbours).toContain(next)
      expect(Math.min(...neighbours.map((it) => left.get(it) ?? 0))).toBeGreaterThan(0)
    }
  }
})

test('one that joins may get any turn, in this round or the next', () => {
  const turns = new Set<number>()
  for (let seed = 1; seed <= 500; seed++) {
    const round = new ProbeRound(new Chance(seed))
    for (let turn = 0; turn < 2; turn++) round.next(replicas.slice(0, 4))
    const next = Array.from({ length: 8 }, () => round.next(replicas.slice(0, 5)))
    turns.add(next.indexOf(replicas[4]) + 1)
  }
  // Two of the others still have theirs in this round, and then all five are drawn anew.
  expect([...turns].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('there is nobody to probe where there are no neighbours', () => {
  const round = new ProbeRound(new Chance(1))
  expect(round.next([])).toBeUndefined()
  expect(round.next(replicas.slice(0, 1))).toBe(replicas[0])
  expect(round.next([])).toBeUndefined()
})

test('every order is as likely as every other', () => {
  const chance = new Chance(1)
  const counts = new Map<string, number>()
  for (let draw = 0; draw < 24_000; draw++) {
    const order = shuffled(['a', 'b', 'c', 'd'], chance).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
})
