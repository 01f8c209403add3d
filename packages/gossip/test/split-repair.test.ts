import { describe, expect, test } from 'vitest'

import { graphOf, partsOf } from './world-graph.ts'
import { World } from './world.ts'

function publishAll(world: World): void {
  for (const replica of world.up()) replica.publish()
}

describe('[L6] a cluster that was split', () => {
  test('for longer than it takes to hold the others for failed becomes one again', () => {
    const world = new World({ replicas: 20, seed: 1, remembered: true })
    world.start(20_000)
    world.links.split((place) => place % 2)
    for (let minute = 0; minute < 2; minute++) {
      publishAll(world)
      world.run(60_000)
    }
    expect(partsOf(graphOf(world))).toBe(2)
    for (const { place, gossip } of world.up()) {
      const failed = [...gossip.membership.all()].filter(({ state }) => state === 'failed')
      expect(failed.map(({ replica }) => placeOf(world, replica) % 2)).toEqual(
        Array.from({ length: 10 }, () => (place + 1) % 2),
      )
    }
    world.links.heal()
    const isWhole = (): boolean => world.areEqual && partsOf(graphOf(world)) === 1
    expect(world.runUntil(isWhole, 300_000)).toBeLessThan(60_000)
    world.run(20_000)
    for (const { gossip } of world.up()) {
      expect([...gossip.membership.all()].every(({ state }) => state === 'alive')).toBe(true)
    }
    expect(world.untold).toEqual([])
  })
})

function placeOf(world: World, replica: string): number {
  return world.replicas.findIndex((each) => each.id === replica)
}
