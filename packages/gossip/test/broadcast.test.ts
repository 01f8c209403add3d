import { GOSSIP_LIMITS } from '@rejoin/gossip'
import type { ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import type { WorldReplica } from './world-replica.ts'
import { World } from './world.ts'

const REPLICAS = 16

function started(seed: number): World {
  const world = new World({ replicas: REPLICAS, seed, remembered: true })
  world.start(10_000)
  return world
}

/** All publish in turn, in an order that chance gives. */
function publishAll(world: World, spacingMs: number): void {
  const up = world.up()
  for (const replica of world.chance.sample(up, up.length)) {
    replica.publish()
    world.run(spacingMs)
  }
}

interface Counts {
  /** Entries that were pushed, and that were asked for. */
  pushed: number
  fetched: number
  /** New links that were to stay. */
  links: number
}

function counted(world: World): Counts {
  const counts = { pushed: 0, fetched: 0, links: 0 }
  world.onFrame = ({ message }) => {
    if (message.type === 'hello' && message.wish !== 'visit') counts.links += 1
    if (message.type === 'entries') counts.fetched += message.entries.length
    if (message.type !== 'push') return
    for (const { entries } of message.series) counts.pushed += entries.length
  }
  return counts
}

/** What is sent while some publish, in a turn without a new link: such a one is pruned first. */
function quiet(world: World, publish: () => void): Counts {
  for (let turn = 0; turn < 8; turn++) {
    const counts = counted(world)
    publish()
    if (counts.links === 0) return counts
  }
  throw new Error('the overlay does not come to rest')
}

function quietTurn(world: World): Counts {
  return quiet(world, () => publishAll(world, 500))
}

/** Whom each replica that is up takes for the root of the tree, as it tells its peers. */
function roots(world: World): Set<ReplicaId | undefined> {
  const told = new Map<WorldReplica, ReplicaId | undefined>()
  world.onFrame = ({ from, message }) => {
    if (message.type === 'have') told.set(from, message.position?.root)
  }
  world.run(2 * GOSSIP_LIMITS.heartbeatMs)
  return new Set(world.up().map((replica) => told.get(replica)))
}

describe('[L6] a broadcast among many', () => {
  test.for([1, 2, 3])(
    'grows a tree, along which each entry is pushed to everybody once, seed %i',
    (seed) => {
      const world = started(seed)
      for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
      expect(quietTurn(world)).toMatchObject({ pushed: REPLICAS * (REPLICAS - 1), fetched: 0 })
      expect(world.areEqual).toBe(true)
      expect(world.untold).toEqual([])
    },
  )

  test.for([2, 10, 37])(
    'comes to each once from one sender, whatever links were pruned while the tree grew, seed %i',
    (seed) => {
      const world = new World({ replicas: 40, seed, remembered: false })
      world.start(20_000)
      const sender = world.chance.pick(world.up())
      const publish = (rounds: number): void => {
        for (let round = 0; round < rounds; round++) {
          sender?.publish()
          world.run(1_000)
        }
      }
      publish(12)
      expect(quiet(world, () => publish(3)).pushed).toBe(3 * 39)
    },
  )

  test.for(['process', 'power'] as const)(
    'still reaches everybody when the tree’s root is gone, its %s, and then grows another',
    (death) => {
      const world = started(2)
      publishAll(world, 500)
      const [id] = roots(world)
      const root = world.up().find((replica) => replica.id === id)
      if (root === undefined) throw new Error('nobody is the root')
      world.kill(root, death)
      publishAll(world, 500)
      world.run(5_000)
      expect(world.areEqual).toBe(true)
      world.run(GOSSIP_LIMITS.rootWordMs)
      for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
      const [next, ...others] = roots(world)
      expect(others).toEqual([])
      expect(next).not.toBe(id)
      const pushed = (REPLICAS - 1) * (REPLICAS - 2)
      expect(quietTurn(world)).toMatchObject({ pushed, fetched: 0 })
    },
  )

  test.for([5, 6])('has one root again after each half had its own, seed %i', (seed) => {
    const world = started(seed)
    publishAll(world, 500)
    world.links.split((place) => place % 2)
    world.run(2 * GOSSIP_LIMITS.rootWordMs)
    for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
    const apart = roots(world)
    expect(apart.size).toBe(2)
    expect(apart).not.toContain(undefined)
    world.links.heal()
    world.run(120_000)
    const [root, ...others] = roots(world)
    expect(others).toEqual([])
    expect(apart).toContain(root)
  })

  test.for([3, 4])('misses nothing while links are cut at random, seed %i', (seed) => {
    const world = started(seed)
    const counts = counted(world)
    for (let cut = 0; cut < 40; cut++) {
      const link = world.chance.pick(world.links.whole())
      for (const replica of world.chance.sample(world.up(), 4)) {
        replica.publish()
        world.run(1 + Math.floor(world.chance.next() * 40))
      }
      if (link !== undefined) world.links.reset(link)
    }
    expect(world.areEqual).toBe(false)
    expect(world.runUntil(() => world.areEqual, 30_000)).toBeLessThan(10_000)
    expect(counts.fetched).toBeGreaterThan(0)
    expect(world.untold).toEqual([])
  })
})
