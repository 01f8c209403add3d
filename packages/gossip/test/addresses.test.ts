import { EMPTY_VERSION, type MemberRecord, type ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { OVERLAY_LIMITS } from '../src/overlay-limits.ts'
import { helloOf, id, Rig } from './rig.ts'

/** A replica that was given an alias of `1`, and has a link to `a` and to `b`. */
function withAlias(): Rig {
  const rig = new Rig(['alias'])
  rig.step({ type: 'started' })
  for (const [link, peer] of [[1, 'a'] as const, [2, 'b'] as const]) {
    rig.step({ type: 'linked', link })
    rig.hello(link, id(peer))
  }
  passOn(rig)
  rig.take('send')
  return rig
}

function passOn(rig: Rig): void {
  for (const { timer } of rig.take('schedule')) {
    if (timer.kind === 'news') rig.step({ type: 'timer', timer })
  }
}

/** What a link was told of addresses. */
function told(rig: Rig): Record<number, (string | undefined)[]> {
  const said: Record<number, (string | undefined)[]> = {}
  for (const { link, message } of rig.allSent()) {
    if (message.type !== 'members') continue
    const pairs = message.addresses.flatMap(({ address, replica }) => [address, replica])
    if (pairs.length > 0) said[link] = [...(said[link] ?? []), ...pairs]
  }
  return said
}

const record = (replica: ReplicaId, state: MemberRecord['state'] = 'alive'): MemberRecord => {
  return { replica, incarnation: 0, state, address: '', tags: new Map() }
}

test('[L6] whose an address is that nobody had met is told by whoever finds out', () => {
  const rig = withAlias()
  rig.step({ type: 'linked', link: 3, dialled: 'alias' })
  rig.hello(3, id('1'))
  expect(rig.gossip.unmet()).toEqual([])
  passOn(rig)
  expect(told(rig)).toEqual({
    1: ['alias', id('1')],
    2: ['alias', id('1')],
    3: ['alias', id('1')],
  })
})

test('[L6] an address that others have met counts as its replica, which is a member from then on', () => {
  const rig = withAlias()
  const held = new Map([[id('a'), 3]])
  for (const peer of ['a', 'b']) rig.gossip.membership.learned(id(peer), held)
  const addresses = [{ address: 'alias', replica: id('1') }]
  rig.hears(1, { type: 'members', members: [], addresses })
  expect(rig.gossip.unmet()).toEqual([])
  expect(rig.gossip.membership.get(id('1'))).toMatchObject({ state: 'alive' })
  expect(rig.gossip.stable(held), 'of which nothing is known').toEqual(new Map())
  rig.gossip.membership.learned(id('1'), held)
  expect(rig.gossip.stable(held)).toEqual(held)
  passOn(rig)
  expect(told(rig)).toEqual({ 2: ['alias', id('1')] })
  rig.hears(2, { type: 'members', members: [], addresses })
  passOn(rig)
  expect(told(rig), 'it goes round once').toEqual({})
})

test('[L6] whoever counts on an address being unmet is told whose it is, and nobody else', () => {
  const rig = new Rig()
  rig.step({ type: 'linked', link: 1 })
  rig.hello(1, id('a'))
  rig.step({ type: 'linked', link: 2, dialled: 'alias' })
  rig.hello(2, id('1'))
  passOn(rig)
  rig.take('send')
  const addresses = ['alias', 'at 1', 'm'].map((address) => ({ address, replica: undefined }))
  rig.hears(1, { type: 'members', members: [], addresses })
  passOn(rig)
  expect(told(rig)).toEqual({ 1: ['alias', id('1'), 'at 1', id('1'), 'm', id('5')] })
  expect(rig.gossip.unmet()).toEqual([])
})

test('[L6] [L8] an address of one whose id was given up is nobody’s, and one of its own is met', () => {
  const rig = withAlias()
  rig.hears(1, { type: 'members', members: [record(id('1'), 'removed')], addresses: [] })
  rig.hears(1, {
    type: 'members',
    members: [],
    addresses: [{ address: 'alias', replica: id('1') }],
  })
  expect(rig.gossip.unmet()).toEqual([])
  const other = withAlias()
  const own = { address: 'alias', replica: id('5') }
  other.hears(1, { type: 'members', members: [], addresses: [own] })
  expect(other.gossip.unmet()).toEqual([])
  expect([...other.gossip.membership.all()].map(({ replica }) => replica[0])).toEqual(['a', 'b'])
})

/** Addresses that are dialled in the next minute. */
function dialledSoon(rig: Rig): string[] {
  rig.now += 60_000
  for (const { timer } of rig.take('schedule')) {
    if (timer.kind === 'dial') rig.step({ type: 'timer', timer })
  }
  return rig.take('dial').map(({ address }) => address)
}

test('[L6] [L8] a configured address is dialled again when the id that was met there is given up', () => {
  const rig = new Rig(['alias'])
  rig.step({ type: 'started' })
  rig.step({ type: 'linked', link: 1, dialled: 'alias' })
  rig.hello(1, id('1'))
  rig.step({ type: 'linked', link: 2 })
  rig.hello(2, id('b'))
  rig.take('dial')
  rig.hears(2, { type: 'members', members: [record(id('1'), 'removed')], addresses: [] })
  rig.step({ type: 'unlinked', link: 1 })
  expect(rig.gossip.unmet()).toEqual([])
  expect(dialledSoon(rig)).toEqual(['alias'])
  rig.step({ type: 'dial-failed', address: 'alias' })
  expect(dialledSoon(rig)).toEqual(['alias'])
  rig.step({ type: 'linked', link: 3, dialled: 'alias' })
  rig.hello(3, id('c'))
  expect(dialledSoon(rig)).toEqual([])
  rig.hears(2, { type: 'members', members: [record(id('c'), 'removed')], addresses: [] })
  expect(dialledSoon(rig)).toEqual(['alias'])
})

test('[L6] [L8] a configured address is dialled again when who was there has moved', () => {
  const rig = new Rig(['at 1'])
  rig.step({ type: 'started' })
  rig.step({ type: 'linked', link: 1, dialled: 'at 1' })
  rig.hello(1, id('1'))
  rig.step({ type: 'unlinked', link: 1 })
  for (const type of ['dial', 'schedule'] as const) rig.take(type)
  rig.step({ type: 'linked', link: 2 })
  const hello = { ...helloOf(id('1')), run: id('2'), address: 'elsewhere' }
  rig.hears(2, hello)
  // Others may not know it yet.
  rig.hears(2, {
    type: 'members',
    members: [{ ...record(id('1')), address: 'at 1' }],
    addresses: [],
  })
  expect(dialledSoon(rig)).toEqual(['at 1'])
  rig.step({ type: 'linked', link: 3, dialled: 'at 1' })
  rig.hears(3, { ...helloOf(id('c')), address: 'at 1' })
  expect(dialledSoon(rig)).toEqual([])
})

test('[L6] where there are many, an unmet address is visited again until somebody is met there', () => {
  const members = Array.from({ length: 20 }, (_, at) => {
    const replica = (at + 1).toString(16).padStart(16, '0') as ReplicaId
    return { replica, address: `at ${at + 1}`, version: EMPTY_VERSION, retired: false }
  })
  const rig = new Rig(['elsewhere'], members)
  rig.step({ type: 'started' })
  for (let visit = 0; visit < 3; visit++) {
    expect(rig.take('dial').map(({ address }) => address)).toContain('elsewhere')
    rig.step({ type: 'dial-failed', address: 'elsewhere' })
    rig.now += OVERLAY_LIMITS.repairMsMin
    for (const { timer } of rig.take('schedule')) {
      if (timer.kind === 'repair') rig.step({ type: 'timer', timer })
    }
  }
})

test('no more addresses are remembered than there is room for, and unmet ones last', () => {
  const rig = withAlias()
  const some = (name: string, replica: ReplicaId | undefined) => (_: unknown, at: number) => {
    return { address: `${name} ${at}`, replica }
  }
  const unmet = Array.from({ length: OVERLAY_LIMITS.addressesMax * 2 }, some('far', undefined))
  rig.hears(1, { type: 'members', members: [], addresses: unmet })
  expect(rig.gossip.unmet()).toHaveLength(OVERLAY_LIMITS.addressesMax)
  expect(rig.gossip.unmet()).toContain('alias')
})
