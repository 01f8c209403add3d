import type { Dot } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { World } from './world.ts'

const REPLICAS = 30

function started(seed: number): World {
  const world = new World({ replicas: REPLICAS, seed, remembered: true })
  world.start(20_000)
  return world
}

/** Somebody who is up publishes, each `spacingMs`, so many times. */
function publish(world: World, times: number, spacingMs: number): Dot[] {
  return Array.from({ length: times }, () => {
    const dot = world.chance.pick(world.up())?.publish()
    world.run(spacingMs)
    return dot as Dot
  })
}

/** Counts entries that are pushed, asked for, and asked for with a graft. */
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
  test('grows a tree, along which each entry is pushed to everybody once', () => {
    const world = started(1)
    publish(world, 30, 500)
    const counts = counted(world)
    publish(world, 40, 500)
    expect(counts).toEqual({ pushed: 40 * (REPLICAS - 1), fetched: 0 })
    expect(world.areEqual).toBe(true)
    expect(world.untold).toEqual([])
  })

  test('still reaches everybody when the root of the tree, and then another, is gone', () => {
    const world = started(2)
    publish(world, 30, 500)
    for (const death of ['process', 'power'] as const) {
      const root = world.up().toSorted((a, b) => (a.id < b.id ? -1 : 1))[0]
      if (root === undefined) throw new Error('nobody is up')
      root.publish()
      world.run(1_000)
      world.kill(root, death)
      publish(world, 20, 500)
      world.run(5_000)
      expect(world.areEqual).toBe(true)
    }
    // The tree is whole again, too.
    publish(world, 60, 500)
    const counts = counted(world)
    publish(world, 20, 500)
    expect(counts.fetched).toBe(0)
    // A link or two may still bring what comes by another.
    expect(counts.pushed).toBeLessThan(20 * (REPLICAS - 3) * 1.1)
  })

  test.for([3, 4, 5])('misses nothing while links are cut at random, seed %i', (seed) => {
    const world = started(seed)
    const counts = counted(world)
    for (let cut = 0; cut < 60; cut++) {
      const link = world.chance.pick(world.links.whole())
      publish(world, 4, 1 + Math.floor(world.chance.next() * 40))
      if (link !== undefined) world.links.reset(link)
    }
    expect(world.areEqual).toBe(false)
    expect(world.runUntil(() => world.areEqual, 30_000)).toBeLessThan(10_000)
    expect(counts.fetched).toBeGreaterThan(0)
    expect(world.untold).toEqual([])
  })
})
