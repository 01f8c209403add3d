import { NO_TAGS, type Hello, type MemberRecord, type ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { helloOf, id, Rig } from './rig.ts'
import { graphOf, partsOf } from './world-graph.ts'
import { World } from './world.ts'

function publishAll(world: World): void {
  for (const replica of world.up()) replica.publish()
}

const isWhole = (world: World): boolean => world.areEqual && partsOf(graphOf(world)) === 1

describe('[L6] a cluster that was split', () => {
  test('for longer than it takes to hold the others for failed becomes one again', () => {
    const world = new World({ replicas: 20, seed: 1, remembered: true })
    world.start(20_000)
    world.links.split((place) => place % 2)
    publishAll(world)
    world.run(60_000)
    publishAll(world)
    world.run(10_000)
    expect(partsOf(graphOf(world))).toBe(2)
    for (const { place, gossip } of world.up()) {
      const failed = [...gossip.membership.all()].filter(({ state }) => state === 'failed')
      const sides = failed.map(({ replica }) => placeOf(world, replica) % 2)
      expect(new Set(sides)).toEqual(new Set([1 - (place % 2)]))
    }
    world.links.heal()
    expect(world.runUntil(() => isWhole(world), 300_000)).toBeLessThan(60_000)
    world.run(20_000)
    for (const { gossip } of world.up()) {
      expect([...gossip.membership.all()].every(({ state }) => state === 'alive')).toBe(true)
    }
    expect(world.untold).toEqual([])
  })

  test('while nobody noticed, as nobody was linked to the others, becomes one too', () => {
    const world = new World({ replicas: 20, seed: 2, remembered: true })
    world.links.split((place) => place % 2)
    world.start(40_000)
    world.links.heal()
    const beliefs = world.up().map(({ gossip: { membership } }) => {
      return membership.items.sum(0, membership.items.size)
    })
    expect(new Set(beliefs.map(({ left, right }) => `${left} ${right}`)).size).toBe(1)
    expect(partsOf(graphOf(world))).toBe(2)
    publishAll(world)
    expect(world.runUntil(() => isWhole(world), 300_000)).toBeLessThan(120_000)
    expect(world.untold).toEqual([])
  })
})

function placeOf(world: World, replica: ReplicaId): number {
  return world.replicas.findIndex((each) => each.id === replica)
}

describe('a visit', () => {
  /** One with all the links that it wants; of the other members only `9` can be dialled. */
  function among(): Rig {
    const rig = new Rig(['there'])
    for (const [at, peer] of 'abcdef'.split('').entries()) {
      rig.step({ type: 'linked', link: at + 1 })
      rig.hears(at + 1, helloOf(id(peer)))
    }
    const members = '01239'.split('').map((letter) => memberAt(letter))
    rig.hears(1, { type: 'members', members, addresses: [] })
    // In the mesh that it was till then it had dialled it.
    rig.step({ type: 'dial-failed', address: 'there' })
    rig.take('send')
    return rig
  }

  function memberAt(letter: string): MemberRecord {
    const address = letter === '9' ? 'there' : ''
    return { replica: id(letter), incarnation: 0, state: 'alive', address, tags: NO_TAGS }
  }

  /** Its repair timer comes; answers the address that it dials. */
  function repair(rig: Rig): string | undefined {
    const timers = rig.take('schedule').map(({ timer }) => timer)
    const timer = timers.findLast(({ kind }) => kind === 'repair')
    if (timer === undefined) throw new Error('no visits are planned')
    rig.take('dial')
    rig.step({ type: 'timer', timer })
    return rig.take('dial')[0]?.address
  }

  /** A visit to `9`, which believes the same unless `says` differs; answers what is dialled after it. */
  function visit(rig: Rig, link: number, says: Partial<Hello>): string[] {
    const address = repair(rig)
    rig.step({ type: 'linked', link, dialled: 'there' })
    const [own] = rig.messages(link)
    if (own?.type !== 'hello') throw new Error('no hello')
    expect([address, own.wish]).toEqual(['there', 'visit'])
    const { members, beliefs } = own
    rig.hears(link, { ...helloOf(id('9')), address: 'there', members, beliefs, ...says })
    rig.hears(link, { type: 'contacts', contacts: [] })
    expect(rig.closed()).toEqual([[link, 'visited']])
    return rig.take('dial').map(({ address: dialled }) => dialled)
  }

  test('finds one of another mind, and asks it for a link', () => {
    const rig = among()
    expect(visit(rig, 11, {})).toEqual([])
    expect(visit(rig, 12, { beliefs: new Uint8Array(8) })).toEqual(['there'])
  })

  test('finds one that lacks what was written before the last visit, and asks it for a link', () => {
    const rig = among()
    rig.heads.set(id('5'), { seq: 7, hash: '1'.repeat(16) })
    // Some of it may still be on its way.
    expect(visit(rig, 11, { holds: 0 })).toEqual([])
    expect(visit(rig, 12, { holds: 7 })).toEqual([])
    expect(visit(rig, 13, { holds: 6 })).toEqual(['there'])
  })
})
