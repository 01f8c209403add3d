import { Membership, RememberedMembers, type GossipEffect, type Member } from '@rejoin/gossip'
import {
  LIMITS,
  MEMBER_STATES,
  NO_TAGS,
  type MemberRecord,
  type MemberState,
  type ReplicaId,
} from '@rejoin/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

function membershipOf(): { membership: Membership; effects: GossipEffect[] } {
  const effects: GossipEffect[] = []
  const membership = new Membership({
    self: id('5'),
    address: 'here',
    tags: NO_TAGS,
    known: new RememberedMembers([]),
    emit: (effect) => effects.push(effect),
  })
  return { membership, effects }
}

const record: fc.Arbitrary<MemberRecord> = fc.record({
  replica: fc.constantFrom(id('a'), id('b')),
  incarnation: fc.nat(3),
  state: fc.constantFrom(...MEMBER_STATES),
  address: fc.constantFrom('', 'one', 'two'),
  tags: fc.constantFrom(NO_TAGS, new Map([['zone', 'x']]), new Map([['zone', 'y']])),
})

/** What counts of a record, as text, and the more the later in the order of texts. */
function rank({ incarnation, state, address, tags }: MemberRecord): string {
  const isOut = state === 'left' || state === 'removed'
  // Of one that is no member any more nothing counts but that.
  if (isOut) return `out ${state}`
  const said = tags.size === 0 ? '' : JSON.stringify([...tags])
  return JSON.stringify([incarnation, MEMBER_STATES.indexOf(state), address, said])
}

/** The greatest that was said of a replica, found by looking at all. */
function greatest(said: readonly MemberRecord[], replica: ReplicaId): string | undefined {
  const ranks = said.filter((each) => each.replica === replica).map(rank)
  return ranks.toSorted((a, b) => (a < b ? -1 : 1)).at(-1)
}

function believed(membership: Membership, replica: ReplicaId): string | undefined {
  const known = membership.record(replica)
  return known === undefined ? undefined : rank(known)
}

describe('[M1] what is believed of members', () => {
  test('is the greatest that was said, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.nat(), (said, seed) => {
        const { membership } = membershipOf()
        for (const [at, each] of said.entries()) {
          const before = believed(membership, each.replica)
          const isNews = membership.believe(each)
          const after = greatest(said.slice(0, at + 1), each.replica)
          expect(believed(membership, each.replica)).toBe(after)
          expect(isNews).toBe(after !== before)
        }
        const other = membershipOf().membership
        for (const each of shuffled(said, seed)) other.believe(each)
        expect(sumOf(other)).toEqual(sumOf(membership))
        for (const replica of [id('a'), id('b')]) {
          expect(other.record(replica)).toEqual(membership.record(replica))
          expect(other.isRetired(replica)).toBe(membership.isRetired(replica))
        }
      }),
      { seed: 1, numRuns: 2_000 },
    )
  })

  test('of itself a replica refutes, and takes nothing over', () => {
    const about = record.map((each) => ({ ...each, replica: id('5') }))
    fc.assert(
      fc.property(fc.array(about, { maxLength: 8 }), (said) => {
        const { membership, effects } = membershipOf()
        for (const each of said) {
          const { incarnation } = membership.own
          const isNews = membership.believe(each)
          const isOut = each.state === 'left' || each.state === 'removed'
          expect(isNews).toBe(!isOut && rank(each) > rank({ ...membership.own, incarnation }))
          expect(membership.own.incarnation).toBe(isNews ? each.incarnation + 1 : incarnation)
          expect(membership.own).toMatchObject({ state: 'alive', address: 'here', tags: NO_TAGS })
        }
        expect(effects).toEqual([])
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

test('[M1] a replica that tells something else of itself does so under a higher incarnation, once', () => {
  const { membership } = membershipOf()
  for (let times = 0; times < 2; times++) {
    membership.retag(new Map([['zone', 'x']]))
    expect(membership.own).toMatchObject({ incarnation: 1, tags: new Map([['zone', 'x']]) })
  }
})

function sumOf({ items, electorate }: Membership): unknown {
  return [items.sum(0, items.size), electorate.sum(0, electorate.size)]
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  return values
    .map((value, at) => ({ value, key: Math.imul(seed + at + 1, 0x9e3779b1) >>> 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value)
}

describe('people are told', () => {
  const alive = { replica: id('a'), incarnation: 0, address: 'a', tags: NO_TAGS } as const

  test.for<[string, (readonly [MemberState, number, string?])[], string[]]>([
    [
      'that one joined, once',
      [
        ['alive', 0],
        ['alive', 0],
      ],
      ['joined'],
    ],
    [
      'that one failed, and not that it was suspected',
      [
        ['alive', 0],
        ['suspect', 0],
        ['failed', 0],
        ['failed', 0],
      ],
      ['joined', 'failed'],
    ],
    [
      'that one is reachable again',
      [
        ['alive', 0],
        ['failed', 0],
        ['alive', 1],
        ['suspect', 1],
        ['alive', 2],
      ],
      ['joined', 'failed', 'reachable'],
    ],
    [
      'that one has another address',
      [
        ['alive', 0],
        ['alive', 1, 'b'],
        ['alive', 2, 'b'],
      ],
      ['joined', 'updated'],
    ],
    [
      'that one left, and nothing of it after that',
      [
        ['alive', 0],
        ['left', 0],
        ['alive', 7],
        ['failed', 8],
        ['removed', 0],
      ],
      ['joined', 'left'],
    ],
    [
      'that one was removed',
      [
        ['failed', 0],
        ['removed', 0],
        ['removed', 0],
      ],
      ['joined', 'removed'],
    ],
  ])('%s', ([, said, told]) => {
    const { membership, effects } = membershipOf()
    for (const [state, incarnation, address = 'a'] of said) {
      membership.believe({ ...alive, state, incarnation, address })
    }
    const changes = effects.flatMap((effect) => (effect.type === 'member' ? [effect.change] : []))
    expect(changes).toEqual(told)
  })
})

describe('[X3] [L6] when it knows as many ids as it may, retired ones included', () => {
  const members = Array.from({ length: LIMITS.membersMax - 1 }, (_, at): Member => {
    const replica = at.toString(16).padStart(16, '0') as ReplicaId
    return { replica, address: '', version: new Map([[id('5'), 1]]), retired: at === 7 }
  })
  const own = new Map([[id('5'), 1]])
  const stranger = { replica: id('f'), incarnation: 0, address: '', tags: NO_TAGS } as const

  test('others are passed over, and nothing is stable, as they may hold nothing', () => {
    const { gossip } = new Rig([], members)
    expect(gossip.membership.isFull).toBe(true)
    expect(gossip.membership.believe({ ...stranger, state: 'alive' })).toBe(false)
    expect(gossip.membership.believe({ ...stranger, state: 'removed' })).toBe(false)
    expect(gossip.membership.learned(id('f'), own)).toBe(false)
    expect(gossip.membership.get(id('f'))).toBeUndefined()
    expect(gossip.stable(own)).toEqual(new Map())
    const known = members[9] as Member
    expect(gossip.membership.retire(known.replica, 'removed')).toBe(true)
  })

  test('with one fewer all is as ever', () => {
    const { gossip } = new Rig([], members.slice(1))
    expect(gossip.stable(own)).toEqual(own)
    expect(gossip.membership.believe({ ...stranger, state: 'alive' })).toBe(true)
    expect(gossip.stable(own)).toEqual(new Map())
  })
})
