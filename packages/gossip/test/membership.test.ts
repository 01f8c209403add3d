import { Chance, Membership, RememberedMembers } from '@rejoin/gossip'
import { MEMBER_STATES, NO_TAGS, type MemberRecord } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { id } from './rig.ts'

function membership(): Membership {
  const known = new RememberedMembers([])
  return new Membership({ self: id('5'), address: 'here', tags: NO_TAGS, known, emit: () => {} })
}

function randomRecord(chance: Chance): MemberRecord {
  const state = chance.pick(MEMBER_STATES) ?? 'alive'
  return {
    replica: id(chance.pick(['a', 'b', 'c']) ?? 'a'),
    incarnation: Math.floor(chance.next() * 4),
    state,
    address: chance.pick(['', 'x', 'y']) ?? '',
    tags:
      chance.pick([NO_TAGS, new Map([['region', 'eu']]), new Map([['region', 'us']])]) ?? NO_TAGS,
  }
}

const ofAll = (members: Membership): (MemberRecord | undefined)[] =>
  ['a', 'b', 'c'].map((letter) => members.record(id(letter)))

test('[M1] whatever is said of members, in whatever order, all come to believe the same', () => {
  const chance = new Chance(11)
  for (let history = 0; history < 300; history++) {
    const said = Array.from({ length: 1 + (history % 12) }, () => randomRecord(chance))
    const [one, other] = [membership(), membership()]
    for (const record of said) one.believe(record)
    for (const record of chance.sample(said, said.length)) other.believe(record)
    expect(ofAll(other)).toEqual(ofAll(one))
  }
})

test('[M1] only the member itself raises its incarnation, and then over all that was said of it', () => {
  const members = membership()
  const about = { replica: id('5'), address: 'here', tags: NO_TAGS }
  members.believe({ ...about, incarnation: 6, state: 'suspect', by: id('a') })
  expect(members.own).toMatchObject({ incarnation: 7, state: 'alive' })
  members.believe({ ...about, incarnation: 3, state: 'failed' })
  expect(members.own).toMatchObject({ incarnation: 7, state: 'alive' })
  members.retag(new Map([['region', 'eu']]))
  expect(members.own.incarnation).toBe(8)
  members.retag(new Map([['region', 'eu']]))
  expect(members.own.incarnation).toBe(8)
})
