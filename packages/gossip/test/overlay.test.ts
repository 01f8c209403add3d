import { EMPTY_VERSION, NO_TAGS, type MemberRecord, type ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { OVERLAY_LIMITS } from '../src/overlay-limits.ts'
import { helloOf, id, Rig } from './rig.ts'
import { degreesOf, graphOf, isSymmetric, partsOf } from './world-graph.ts'
import { World } from './world.ts'

const MOST = OVERLAY_LIMITS.active + OVERLAY_LIMITS.activeSlack

function checkViews(world: World): void {
  const graph = graphOf(world)
  expect(partsOf(graph)).toBe(1)
  expect(isSymmetric(graph)).toBe(true)
  expect(Math.min(...degreesOf(graph))).toBeGreaterThanOrEqual(3)
  expect(Math.max(...degreesOf(graph))).toBeLessThanOrEqual(MOST + 1)
}

test('the overlay is a full mesh up to eight, partial views beyond that, and a mesh again', () => {
  const world = new World({ replicas: 8, seed: 1 })
  world.start(5_000)
  expect(degreesOf(graphOf(world))).toEqual(Array.from({ length: 8 }, () => 7))
  world.start(30_000, [world.add()])
  checkViews(world)
  for (let more = 0; more < 4; more++) world.start(1_000, [world.add()])
  world.run(20_000)
  checkViews(world)
  for (const gone of world.replicas.slice(7, 12)) {
    world.retire(gone, world.replica(0))
    world.run(1_000)
    expect(gone.disowned).toContain('was removed')
    world.kill(gone, 'process')
  }
  world.run(10_000)
  expect(degreesOf(graphOf(world))).toEqual(Array.from({ length: 8 }, () => 7))
  expect(world.untold).toEqual([])
})

test('twenty that all dial the same one spread out, and so do those that it has no room for', () => {
  const world = new World({ replicas: 20, seed: 2 })
  const refused = { full: 0, evicted: 0 }
  world.onClose = (code) => {
    if (code === 'view-full') refused.full += 1
    if (code === 'evicted') refused.evicted += 1
  }
  world.start(30_000)
  checkViews(world)
  expect(refused.full).toBeGreaterThan(0)
  expect(refused.evicted).toBeGreaterThan(0)
})

describe('a replica whose view is full', () => {
  const peers = 'abcdef'.split('').map(id)
  /** One with as many links as it takes, among twenty members. */
  function full(): Rig {
    const rig = new Rig()
    const others = Array.from({ length: 13 }, (_, at) => memberAt(at + 1))
    for (const [at, peer] of peers.entries()) {
      rig.step({ type: 'linked', link: at + 1 })
      rig.hello(at + 1, peer)
    }
    rig.hears(1, { type: 'members', members: others, addresses: [] })
    expect(rig.closed()).toEqual([])
    rig.take('send')
    return rig
  }

  function memberAt(number: number): MemberRecord {
    const replica = number.toString(16).padStart(16, '0') as ReplicaId
    return { replica, incarnation: 0, state: 'alive', address: `at ${number}`, tags: NO_TAGS }
  }

  test('refuses one more, and tells it of others', () => {
    const rig = full()
    rig.step({ type: 'linked', link: 9 })
    rig.hello(9, id('9'))
    const [contacts, ...more] = rig.messages(9)
    expect(more).toEqual([])
    if (contacts?.type !== 'contacts') throw new Error('no contacts')
    const told = contacts.contacts.map(({ replica }) => replica)
    expect(told).toHaveLength(OVERLAY_LIMITS.shuffleActive)
    expect(peers).toEqual(expect.arrayContaining(told))
    expect(rig.closed()).toEqual([[9, 'view-full']])
  })

  test('passes one that joins on to its neighbours', () => {
    const rig = full()
    rig.step({ type: 'linked', link: 9 })
    rig.hears(9, { ...helloOf(id('9')), address: 'at 9', wish: 'join' })
    const joins = rig.allSent().filter(({ message }) => message.type === 'forward-join')
    expect(joins).toHaveLength(OVERLAY_LIMITS.active)
    expect(new Set(joins.map(({ link }) => link)).size).toBe(OVERLAY_LIMITS.active)
    expect(rig.closed()).toEqual([[9, 'view-full']])
  })

  test('waits when most are gone, and looks again at once when it loses more', () => {
    const rig = full()
    const dials = (): string[] => rig.take('dial').map(({ address }) => address)
    for (const link of [6, 5]) rig.step({ type: 'unlinked', link })
    for (let left = OVERLAY_LIMITS.failuresMax; left > 0; left--) {
      for (const address of dials()) rig.step({ type: 'dial-failed', address })
    }
    const seeks = rig.take('schedule').filter(({ timer }) => timer.kind === 'seek')
    expect(seeks.map(({ delayMs }) => delayMs > OVERLAY_LIMITS.seekMs)).toEqual([true])
    rig.step({ type: 'unlinked', link: 4 })
    // It is visited in any case.
    expect(dials().filter((address) => address !== 'at d')).not.toEqual([])
  })

  test('takes one that has nobody, and evicts another, which hears of others', () => {
    const rig = full()
    rig.step({ type: 'linked', link: 9 })
    rig.hears(9, { ...helloOf(id('9')), wish: 'urgent' })
    const [closed, ...more] = rig.closed()
    expect(more).toEqual([])
    if (closed === undefined) throw new Error('nobody was evicted')
    expect(closed[1]).toBe('evicted')
    expect(peers.map((_, at) => at + 1)).toContain(closed[0])
    expect(rig.sent(closed[0])).toContain('contacts')
  })
})

describe('[L6] one that remembers many', () => {
  const members = Array.from({ length: 20 }, (_, at) => {
    const replica = (at + 1).toString(16).padStart(16, '0') as ReplicaId
    return { replica, address: `at ${at + 1}`, version: EMPTY_VERSION, retired: false }
  })

  test('has met whoever it is configured with and remembers', () => {
    const rig = new Rig(['at 7'], members)
    expect(rig.gossip.unmet()).toEqual([])
  })

  test('visits at once whoever else it is configured with, as the others may have moved', () => {
    const rig = new Rig(['at 7', 'elsewhere'], members)
    expect(rig.gossip.unmet()).toEqual(['elsewhere'])
    rig.step({ type: 'started' })
    expect(rig.take('dial').map(({ address }) => address)).toContain('elsewhere')
    rig.step({ type: 'linked', link: 1, dialled: 'elsewhere' })
    rig.hears(1, { ...helloOf(id('a')), address: 'elsewhere' })
    expect(rig.gossip.unmet()).toEqual([])
    // What that one believes is different, so that it is asked for a link.
    rig.hears(1, { type: 'contacts', contacts: [] })
    expect(rig.take('dial').map(({ address }) => address)).toContain('elsewhere')
  })
})
