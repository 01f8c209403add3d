import type { Member } from '@rejoin/gossip'
import { EMPTY_VERSION, NO_TAGS, type ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { helloOf, id, Rig } from './rig.ts'
import { World } from './world.ts'

const idOf = (number: number): ReplicaId => number.toString(16).padStart(16, '0') as ReplicaId

/** Members that nobody can dial. */
function memberOf(number: number, retired = false): Member {
  return { replica: idOf(number), address: '', version: EMPTY_VERSION, retired }
}

describe('[L6] replicas that know two hundred members', () => {
  /** Each lacks some, knows some alone, and knows of some that they are gone. */
  function different(replicas: number): World {
    const world = new World({ replicas, seed: 1 })
    for (const replica of world.replicas) {
      const { place } = replica
      const common = Array.from({ length: 200 }, (_, at) => at + 1)
        .filter((number) => number % 50 !== place)
        .map((number) => memberOf(number, number % 60 === place))
      replica.remembers([...common, memberOf(1_000 + place), memberOf(2_000 + place)])
    }
    return world
  }

  test('find out by ranges in which they differ, and tell no versions before', () => {
    const world = different(4)
    const counts = { compared: 0, records: 0 }
    world.onFrame = ({ message }) => {
      if (message.type === 'compare') counts.compared += 1
      if (message.type === 'members') counts.records += message.members.length
    }
    world.start(1_000)
    for (const replica of world.replicas) replica.publish()
    world.run(10_000)
    const beliefs = world.replicas.map(({ gossip: { membership } }) => {
      return membership.items.sum(0, membership.items.size)
    })
    expect(beliefs).toEqual(beliefs.map(() => beliefs[0]))
    expect(world.replica(0).gossip.membership.items.size).toBe(200 + 2 * 4 + 4)
    expect(world.untold).toEqual([])
    expect(world.areEqual).toBe(true)
    expect(counts.compared).toBeGreaterThan(0)
    // All of them on each link, both ways, would be well over a thousand.
    expect(counts.records).toBeLessThan(300)
  })

  test('do not tell versions while the comparison is under way', () => {
    const world = different(2)
    const order: string[] = []
    world.onFrame = ({ message }) => order.push(message.type)
    const agreed = (): boolean => world.up().every(({ gossip }) => gossip.links.openCount === 1)
    for (const replica of world.replicas) replica.log.publish()
    world.start(0)
    expect(world.runUntil(() => agreed() && order.includes('have'), 5_000)).toBeLessThan(5_000)
    expect(order.filter((type) => type === 'compare').length).toBeGreaterThan(4)
    expect(order.lastIndexOf('compare')).toBeLessThan(order.indexOf('have'))
  })
})

describe('[L6] a member that is news is told of before any version', () => {
  const news = {
    replica: id('c'),
    incarnation: 0,
    state: 'alive',
    address: '',
    tags: NO_TAGS,
  } as const

  /** One with two peers, the first of which has just told it of another member. */
  function told(before: (rig: Rig) => void = () => undefined): Rig {
    const rig = new Rig()
    for (const [link, peer] of [[1, 'a'] as const, [2, 'b'] as const]) {
      rig.step({ type: 'linked', link })
      rig.hears(link, helloOf(id(peer)))
    }
    before(rig)
    rig.take('send')
    rig.hears(1, { type: 'members', members: [news], addresses: [] })
    rig.heads.set(id('5'), { seq: 9, hash: '1'.repeat(16) })
    return rig
  }

  test('when it is announced what is held, or a heartbeat comes', () => {
    for (const timer of [
      { kind: 'announce', key: 0, token: 1 },
      { kind: 'heartbeat', key: 0, token: 0 },
    ] as const) {
      const rig = told()
      rig.step({ type: 'advanced', own: [] })
      rig.step({ type: 'timer', timer })
      expect(rig.sent(2)).toEqual(['members', 'have'])
    }
  })

  test('when a link’s queue has room again, or a peer asks', () => {
    const drained = told((rig) => rig.step({ type: 'blocked', link: 2 }))
    drained.step({ type: 'drained', link: 2 })
    expect(drained.sent(2)).toEqual(['members', 'have'])
    const asked = told()
    asked.hears(2, { type: 'want', ranges: [], graft: false })
    expect(asked.sent(2)).toEqual(['members', 'have'])
  })
})
