import { Chance } from '@rejoin/gossip'
import { describe, expect, test } from 'vitest'

import { EventQueue } from '../src/scale/event-queue.ts'
import { isMet, type Figure } from '../src/scale/figure.ts'
import { broadcast } from '../src/scale/measures/broadcast.ts'
import { overlay } from '../src/scale/measures/overlay.ts'
import { resilience } from '../src/scale/measures/resilience.ts'
import { rest } from '../src/scale/measures/rest.ts'
import { split } from '../src/scale/measures/split.ts'
import {
  clusteringOf,
  differenceOf,
  hopsFrom,
  isConnected,
  symmetryOf,
} from '../src/scale/overlay-graph.ts'
import { settledWorld, worldOf } from '../src/scale/settled.ts'
import { tableOf } from '../src/scale/table.ts'

function valueOf(figures: readonly Figure[], what: string): number {
  const figure = figures.find((each) => each.what === what)
  if (figure === undefined) throw new Error(`there is no figure ${what}`)
  return figure.value
}

describe('the event queue', () => {
  test('gives events as a sorted list does, also those that are far away', () => {
    const chance = new Chance(5)
    const queue = new EventQueue<number>()
    const twin: { at: number; due: number }[] = []
    const set = (due: number): void => {
      const delay = Math.floor(chance.next() ** 4 * 400_000)
      queue.set(delay, due % 7, due)
      const at = queue.now + delay
      const later = twin.findIndex((each) => each.at > at)
      twin.splice(later === -1 ? twin.length : later, 0, { at, due })
    }
    for (let due = 0; due < 500; due++) set(due)
    for (let due = 500; twin.length > 0;) {
      const first = twin.shift()
      expect(queue.take(Infinity)).toBe(true)
      expect([queue.now, queue.due, queue.subject]).toEqual([
        first?.at,
        first?.due,
        (first?.due ?? 0) % 7,
      ])
      for (let more = Math.floor(chance.next() * 3); more > 0 && due < 3_000; more--) set(due++)
    }
    expect(queue.take(queue.now + 1_000)).toBe(false)
  })

  test('lets time pass up to a moment, and no further', () => {
    const queue = new EventQueue<string>()
    queue.set(10, 0, 'ten')
    expect(queue.take(9)).toBe(false)
    expect(queue.now).toBe(9)
    expect(queue.take(10)).toBe(true)
    expect(queue.due).toBe('ten')
  })
})

describe('the shape of an overlay', () => {
  const ring = [0, 1, 2, 3, 4, 5].map((place) => [(place + 1) % 6, (place + 5) % 6])
  const triangles = [
    [1, 2],
    [0, 2],
    [0, 1],
    [4, 5],
    [3, 5],
    [3, 4],
  ]

  test('of a ring, and of two triangles', () => {
    expect([...hopsFrom(0, ring)]).toEqual([0, 1, 2, 3, 2, 1])
    expect([...hopsFrom(0, triangles)]).toEqual([0, 1, 1, -1, -1, -1])
    expect([isConnected(ring, [0, 3]), isConnected(triangles, [0, 3])]).toEqual([true, false])
    expect([clusteringOf(ring), clusteringOf(triangles)]).toEqual([0, 1])
    expect(differenceOf(ring, triangles)).toBe(24 - 2 * 8)
  })

  test('a link that one end knows of is not symmetrical', () => {
    expect(symmetryOf([[1, 2], [0], []])).toBeCloseTo(2 / 3)
  })
})

describe('links between very many', () => {
  const setting = { replicas: 4, seed: 3 }

  test('whose process ends is missed within a latency, whose power goes is not', () => {
    for (const [death, left] of [
      ['process', 2],
      ['power', 3],
    ] as const) {
      const world = settledWorld(setting)
      world.kill(3, death)
      world.run(100)
      expect([...world.replica(0).gossip.links.open()]).toHaveLength(left)
    }
  })

  test('what one half writes reaches the other only after it has healed', () => {
    const world = settledWorld(setting)
    world.network.split((place) => place % 2)
    const spread = world.publish(0)
    world.run(60_000)
    expect([spread.has(2), spread.has(1), spread.reached]).toEqual([true, false, 2])
    world.network.heal()
    world.run(20_000)
    expect([spread.has(1), spread.reached]).toEqual([true, 4])
    expect(spread.shareMs(world.up(), 1)).toBe(spread.lastMs)
  })

  test('nobody hears of one that has not started yet', () => {
    const world = worldOf(setting)
    expect(world.up()).toEqual([])
    world.run(10)
    expect(world.up()).toEqual([0, 1, 2, 3])
  })
})

describe('the measures', () => {
  const senders = { warmUp: 2, one: 3, random: 3, burst: 4 }

  test('[L6] every broadcast reaches all of thirty, over few hops and hardly ever twice', () => {
    const figures = broadcast({ replicas: 30, seed: 11 }, senders)
    for (const name of ['one sender, 3 rounds', 'random senders, 3 rounds', '4 at once']) {
      expect(valueOf(figures, `${name}: missed`)).toBe(0)
      expect(valueOf(figures, `${name}: RMR`)).toBeLessThan(3)
      expect(valueOf(figures, `${name}: last hop, most`)).toBeGreaterThan(0)
    }
  })

  test('a seed gives the same figures always, and another seed others', () => {
    const take = (seed: number): Figure[] => {
      const setting = { replicas: 8, seed }
      const few = { warmUp: 1, one: 2, random: 2, burst: 8 }
      return [
        ...overlay(setting),
        ...rest(setting),
        ...broadcast(setting, few),
        ...split(setting),
        ...resilience(setting),
      ]
    }
    expect(take(4)).toEqual(take(4))
    expect(take(4)).not.toEqual(take(5))
  })

  test('a table says which aims were met', () => {
    const never = {
      what: 'healed',
      value: Infinity,
      unit: 's',
      target: { bound: 'at most', value: 3 },
    } as const
    const some = {
      what: 'reached',
      value: 99.5,
      unit: '%',
      target: { bound: 'at least', value: 99 },
      published: '98',
    } as const
    expect([isMet(never), isMet(some)]).toEqual([false, true])
    expect(tableOf([never, some])).toEqual([
      '         measured  target           published',
      'healed   never s   ≤ 3     NOT MET',
      'reached  99.5 %    ≥ 99    met      98',
    ])
  })
})
