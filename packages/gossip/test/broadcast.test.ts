import { GOSSIP_LIMITS } from '@rejoin/gossip'
import { describe, expect, test } from 'vitest'

import { World } from './world.ts'

const REPLICAS = 20

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

/** Counts entries that are pushed, and those that are asked for. */
function counted(world: World): { pushed: number; fetched: number } {
  const counts = { pushed: 0, fetched: 0 }
  world.onFrame = ({ message }) => {
    if (message.type === 'entries') counts.fetched += message.entries.length
    if (message.type !== 'push') return
    for (const { entries } of message.series) counts.pushed += entries.length
  }
  return counts
}

describe('[L6] a broadcast among many', () => {
  test.for([1, 2, 3, 4])(
    'grows a tree, along which each entry is pushed to everybody once, seed %i',
    (seed) => {
      const world = started(seed)
      for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
      const counts = counted(world)
      publishAll(world, 500)
      const least = REPLICAS * (REPLICAS - 1)
      expect(counts.fetched).toBe(0)
      expect(counts.pushed).toBeGreaterThanOrEqual(least)
      // A link may bring something twice before it is pruned.
      expect(counts.pushed).toBeLessThan(least * 1.02)
      expect(world.areEqual).toBe(true)
      expect(world.untold).toEqual([])
    },
  )

  test.for(['process', 'power'] as const)(
    'still reaches everybody when the tree’s root is gone, its %s, and then grows another',
    (death) => {
      const world = started(2)
      publishAll(world, 500)
      // The lowest id of those that have sent something.
      const [root] = world.up().toSorted((a, b) => (a.id < b.id ? -1 : 1))
      if (root === undefined) throw new Error('nobody is up')
      world.kill(root, death)
      publishAll(world, 500)
      world.run(5_000)
      expect(world.areEqual).toBe(true)
      world.run(GOSSIP_LIMITS.rootMs)
      for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
      const counts = counted(world)
      publishAll(world, 500)
      const least = (REPLICAS - 1) * (REPLICAS - 2)
      expect(counts.fetched).toBe(0)
      expect(counts.pushed).toBeGreaterThanOrEqual(least)
      // A link may bring something twice before it is pruned.
      expect(counts.pushed).toBeLessThan(least * 1.02)
    },
  )

  test.for([3, 4, 5])('misses nothing while links are cut at random, seed %i', (seed) => {
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
