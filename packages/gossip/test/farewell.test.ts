import { NO_TAGS, type MemberRecord } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

test('[M3] whoever leaves says so to every peer, and keeps its id though they close its links', () => {
  const rig = new Rig()
  for (const [link, letter] of [
    [1, 'a'],
    [2, 'b'],
  ] as const) {
    rig.step({ type: 'linked', link })
    rig.hello(link, id(letter))
  }
  rig.take('send')
  rig.step({ type: 'farewell' })
  const left: MemberRecord = {
    replica: id('5'),
    incarnation: 0,
    state: 'left',
    address: '',
    tags: NO_TAGS,
  }
  const said = rig.take('send').filter(({ links }) => links.includes(1) && links.includes(2))
  expect(said).toHaveLength(1)
  rig.step({ type: 'unlinked', link: 1, code: 'retired' })
  rig.hears(2, { type: 'members', members: [left], addresses: [] })
  expect(rig.take('disowned')).toEqual([])
  expect(rig.take('dial')).toEqual([])
})

test('[M3] who hears that a member left tells it, and the others, and does not wait for it', () => {
  const rig = new Rig()
  for (const [link, letter] of [
    [1, 'a'],
    [2, 'b'],
  ] as const) {
    rig.step({ type: 'linked', link })
    rig.hello(link, id(letter))
  }
  rig.take('send')
  rig.take('member')
  const left = {
    replica: id('a'),
    incarnation: 0,
    state: 'left',
    address: '',
    tags: NO_TAGS,
  } as const
  rig.hears(1, { type: 'members', members: [left], addresses: [] })
  expect(rig.take('member').map(({ change, member }) => [change, member.replica])).toEqual([
    ['left', id('a')],
  ])
  expect(rig.closed()).toEqual([[1, 'retired']])
  rig.step({ type: 'timer', timer: { kind: 'news', key: 0, token: 0 } })
  expect(rig.messages(2)).toContainEqual({ type: 'members', members: [left], addresses: [] })
  expect([...rig.gossip.membership.all()].map(({ replica }) => replica)).toEqual([id('b')])
})
