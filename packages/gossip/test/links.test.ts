import { GOSSIP_LIMITS } from '@rejoin/gossip'
import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  LIMITS,
  REPLICA_PROTOCOL_VERSION,
  type MemberRecord,
  type ReplicaId,
} from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

describe('two links between the same two replicas', () => {
  test.for([
    ['the lower id is the peer: the link that the peer dialled stays', '1', 'mine'],
    ['the lower id is this one: the link that it dialled stays', 'f', 'theirs'],
  ] as const)('[L6] %s', ([, peer, loser]) => {
    for (const order of [
      ['mine', 'theirs'],
      ['theirs', 'mine'],
    ] as const) {
      const rig = new Rig()
      const links = { mine: 1, theirs: 2 }
      rig.step({ type: 'linked', link: links.mine, dialled: 'there' })
      rig.step({ type: 'linked', link: links.theirs })
      for (const which of order) rig.hello(links[which], id(peer))
      expect(rig.closed()).toEqual([[links[loser], 'duplicate-link']])
    }
  })

  test.for([
    ['a second link', 'a', 'duplicate-link'],
    ['a link to itself', '5', 'self-link'],
  ] as const)('[L6] %s is refused, and told who is there all the same', ([, peer, code]) => {
    const rig = new Rig()
    rig.step({ type: 'linked', link: 1, dialled: 'there' })
    rig.hello(1, id('a'))
    rig.take('send')
    rig.step({ type: 'linked', link: 2 })
    rig.hello(2, id(peer))
    const said = rig.take('send').filter(({ links }) => links.includes(2))
    expect(said.map(({ frame }) => decodeReplicaMessage(frame))).toMatchObject([
      { ok: true, value: { type: 'hello', replica: id('5') } },
    ])
    expect(rig.closed()).toEqual([[2, code]])
  })

  test('[L6] when the same end dialled both, the newer one stays', () => {
    const rig = new Rig()
    for (const link of [1, 2]) {
      rig.step({ type: 'linked', link })
      rig.hello(link, id('a'))
    }
    expect(rig.closed()).toEqual([[1, 'duplicate-link']])
    expect(rig.take('rejected')).toEqual([])
  })
})

describe('[X2] a link is refused', () => {
  test('to one that speaks another version, or is this replica itself', () => {
    const rig = new Rig(['elsewhere', 'here'])
    rig.step({ type: 'linked', link: 1 })
    rig.hello(1, id('a'), REPLICA_PROTOCOL_VERSION + 1)
    rig.step({ type: 'linked', link: 2, dialled: 'here' })
    rig.hello(2, id('5'))
    rig.step({ type: 'linked', link: 3 })
    rig.hello(3, id('5'))
    expect(rig.closed()).toEqual([
      [1, 'wrong-protocol'],
      [2, 'self-link'],
      [3, 'self-link'],
    ])
    expect(rig.take('rejected')).toHaveLength(3)
    expect(rig.gossip.unmet()).toEqual(['elsewhere'])
  })

  test('to one that says nothing, and to one that falls silent', () => {
    const rig = new Rig()
    rig.step({ type: 'linked', link: 1 })
    rig.step({ type: 'linked', link: 2 })
    rig.hello(2, id('a'))
    rig.now = GOSSIP_LIMITS.greetingMs
    rig.step({ type: 'timer', timer: { kind: 'greeting', key: 1, token: 0 } })
    expect(rig.closed()).toEqual([[1, 'silent']])
    rig.now = GOSSIP_LIMITS.silenceMs
    rig.step({ type: 'timer', timer: { kind: 'heartbeat', key: 0, token: 0 } })
    expect(rig.closed()).toEqual([[2, 'silent']])
  })

  test('over the bound of links', () => {
    const rig = new Rig()
    for (let link = 1; link <= GOSSIP_LIMITS.linksMax + 1; link++) {
      rig.step({ type: 'linked', link })
      rig.hello(link, link.toString(16).padStart(16, '0') as ReplicaId)
    }
    expect(rig.closed()).toEqual([[GOSSIP_LIMITS.linksMax + 1, 'too-many']])
  })
})

describe('dialling', () => {
  test('[X3] a peer that is down is dialled ever more rarely, and at once when it is mended', () => {
    const rig = new Rig(['there'])
    rig.step({ type: 'started' })
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      expect(rig.take('dial')).toHaveLength(1)
      rig.step({ type: 'dial-failed', address: 'there' })
      const [retry] = rig.take('schedule').filter(({ timer }) => timer.kind === 'dial')
      if (retry === undefined) throw new Error('no retry')
      waits.push(retry.delayMs)
      rig.step({ type: 'timer', timer: retry.timer })
      // A timer that comes twice is stale the second time.
      if (attempt === 0) rig.step({ type: 'timer', timer: { ...retry.timer, token: 0 } })
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(GOSSIP_LIMITS.redialMsMax * 1.25)
    expect(waits[0]).toBeLessThanOrEqual(GOSSIP_LIMITS.redialMsMin * 1.25)
    expect(waits[7]).toBeGreaterThan((waits[0] ?? 0) * 4)
  })

  test('[X3] a peer that greets and then refuses is dialled ever more rarely too', () => {
    const rig = new Rig(['there'])
    rig.step({ type: 'started' })
    const waits: number[] = []
    for (let link = 1; link <= 8; link++) {
      rig.take('schedule')
      rig.step({ type: 'linked', link, dialled: 'there' })
      rig.hello(link, id('a'))
      rig.step({ type: 'unlinked', link })
      const retries = rig.take('schedule').filter(({ timer }) => timer.key === 'there')
      waits.push(retries[0]?.delayMs ?? 0)
    }
    expect(waits[7]).toBeGreaterThan((waits[0] ?? 0) * 4)
  })

  test('[L6] a cut link is closed, refused and not dialled, until it is mended', () => {
    const rig = new Rig(['there'])
    rig.step({ type: 'started' })
    rig.take('dial')
    rig.step({ type: 'linked', link: 1, dialled: 'there' })
    rig.hello(1, id('f'))
    rig.take('dial')
    rig.step({ type: 'cut', peer: id('f') })
    rig.step({ type: 'linked', link: 2 })
    rig.hello(2, id('f'))
    expect(rig.closed()).toEqual([
      [1, 'link-cut'],
      [2, 'link-cut'],
    ])
    expect(rig.take('dial')).toEqual([])
    rig.step({ type: 'mended', peer: id('f') })
    expect(rig.take('dial').map(({ address }) => address)).toContain('there')
  })
})

test('[X3] a peer whose queue is full is sent nothing, and told and served when it has drained', () => {
  const rig = new Rig()
  rig.step({ type: 'linked', link: 1 })
  rig.hello(1, id('a'))
  rig.take('send')
  rig.step({ type: 'blocked', link: 1 })
  rig.heads.set(id('5'), { seq: 9, hash: '1'.repeat(16) })
  rig.step({ type: 'advanced', own: [] })
  rig.step({ type: 'timer', timer: { kind: 'announce', key: 0, token: 1 } })
  rig.step({ type: 'timer', timer: { kind: 'heartbeat', key: 0, token: 0 } })
  rig.step({ type: 'presence', document: 'notes', update: Uint8Array.of(0) })
  const ranges = [1, 2, 3].map((seq) => ({ origin: id('5'), from: seq, to: seq }))
  const want = encodeReplicaMessage({ type: 'want', graft: false, ranges })
  rig.step({ type: 'frame', link: 1, frame: want })
  expect(rig.take('read')).toEqual([])
  expect(rig.sent(1)).toEqual([])
  rig.step({ type: 'drained', link: 1 })
  expect(rig.sent(1)).toEqual(['have'])
  const [read, ...more] = rig.take('read')
  if (read === undefined) throw new Error('no read')
  expect(more).toEqual([])
  rig.step({ type: 'blocked', link: 1 })
  const found = { previous: '0'.repeat(16), entries: [Uint8Array.of(1)] }
  rig.step({ type: 'read', link: 1, range: read.range, found })
  // What was read already is sent in its time; nothing more is read for a peer that does not take it.
  expect(rig.take('serve')).toHaveLength(1)
  rig.step({ type: 'served', link: 1 })
  expect(rig.take('read')).toEqual([])
})

test('[L6] a peer that is dialled by another name while it is linked is met', () => {
  const rig = new Rig(['alias'])
  rig.step({ type: 'started' })
  rig.step({ type: 'linked', link: 1 })
  rig.hello(1, id('1'))
  rig.step({ type: 'linked', link: 2, dialled: 'alias' })
  rig.hello(2, id('1'))
  expect(rig.closed()).toEqual([[2, 'duplicate-link']])
  expect(rig.gossip.unmet()).toEqual([])
})

test('[L6] what others say of an address that has passed to another replica goes round once', () => {
  const rig = new Rig()
  for (const [link, peer] of [[1, 'a'] as const, [2, 'b'] as const]) {
    rig.step({ type: 'linked', link })
    rig.hello(link, id(peer))
  }
  const members = [memberAt('c', 'one'), memberAt('d', 'one'), memberAt('c', 'two')]
  const frame = encodeReplicaMessage({ type: 'members', members, addresses: [] })
  rig.take('send')
  rig.step({ type: 'frame', link: 1, frame })
  for (const expected of [['members'], []]) {
    for (const { timer } of rig.take('schedule')) {
      if (timer.kind === 'news') rig.step({ type: 'timer', timer })
    }
    expect(rig.sent(2)).toEqual(expected)
    rig.step({ type: 'frame', link: 1, frame })
  }
})

test('[L6] an answer has no more entries than a frame may have, however small they are', () => {
  const rig = new Rig()
  rig.step({ type: 'linked', link: 1 })
  rig.hello(1, id('a'))
  rig.heads.set(id('5'), { seq: 20_000, hash: '1'.repeat(16) })
  const want = {
    type: 'want',
    graft: false,
    ranges: [{ origin: id('5'), from: 5, to: 20_000 }],
  } as const
  rig.step({ type: 'frame', link: 1, frame: encodeReplicaMessage(want) })
  expect(rig.take('read')[0]?.range).toMatchObject({ to: 4 + LIMITS.entriesPerFrameMax })
})

function memberAt(letter: string, address: string): MemberRecord {
  return { replica: id(letter), incarnation: 0, state: 'alive', address, tags: new Map() }
}
