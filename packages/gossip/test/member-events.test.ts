import type { MemberChange } from '@rejoin/gossip'
import { expect, test } from 'vitest'

import type { WorldReplica } from './world-replica.ts'
import { World } from './world.ts'

/** What each of these was told of `member` since it was last asked. */
function told(replicas: readonly WorldReplica[], member: WorldReplica): MemberChange[][] {
  return replicas.map(({ changes }) => {
    const about = changes.filter(({ of }) => of === member.id)
    for (const each of about) changes.splice(changes.indexOf(each), 1)
    return about.map(({ change }) => change)
  })
}

test.for([4, 12])(
  '[M2] everybody is told once of what happens to a member, among %i',
  (replicas) => {
    const world = new World({ replicas, seed: 6, remembered: true })
    world.start(70_000)
    const others = [...world.replicas]
    const toEach = (changes: readonly MemberChange[]): MemberChange[][] =>
      others.map(() => [...changes])
    for (const other of others) expect(other.changes).toEqual([])

    const member = world.add()
    member.remembers([])
    world.start(20_000, [member])
    expect(told(others, member)).toEqual(toEach(['joined']))

    member.take({ type: 'retag', tags: new Map([['zone', 'x']]) })
    world.run(2_000)
    expect(told(others, member)).toEqual(toEach(['updated']))

    world.kill(member, 'process')
    world.run(1_000)
    world.start(20_000, [member], new Map([['zone', 'y']]))
    expect(told(others, member)).toEqual(toEach(['updated']))

    world.kill(member, 'power')
    world.run(60_000)
    expect(told(others, member)).toEqual(toEach(['failed']))

    world.start(20_000, [member], new Map([['zone', 'y']]))
    expect(told(others, member)).toEqual(toEach(['reachable']))

    world.retire(member, world.replica(1), 'left')
    world.run(2_000)
    expect(told(others, member)).toEqual(toEach(['left']))
    expect(member.disowned).toContain('was removed')
    world.kill(member, 'process')

    world.retire(member, world.replica(2), 'removed')
    world.run(2_000)
    expect(told(others, member)).toEqual(toEach([]))

    const [gone] = others.splice(3, 1) as [WorldReplica]
    world.retire(gone, world.replica(0), 'removed')
    world.run(2_000)
    world.kill(gone, 'process')
    world.run(60_000)
    expect(told(others, gone)).toEqual(toEach(['removed']))
    for (const other of others) expect(other.changes).toEqual([])
  },
)
