import { Chance, type GossipEvent } from '@rejoin/gossip'
import { decodeReplicaMessage, encodeReplicaMessage } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { Cast } from '../src/scale/cast.ts'
import { EventQueue } from '../src/scale/event-queue.ts'
import { isMet, type Figure } from '../src/scale/figure.ts'
import { broadcast } from '../src/scale/measures/broadcast.ts'
import { crashes } from '../src/scale/measures/crashes.ts'
import { overlay } from '../src/scale/measures/overlay.ts'
import { resilience } from '../src/scale/measures/resilience.ts'
import { rest } from '../src/scale/measures/rest.ts'
import { split } from '../src/scale/measures/split.ts'
import { Network, type Knock } from '../src/scale/network.ts'
import {
  clusteringOf,
  differenceOf,
  hopsFrom,
  isConnected,
  symmetryOf,
} from '../src/scale/overlay-graph.ts'
import { settledWorld, worldOf } from '../src/scale/settled.ts'
import { Standstills } from '../src/scale/standstills.ts'
import { tableOf } from '../src/scale/table.ts'

function valueOf(figures: readonly Figure[], what: string): number {
  const figure = figures.find((each) => each.what === what)
  if (figure === undefined) throw new Error(`there is no figure ${what}`)
  return figure.value
}

function seqIn(frame: Uint8Array): number {
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && decoded.value.type === 'ping' ? decoded.value.seq : 0
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

  test('a frame that is late holds up those behind it, so that none overtakes another', () => {
    const queue = new EventQueue<GossipEvent | Knock>()
    const cast = new Cast(2, 1)
    const lateness = { share: 0.1, leastMs: 1_000, mostMs: 3_000 }
    const network = new Network({ queue, cast, latency: [10, 100], lateness, seed: 1 })
    for (const place of [0, 1]) network.started(place)
    const taken: [number, number][] = []
    const take = (due: GossipEvent | Knock | undefined): void => {
      if (due?.type === 'knock') return network.knocked(1, due)
      const event = due === undefined ? undefined : network.heard(due)
      if (event?.type === 'frame') taken.push([seqIn(event.frame), queue.now])
    }
    network.dial(0, cast.addresses[1] ?? '')
    while (queue.take(1_000)) take(queue.due)
    for (let frame = 1; frame <= 100; frame++) {
      network.send([0], encodeReplicaMessage({ type: 'ping', seq: frame }))
      while (queue.take(1_000 + frame * 100)) take(queue.due)
    }
    while (queue.take(20_000)) take(queue.due)
    expect(taken.map(([frame]) => frame)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    const late = taken.filter(([frame, at]) => at - (900 + frame * 100) > 100)
    expect(late.length).toBeGreaterThan(10)
  })

  test('for one that stands still everything waits, timers apart', () => {
    const standstills = new Standstills<{ type: string; at: number }>()
    const due = ['frame', 'timer', 'frame', 'timer', 'linked'].map((type, at) => ({ type, at }))
    expect(due.some((each) => standstills.keeps(7, each))).toBe(false)
    standstills.begin(7)
    expect(due.every((each) => standstills.keeps(7, each))).toBe(true)
    expect(standstills.keeps(8, { type: 'frame', at: 0 })).toBe(false)
    expect(standstills.take(7, 3).map(({ at }) => at)).toEqual([1, 3, 0])
    expect(standstills.take(7, Infinity).map(({ at }) => at)).toEqual([2, 4])
    expect(standstills.keeps(7, { type: 'frame', at: 0 })).toBe(true)
    standstills.end(7)
    expect(standstills.keeps(7, { type: 'frame', at: 0 })).toBe(false)
  })

  test('one that stands still gets what was sent to it when it goes on', () => {
    const world = settledWorld(setting)
    world.standStill(2)
    const spread = world.publish(0)
    world.run(3_000)
    expect([spread.has(2), spread.reached]).toEqual([false, 3])
    world.goOn(2)
    expect([spread.has(2), spread.lastMs]).toEqual([true, 3_000])
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

  test('a process that is gone is accused within two round trips, and failed for all soon', () => {
    const figures = crashes({ replicas: 20, seed: 2 })
    expect(valueOf(figures, 'process gone: accused, most')).toBeLessThanOrEqual(2)
    for (const name of ['process gone', 'power lost']) {
      expect(valueOf(figures, `${name}: all hold it for failed, mean`)).toBeLessThan(20)
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
