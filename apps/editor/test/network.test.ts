import type { ReplicaId } from '@rejoin/protocol'
import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'
import { describe, expect, test } from 'vitest'

import { cablesOf, cableState, groupsOf, type Cable, type Station } from '../src/network.ts'

const IDS = ['00000000000000aa', '00000000000000bb', '00000000000000cc'] as ReplicaId[]

type State = MemberStatus['state']

/** Replica `place` as it reports its links to the others; a link that is left out was never met. */
function station(place: number, links: Partial<Record<number, State>>, answering = true): Station {
  const members = Object.entries(links).map(([other, state]) => {
    const replica = IDS[Number(other)] ?? null
    return {
      replica,
      address: `ws://replica-${other}`,
      state: state ?? 'unreachable',
      health: 'alive' as const,
      incarnation: 0,
      tags: {},
      roundTripMs: null,
      traffic: null,
      version: {},
    }
  })
  const status: ReplicaStatus = {
    replica: IDS[place]!,
    address: null,
    tags: {},
    incarnation: 0,
    health: 0,
    version: {},
    stable: {},
    union: {},
    divergence: 0,
    members,
    documents: 0,
    readOnly: null,
    floors: {},
    store: { problems: [], damaged: [], incompactible: [], committingMs: null },
    backlog: { editBytes: 0, entryBytes: 0, waitingEntries: 0, waitingBytes: 0, parkedBytes: 0 },
    messages: { sent: 0, received: 0, dropped: 0 },
    rejections: {},
  }
  return { letter: 'ABC'[place]!, address: `http://replica-${place}`, status, answering }
}

describe('a cable', () => {
  test('is live when both ends are linked', () => {
    expect(cableState(station(0, { 1: 'linked' }), station(1, { 0: 'linked' }))).toBe('live')
  })

  test('is cut when either end says so', () => {
    expect(cableState(station(0, { 1: 'cut' }), station(1, { 0: 'unreachable' }))).toBe('cut')
    expect(cableState(station(0, { 1: 'unreachable' }), station(1, { 0: 'cut' }))).toBe('cut')
    expect(cableState(station(0, { 1: 'cut' }), station(1, { 0: 'linked' }))).toBe('cut')
  })

  test('is broken when one end is not linked, not met, or not answering', () => {
    const linked = station(1, { 0: 'linked' })
    expect(cableState(station(0, { 1: 'unreachable' }), linked)).toBe('broken')
    expect(cableState(station(0, { 1: 'apart' }), linked)).toBe('broken')
    expect(cableState(station(0, {}), linked)).toBe('broken')
    expect(cableState(station(0, { 1: 'linked' }, false), linked)).toBe('broken')
    expect(cableState({ ...linked, status: undefined, answering: false }, linked)).toBe('broken')
  })

  test('joins each pair once', () => {
    const row = [station(0, { 1: 'linked', 2: 'cut' }), station(1, { 0: 'linked' }), station(2, {})]
    expect(cablesOf(row)).toEqual([
      { from: 0, to: 1, state: 'live' },
      { from: 0, to: 2, state: 'cut' },
      { from: 1, to: 2, state: 'broken' },
    ])
  })
})

describe('replicas that reach each other', () => {
  const cable = (from: number, to: number, state: Cable['state'] = 'live') => ({ from, to, state })

  test('are one group around a cut cable', () => {
    const cables = [cable(0, 1, 'cut'), cable(0, 2), cable(1, 2)]
    expect(groupsOf(3, cables)).toEqual([[0, 1, 2]])
  })

  test('are several groups, largest first, when no live cable joins them', () => {
    const cables = [cable(0, 1, 'cut'), cable(0, 2, 'broken'), cable(1, 2)]
    expect(groupsOf(3, cables)).toEqual([[1, 2], [0]])
  })

  test('are found over any number of steps', () => {
    expect(groupsOf(5, [cable(3, 4), cable(0, 3), cable(1, 4)])).toEqual([[0, 1, 3, 4], [2]])
  })
})
