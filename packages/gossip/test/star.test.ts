import { describe, expect, test } from 'vitest'

import { degreesOf, graphOf } from './world-graph.ts'
import type { WorldReplica } from './world-replica.ts'
import { World } from './world.ts'

const REPLICAS = 10

/** A full mesh that is too large for everybody to push to everybody. */
function started(seed: number): World {
  const world = new World({ replicas: REPLICAS, seed, remembered: true, meshMax: 32 })
  world.start(10_000)
  return world
}

/** All publish in turn, in an order that chance gives; answers how many entries were pushed and fetched. */
function publishAll(world: World, spacingMs: number): { pushed: number; fetched: number } {
  const counts = { pushed: 0, fetched: 0 }
  world.onFrame = ({ message }) => {
    if (message.type === 'entries') counts.fetched += message.entries.length
    if (message.type !== 'push') return
    for (const { entries } of message.series) counts.pushed += entries.length
  }
  const up = world.up()
  for (const replica of world.chance.sample(up, up.length)) {
    replica.publish()
    world.run(spacingMs)
  }
  return counts
}

function lowest(world: World): WorldReplica {
  const [first] = world.up().toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (first === undefined) throw new Error('nobody is up')
  return first
}

describe('[L6] a broadcast in a full mesh of more than eight', () => {
  test.for([1, 2, 3])('goes by way of the lowest id, to everybody once, seed %i', (seed) => {
    const world = started(seed)
    expect(degreesOf(graphOf(world))).toEqual(Array.from({ length: REPLICAS }, () => REPLICAS - 1))
    const [middle, senders] = [lowest(world), new Set<WorldReplica>()]
    const once = REPLICAS * (REPLICAS - 1)
    expect(publishAll(world, 500)).toEqual({ pushed: once, fetched: 0 })
    world.onFrame = ({ from, to, message }) => {
      if (message.type === 'push' && to !== middle) senders.add(from)
    }
    for (const replica of world.up()) replica.publish()
    world.run(500)
    expect([...senders]).toEqual([middle])
    expect(world.areEqual).toBe(true)
  })

  test.for([1, 2])('is missed by nobody as the one in the middle ends, seed %i', (seed) => {
    const world = started(seed)
    publishAll(world, 50)
    for (const replica of world.up()) replica.publish()
    world.kill(lowest(world), 'process')
    const { fetched } = publishAll(world, 500)
    expect(fetched).toBe(0)
    expect(world.areEqual).toBe(true)
    const once = (REPLICAS - 1) * (REPLICAS - 2)
    expect(publishAll(world, 500)).toEqual({ pushed: once, fetched: 0 })
  })

  test.for([1])('goes by way of another when the middle loses power, seed %i', (seed) => {
    const world = started(seed)
    publishAll(world, 50)
    world.kill(lowest(world), 'power')
    publishAll(world, 500)
    expect(world.runUntil(() => world.areEqual, 30_000)).toBeLessThan(5_000)
    world.run(30_000)
    publishAll(world, 500)
    const once = (REPLICAS - 1) * (REPLICAS - 2)
    expect(publishAll(world, 500)).toEqual({ pushed: once, fetched: 0 })
  })

  test.for([1])('misses nothing while links are cut at random, seed %i', (seed) => {
    const world = started(seed)
    for (let cut = 0; cut < 20; cut++) {
      const link = world.chance.pick(world.links.whole())
      for (const replica of world.chance.sample(world.up(), 4)) {
        replica.publish()
        world.run(1 + Math.floor(world.chance.next() * 40))
      }
      if (link !== undefined) world.links.reset(link)
    }
    expect(world.runUntil(() => world.areEqual, 30_000)).toBeLessThan(10_000)
    expect(world.untold).toEqual([])
  })
})
