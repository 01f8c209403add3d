import { GOSSIP_LIMITS } from '@rejoin/gossip'
import { describe, expect, test } from 'vitest'

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
      // The lowest id of those that have sent something.
      const [root] = world.up().toSorted((a, b) => (a.id < b.id ? -1 : 1))
      if (root === undefined) throw new Error('nobody is up')
      world.kill(root, death)
      publishAll(world, 500)
      world.run(5_000)
      expect(world.areEqual).toBe(true)
      world.run(GOSSIP_LIMITS.rootMs)
      for (let turn = 0; turn < 2; turn++) publishAll(world, 500)
      const pushed = (REPLICAS - 1) * (REPLICAS - 2)
      expect(quietTurn(world)).toMatchObject({ pushed, fetched: 0 })
    },
  )

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
