import {
  LIMITS,
  type Head,
  type ReplicaId,
  type ReplicaMessage,
  type SealedEntry,
} from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import type { GossipTimer } from '../src/events.ts'
import { GOSSIP_LIMITS } from '../src/limits.ts'
import { id, Rig } from './rig.ts'

const WINDOW = LIMITS.windowBytesMax
const EIGHTH = WINDOW / 8
const C = id('c')

function headAt(seq: number): Head {
  return { seq, hash: String(seq).padStart(16, '0') }
}

/** Peer `letter` links, and says what it holds. */
function meets(
  rig: Rig,
  link: number,
  letter: string,
  held: Readonly<Record<string, number>>,
): void {
  rig.step({ type: 'linked', link })
  rig.hello(link, id(letter))
  tells(rig, link, held)
}

function tells(rig: Rig, link: number, held: Readonly<Record<string, number>>): void {
  const heads = new Map(Object.entries(held).map(([of, seq]) => [id(of), headAt(seq)]))
  rig.hears(link, { type: 'have', heads, members: new Map() })
}

/** An `entries` frame comes with one entry; the log takes it as number `seq`, as `then` says. */
function brings(
  rig: Rig,
  link: number,
  seq: number,
  options: { bytes?: number; of?: ReplicaId; fate?: 'applied' | 'waits' | 'dropped' } = {},
): void {
  const { bytes = 10, of = C, fate = 'applied' } = options
  rig.hears(link, { type: 'entries', previous: headAt(0).hash, entries: [new Uint8Array(bytes)] })
  if (fate === 'applied') rig.applied.set(of, seq)
  if (fate === 'waits') rig.waiting.set(of, (rig.waiting.get(of) ?? 0) + 1)
  const fresh = [sealed(of, seq)]
  const before = headAt(seq - 1).hash
  rig.step({ type: 'took', link, origin: of, upTo: seq, before, fresh, isPushed: false })
}

function sealed(replica: ReplicaId, seq: number): SealedEntry {
  const dot = { replica, seq }
  return { dot, deps: new Map(), changes: [], bytes: Uint8Array.of(0), hash: headAt(seq).hash }
}

/** What is applied of c is durable. */
function stores(rig: Rig): void {
  rig.heads.set(C, headAt(rig.applied.get(C) ?? 0))
  rig.step({ type: 'advanced', own: [] })
}

function wants(messages: readonly ReplicaMessage[]): string[] {
  return messages.flatMap((message) => {
    if (message.type !== 'want') return []
    return message.ranges.map(({ origin, from, to }) => `${origin[0]}${from}–${to}`)
  })
}

/** Lets `ms` pass: the timers that ask for what is late go off. */
function passes(rig: Rig, ms: number): void {
  const end = rig.now + ms
  const due = new Map<GossipTimer, number>()
  for (;;) {
    for (const { timer, delayMs } of rig.take('schedule')) {
      if (timer.kind === 'graft') due.set(timer, rig.now + delayMs)
    }
    const [timer, at] = [...due].toSorted(([, a], [, b]) => a - b)[0] ?? []
    if (timer === undefined || at === undefined || at > end) break
    due.delete(timer)
    rig.now = at
    rig.step({ type: 'timer', timer })
  }
  rig.now = end
}

describe('a replica that lacks entries', () => {
  test('[L6] asks for all of them once, and goes on when they are here', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    expect(wants(rig.messages(1))).toEqual(['c1–100'])
    for (let seq = 1; seq < 100; seq++) brings(rig, 1, seq)
    tells(rig, 1, { c: 200 })
    passes(rig, 3_000)
    expect(wants(rig.messages(1))).toEqual([])
    brings(rig, 1, 100)
    expect(wants(rig.messages(1))).toEqual(['c101–200'])
  })

  test('[X3] allows more as entries become durable, half a window at a time', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    for (let seq = 1; seq <= 8; seq++) brings(rig, 1, seq, { bytes: EIGHTH })
    expect(rig.sent(1)).not.toContain('allow')
    stores(rig)
    expect(rig.messages(1)).toContainEqual({ type: 'allow', bytes: WINDOW })
    for (let seq = 9; seq <= 11; seq++) {
      brings(rig, 1, seq, { bytes: EIGHTH })
      stores(rig)
    }
    expect(rig.sent(1)).not.toContain('allow')
    brings(rig, 1, 12, { bytes: EIGHTH })
    stores(rig)
    expect(rig.messages(1)).toContainEqual({ type: 'allow', bytes: WINDOW / 2 })
  })

  test('[X3] does not make others wait for entries that wait for them', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { b: 100, c: 100 })
    rig.take('send')
    // They have a bound of their own.
    for (let seq = 1; seq <= 4; seq++) brings(rig, 1, seq, { bytes: EIGHTH, fate: 'waits' })
    expect(rig.messages(1)).toContainEqual({ type: 'allow', bytes: WINDOW / 2 })
  })

  test('[X3] allows what was passed over, as it came twice', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    rig.heads.set(C, headAt(50))
    rig.applied.set(C, 50)
    rig.take('send')
    for (let times = 0; times < 4; times++) {
      rig.hears(1, { type: 'entries', previous: headAt(0).hash, entries: [new Uint8Array(EIGHTH)] })
      const took = { origin: C, upTo: 50, before: '', fresh: [], isPushed: false }
      rig.step({ type: 'took', link: 1, ...took })
    }
    expect(rig.messages(1)).toContainEqual({ type: 'allow', bytes: WINDOW / 2 })
  })

  test('[L4] takes back what it asked for when a chunk is dropped, and asks again once nothing waits', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { b: 100, c: 100 })
    rig.take('send')
    brings(rig, 1, 1)
    brings(rig, 1, 2, { fate: 'waits' })
    brings(rig, 1, 3, { fate: 'dropped' })
    expect(wants(rig.messages(1))).toEqual(['c3–2'])
    // What was on its way comes for nothing, and is not answered.
    brings(rig, 1, 4, { fate: 'dropped' })
    passes(rig, 3_000)
    expect(wants(rig.messages(1))).toEqual([])
    rig.waiting.clear()
    rig.applied.set(C, 2)
    brings(rig, 1, 1, { of: id('b') })
    passes(rig, 3_000)
    expect(wants(rig.messages(1))).toEqual(['c3–100'])
  })

  test('[L6] goes on where it was, with another peer, when a link breaks', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    meets(rig, 2, 'b', { c: 100 })
    expect(wants(rig.messages(2))).toEqual([])
    for (let seq = 1; seq <= 40; seq++) brings(rig, 1, seq)
    rig.step({ type: 'unlinked', link: 1 })
    passes(rig, 3_000)
    expect(wants(rig.messages(2))).toEqual(['c41–100'])
    // The window of the next link is whole.
    rig.step({ type: 'unlinked', link: 2 })
    meets(rig, 3, 'a', { c: 100 })
    expect(wants(rig.messages(3))).toEqual(['c41–100'])
  })

  test('[L6] asks another when a peer brings nothing for long, and this one only after a rest', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    meets(rig, 2, 'b', { c: 100 })
    rig.take('send')
    rig.now += GOSSIP_LIMITS.wantMs - 1
    brings(rig, 1, 1)
    stores(rig)
    rig.now += GOSSIP_LIMITS.wantMs - 1
    tells(rig, 1, { c: 100 })
    expect(wants(rig.messages(1))).toEqual([])
    rig.now += 1
    rig.take('schedule')
    // The silent one is heard first, and is not asked again.
    tells(rig, 1, { c: 100 })
    expect(wants(rig.messages(1))).toEqual(['c2–1'])
    passes(rig, 3_000)
    const sent = rig.allSent()
    const [toFirst, toSecond] = [1, 2].map((to) => {
      return wants(sent.filter(({ link }) => link === to).map(({ message }) => message))
    })
    expect([toFirst, toSecond]).toEqual([[], ['c2–100']])
  })

  test('[X3] does not take its own slow disk for a peer that brings nothing', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    meets(rig, 2, 'b', { c: 100 })
    for (let seq = 1; seq <= 8; seq++) brings(rig, 1, seq, { bytes: EIGHTH })
    rig.take('send')
    rig.now += 2 * GOSSIP_LIMITS.wantMs
    tells(rig, 2, { c: 100 })
    stores(rig)
    passes(rig, GOSSIP_LIMITS.wantMs - 1)
    tells(rig, 2, { c: 100 })
    const sent = rig.allSent().map(({ message }) => message)
    expect(wants(sent)).toEqual([])
    expect(sent).toContainEqual({ type: 'allow', bytes: WINDOW })
  })

  test('[L6] asks the only peer again that brought nothing, with its window whole', () => {
    const rig = new Rig()
    meets(rig, 1, 'a', { c: 100 })
    rig.take('send')
    // While the store can't take anything, what comes is dropped, and nobody says so.
    for (let times = 0; times < 8; times++) {
      rig.hears(1, { type: 'entries', previous: headAt(0).hash, entries: [new Uint8Array(EIGHTH)] })
    }
    rig.now += GOSSIP_LIMITS.wantMs
    rig.take('schedule')
    tells(rig, 1, { c: 100 })
    const sent = rig.messages(1)
    expect(wants(sent)).toEqual(['c1–0'])
    expect(sent).toContainEqual({ type: 'allow', bytes: WINDOW })
    passes(rig, 3_000)
    expect(wants(rig.messages(1))).toEqual(['c1–100'])
  })

  test('[X3] asks a link for no more origins at a time than it serves', () => {
    const rig = new Rig()
    const origins = Array.from({ length: LIMITS.wantRangesMax + 1 }, (_, at) => {
      return (at + 1).toString(16).padStart(16, '0') as ReplicaId
    })
    rig.step({ type: 'linked', link: 1 })
    rig.hello(1, id('a'))
    const heads = new Map(origins.map((origin) => [origin, headAt(1)]))
    rig.hears(1, { type: 'have', heads, members: new Map() })
    const asked = rig.messages(1).flatMap((each) => (each.type === 'want' ? each.ranges : []))
    expect(asked).toHaveLength(LIMITS.wantRangesMax)
    brings(rig, 1, 1, { of: asked[0]?.origin as ReplicaId })
    const more = rig.messages(1).flatMap((each) => (each.type === 'want' ? each.ranges : []))
    expect(more).toMatchObject([{ origin: origins.at(-1) }])
  })

  test('[L1] takes back what it asked for when another history comes', () => {
    const rig = new Rig()
    meets(rig, 1, 'c', { c: 100 })
    rig.take('send')
    brings(rig, 1, 1)
    stores(rig)
    rig.step({ type: 'forked', link: 1, origin: C, seq: 1 })
    expect(wants(rig.messages(1))).toEqual(['c2–1'])
  })
})

test('[L6] what came as documents says nothing of how late the broadcast is', () => {
  const rig = new Rig()
  const reaches = (seq: number): void => {
    rig.applied.set(C, seq)
    rig.heads.set(C, headAt(seq))
  }
  const grafts = (): number[] => {
    const due = rig.take('schedule').filter(({ timer }) => timer.kind === 'graft')
    for (const { timer } of due) rig.step({ type: 'timer', timer })
    return due.map(({ delayMs }) => delayMs)
  }
  meets(rig, 1, 'b', {})
  tells(rig, 1, { c: 5 })
  // Documents bring it, and no link does.
  reaches(5)
  expect(grafts()).toEqual([GOSSIP_LIMITS.graftMsMin])
  rig.now += 10_000
  tells(rig, 1, { c: 6 })
  reaches(6)
  const pushed = { type: 'took', link: 1, origin: C, upTo: 6, isPushed: true } as const
  rig.step({ ...pushed, before: headAt(5).hash, fresh: [sealed(C, 6)] })
  grafts()
  tells(rig, 1, { c: 9 })
  expect(grafts()).toEqual([GOSSIP_LIMITS.graftMsMin])
})
