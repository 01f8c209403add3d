import { NO_TAGS, type MemberRecord } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { helloOf, id, Rig } from './rig.ts'

const PEERS = 'abcdef'.split('')

/** One among many that has begun to probe its neighbours, of which none answers. */
function probing(): Rig {
  const rig = new Rig()
  rig.step({ type: 'started' })
  for (const [at, peer] of PEERS.entries()) {
    rig.step({ type: 'linked', link: at + 1 })
    rig.hears(at + 1, helloOf(id(peer)))
  }
  const members = '0123'.split('').map((letter): MemberRecord => {
    return { replica: id(letter), incarnation: 0, state: 'alive', address: '', tags: NO_TAGS }
  })
  rig.hears(1, { type: 'members', members, addresses: [] })
  rig.take('send')
  return rig
}

/** Its next probe timer comes when it is due. */
function probe(rig: Rig): void {
  const due = rig.take('schedule').findLast(({ timer }) => timer.kind === 'probe')
  if (due === undefined) throw new Error('no probe is under way')
  rig.now += due.delayMs
  rig.step({ type: 'timer', timer: due.timer })
}

describe('[M2] a neighbour that nobody could reach', () => {
  test('finds the accusation as the last thing on its link, and refutes it when it links again', () => {
    const rig = probing()
    probe(rig)
    const target = rig.allSent().find(({ message }) => message.type === 'ping')?.link ?? 0
    probe(rig)
    expect(rig.allSent().filter(({ message }) => message.type === 'ping-req')).toHaveLength(3)
    probe(rig)
    const replica = id(PEERS[target - 1] ?? '')
    expect(rig.closed()).toEqual([[target, 'silent']])
    expect(rig.messages(target).at(-1)).toMatchObject({
      type: 'members',
      members: [{ replica, incarnation: 0, state: 'suspect', by: id('5') }],
    })
    rig.step({ type: 'linked', link: 9 })
    rig.hears(9, { ...helloOf(replica), incarnation: 1, wish: 'urgent' })
    expect(rig.gossip.membership.record(replica)).toMatchObject({ incarnation: 1, state: 'alive' })
  })

  test('that links again before it has heard of it hears of it then', () => {
    const rig = probing()
    for (let times = 0; times < 3; times++) probe(rig)
    const [[target] = [0]] = rig.closed()
    const replica = id(PEERS[target - 1] ?? '')
    rig.take('send')
    rig.step({ type: 'linked', link: 9 })
    rig.hears(9, { ...helloOf(replica), wish: 'urgent' })
    expect(rig.gossip.membership.record(replica)?.state).toBe('suspect')
    expect(rig.messages(9)).toContainEqual(
      expect.objectContaining({
        type: 'members',
        members: [expect.objectContaining({ replica, state: 'suspect' })],
      }),
    )
  })
})

test('[M1] a replica refutes what is said of it, and repeats that to who has not heard it', () => {
  const rig = probing()
  const said = { replica: id('5'), incarnation: 0, address: 'm', tags: NO_TAGS } as const
  for (const state of ['suspect', 'failed'] as const) {
    rig.hears(1, { type: 'members', members: [{ ...said, state, by: id('a') }], addresses: [] })
    expect(rig.gossip.membership.own).toMatchObject({ incarnation: 1, state: 'alive' })
  }
  const told = rig.messages(1).filter(({ type }) => type === 'members')
  expect(told).toEqual([
    { type: 'members', members: [{ ...said, incarnation: 1, state: 'alive' }], addresses: [] },
  ])
})
