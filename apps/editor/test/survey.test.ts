import type { ReplicaId } from '@rejoin/protocol'
import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'
import { describe, expect, test } from 'vitest'

import type { Station } from '../src/network.ts'
import { surveySingle, surveyStudio } from '../src/survey.ts'

const [A, B, C] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'] as ReplicaId[] as [
  ReplicaId,
  ReplicaId,
  ReplicaId,
]

type Counts = Record<string, number>

function member(replica: ReplicaId, version: Counts): MemberStatus {
  return {
    replica,
    address: `ws://${replica[0]}:7000`,
    state: 'linked',
    health: 'alive',
    incarnation: 0,
    tags: {},
    roundTripMs: null,
    traffic: null,
    version,
  }
}

function station(replica: ReplicaId, version: Counts, members: readonly MemberStatus[]): Station {
  const status: ReplicaStatus = {
    replica,
    address: null,
    tags: {},
    incarnation: 0,
    health: 0,
    version,
    stable: { [A]: 1 },
    union: { [A]: 5, [B]: 2 },
    divergence: 6,
    members,
    documents: 1,
    readOnly: null,
    floors: {},
    store: { problems: [], damaged: [], incompactible: [], committingMs: null },
    backlog: { editBytes: 0, entryBytes: 0, waitingEntries: 0, waitingBytes: 0, parkedBytes: 0 },
    messages: { sent: 0, received: 0, dropped: 0 },
    rejections: {},
  }
  const letter = replica[0]!.toUpperCase()
  return { letter, address: `http://${replica[0]}:7000`, status, answering: true }
}

describe('[L6] the page’s R and U', () => {
  const a = station(A, { [A]: 5, [B]: 2 }, [member(B, { [A]: 4, [B]: 2 }), member(C, { [A]: 3 })])
  const b = station(B, { [A]: 4, [B]: 2 }, [member(A, { [A]: 5 }), member(C, { [A]: 2 })])
  const c = station(C, { [A]: 4, [B]: 1 }, [])

  test('are what the replicas themselves say they hold', () => {
    const { divergence, holders, origins } = surveyStudio([a, b, c])
    expect(divergence.stable).toEqual(new Map(Object.entries({ [A]: 4, [B]: 1 })))
    expect(divergence.union).toEqual(new Map(Object.entries({ [A]: 5, [B]: 2 })))
    expect(divergence.entries).toBe(2)
    expect(holders.map((holder) => holder.label)).toEqual(['A', 'B', 'C'])
    expect(origins.map(({ label, hue }) => [label, hue])).toEqual([
      ['A', 0],
      ['B', 1],
      ['C', 2],
    ])
  })

  test('count a replica that never answered with the most that others know it to hold', () => {
    const silent = { ...c, status: undefined, answering: false }
    const { divergence, holders } = surveyStudio([a, b, silent])
    expect(holders[2]?.version).toEqual(new Map([[A, 3]]))
    expect(divergence.stable).toEqual(new Map([[A, 3]]))
  })

  test('count a replica that fell silent with its last word or more, never with less', () => {
    const { holders } = surveyStudio([a, b, { ...c, answering: false }])
    expect(holders[2]?.version).toEqual(new Map(Object.entries({ [A]: 4, [B]: 1 })))
  })

  test('claim nothing of a replica that nobody knows', () => {
    const stranger = { ...c, address: 'http://d:7000', status: undefined, answering: false }
    expect(surveyStudio([a, b, stranger]).divergence.stable).toEqual(new Map())
  })
})

test('a single replica’s page shows its own belief, as it reports it', () => {
  const a = station(A, { [A]: 5 }, [member(B, { [A]: 1 })])
  const { divergence, holders, origins, story } = surveySingle(a)
  expect(divergence.entries).toBe(6)
  expect(divergence.stable).toEqual(new Map([[A, 1]]))
  expect(holders.map((holder) => holder.label)).toEqual(['aaaaaa', 'bbbbbb'])
  expect(origins[0]).toEqual({ replica: A, label: 'aaaaaa', hue: 0 })
  expect(story.detail).toContain('linked to 1 of 1 others')
})
