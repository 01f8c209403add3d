import { covers, join, meet, type Version } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import type { WorldReplica } from './world-replica.ts'
import { World } from './world.ts'

/** A census, its spread and the wait for the next one are over by then. */
const CENSUSES_MS = 20_000

const versionOf = ({ log }: WorldReplica): Version => log.applied

function stableOf(replica: WorldReplica): Version {
  return replica.gossip.stable(versionOf(replica))
}

/**
 * Replicas that all know each other. After each event of each of them it is checked that all members, those
 * that are away included, hold what it says is stable.
 */
function checked(replicas: number, seed: number): World {
  const world = new World({ replicas, seed, remembered: true })
  const before = new Map<WorldReplica, number>()
  world.onStep = (replica) => {
    const stable = stableOf(replica)
    const entries = [...stable.values()].reduce((sum, seq) => sum + seq, 0)
    if (entries === (before.get(replica) ?? 0)) return
    before.set(replica, entries)
    const members = world.replicas.filter(({ disowned }) => disowned === undefined)
    expect(covers(meet(members.map(versionOf)), stable)).toBe(true)
  }
  world.start(10_000)
  return world
}

function publishSome(world: World, times: number): void {
  for (let time = 0; time < times; time++) {
    world.chance.pick(world.up())?.publish()
    world.run(Math.floor(world.chance.next() * 300))
  }
}

/** How long it takes until all that are up say that everything which any of them holds is stable, in ms. */
function untilStable(world: World): number {
  const all = join(world.up().map(versionOf))
  const isStable = (): boolean => world.up().every((each) => covers(stableOf(each), all))
  return world.runUntil(isStable, 120_000)
}

/** How many parts of a census are told in so many ms. */
function toldIn(world: World, ms: number): number {
  let told = 0
  world.onFrame = ({ message }) => {
    if (message.type === 'census') told += 1
  }
  world.run(ms)
  return told
}

describe('[L6] where members are counted in a census, what is stable', () => {
  test.for([
    [40, 25],
    [100, 10],
  ] as const)('is held by all %i at every step, and in the end is all', ([replicas, times]) => {
    const world = checked(replicas, 1)
    publishSome(world, times)
    expect(untilStable(world)).toBeLessThan(CENSUSES_MS)
    // What the last census says goes round, over new links too, and then nothing does.
    world.run(20_000)
    expect(toldIn(world, 15_000)).toBe(0)
    expect(world.untold).toEqual([])
  })

  test('is held by all while links are cut at random and halves are split', () => {
    const world = checked(30, 2)
    for (let round = 0; round < 6; round++) {
      publishSome(world, 4)
      for (let cut = 0; cut < 5; cut++) {
        const link = world.chance.pick(world.links.whole())
        if (link !== undefined) world.links.reset(link)
      }
      if (round % 2 === 0) world.links.split((place) => Number(place % 3 === round % 3))
      publishSome(world, 4)
      world.run(2_000)
      world.links.heal()
    }
    expect(untilStable(world)).toBeLessThan(CENSUSES_MS)
    expect(world.untold).toEqual([])
  })

  test('waits for a member that is away, until that is back', () => {
    const world = checked(20, 3)
    const [away] = world.replicas as [WorldReplica]
    world.kill(away, 'power')
    world.run(30_000)
    publishSome(world, 5)
    expect(untilStable(world)).toBe(Infinity)
    for (const replica of world.up()) expect(stableOf(replica)).toEqual(new Map())
    world.start(1_000, [away])
    expect(untilStable(world)).toBeLessThan(CENSUSES_MS)
  })

  test('does not wait for a member that is removed', () => {
    const world = checked(20, 4)
    publishSome(world, 5)
    world.run(CENSUSES_MS)
    const [gone, by] = world.replicas as [WorldReplica, WorldReplica]
    world.kill(gone, 'power')
    publishSome(world, 5)
    gone.disowned = 'It is removed.'
    world.retire(gone, by)
    expect(untilStable(world)).toBeLessThan(CENSUSES_MS)
  })

  test('begins anew for one that joins, and is held by that one too', () => {
    const world = checked(20, 5)
    publishSome(world, 5)
    world.run(CENSUSES_MS)
    world.start(0, [world.add()])
    publishSome(world, 5)
    expect(untilStable(world)).toBeLessThan(CENSUSES_MS)
  })
})

describe('[L8] an entry of an id that was given up', () => {
  test('is nowhere any more only once everybody was counted, and nobody held it', () => {
    const world = checked(20, 6)
    const [origin] = world.replicas as [WorldReplica]
    const [link] = origin.gossip.links.open()
    const holder = world.replicas.find(({ id }) => id === link?.replica) as WorldReplica
    const others = world.replicas.filter((each) => each !== origin && each !== holder)
    origin.publish()
    world.run(CENSUSES_MS)
    // The last that `origin` wrote only one other has, which then is away.
    world.links.split((place) => Number(others.includes(world.replica(place))))
    const { replica, seq } = origin.publish()
    expect(world.runUntil(() => holder.log.reached(replica) === seq, 1_000)).toBeLessThan(1_000)
    world.kill(origin, 'power')
    world.kill(holder, 'power')
    world.links.heal()
    const voids = (of: number): boolean[] => others.map(({ gossip }) => gossip.isVoid(replica, of))
    const [none, all] = [others.map(() => false), others.map(() => true)]
    expect(voids(seq)).toEqual(none)
    origin.disowned = 'It is removed.'
    world.retire(origin, others[0] as WorldReplica)
    world.run(CENSUSES_MS)
    expect(voids(seq)).toEqual(none)
    expect(voids(seq + 1)).toEqual(none)
    world.start(CENSUSES_MS, [holder])
    expect(others.map(({ log }) => log.reached(replica))).toEqual(others.map(() => seq))
    expect(voids(seq)).toEqual(none)
    expect(voids(seq + 1)).toEqual(all)
    expect(holder.gossip.isVoid(replica, seq + 1)).toBe(true)
  })
})
