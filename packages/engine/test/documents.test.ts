import { ENGINE_LIMITS } from '@rejoin/engine'
import {
  CHAIN_START,
  encodeEntry,
  encodeReplicaMessage,
  LIMITS,
  type ReplicaId,
} from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { chainHash } from '../src/chain.ts'
import { Log } from '../src/log.ts'
import { helloOf } from './peers.ts'
import { Rig, textOf, typed } from './rig.ts'

describe('readers', () => {
  test('[X3] those that stand at the same place are handed the same bytes, merged', () => {
    const rig = new Rig()
    for (const session of [1, 2, 3, 4]) rig.open(session)
    rig.step({ type: 'paused', session: 3 })
    const [one, two, three] = typed(7, 'one ', 'two ', 'three') as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    rig.edit(4, 1, one)
    rig.edit(4, 2, two)
    rig.fire('flush')
    const [update, ...more] = rig.take('update')
    expect(more).toEqual([])
    expect(update?.sessions).toEqual([1, 2])
    expect(textOf(update?.update ?? one)).toBe('one two ')
    rig.edit(4, 3, three)
    rig.fire('flush')
    rig.take('update')
    rig.step({ type: 'resumed', session: 3 })
    rig.fire('flush')
    expect(
      rig.take('update').map(({ sessions, update: late }) => [sessions, textOf(late)]),
    ).toEqual([[[3], 'one two three']])
  })

  test('[X3] one that wrote is not sent what it wrote, unless it lacks something before that', () => {
    const rig = new Rig()
    for (const session of [1, 2]) rig.open(session)
    const [mine, theirs, after] = [...typed(7, 'mine'), ...typed(8, 'theirs'), ...typed(9, 'after')]
    rig.edit(1, 1, mine as Uint8Array)
    rig.fire('flush')
    expect(rig.take('update').map(({ sessions }) => sessions)).toEqual([[2]])
    rig.edit(2, 1, theirs as Uint8Array)
    rig.edit(1, 2, after as Uint8Array)
    rig.fire('flush')
    const updates = rig.take('update').map(({ sessions, update }) => [sessions, textOf(update)])
    expect(updates).toEqual([
      [[1], 'theirsafter'],
      [[2], 'after'],
    ])
  })

  test('[X3] one that slept through a compaction gets the whole document', () => {
    const rig = new Rig()
    rig.open(1)
    rig.open(2)
    rig.step({ type: 'paused', session: 2 })
    const updates = typed(7, ...Array.from({ length: ENGINE_LIMITS.compactUpdates }, () => 'x'))
    for (const [index, update] of updates.entries()) rig.edit(1, index + 1, update)
    rig.fire('flush')
    const [compact] = rig.take('compact')
    if (compact === undefined) throw new Error('no compaction')
    expect(textOf(...compact.updates)).toHaveLength(ENGINE_LIMITS.compactUpdates)
    rig.step({ type: 'compacted', document: 'notes', end: compact.end, snapshot: whole(updates) })
    rig.take('update')
    rig.step({ type: 'resumed', session: 2 })
    rig.fire('flush')
    expect(textOf(rig.take('update')[0]?.update as Uint8Array)).toHaveLength(updates.length)
  })

  test('[L2] a document that is loaded while a commit with a change to it is under way has it', () => {
    const rig = new Rig()
    const updates = typed(7, 'a', 'b', 'c')
    rig.open(1)
    rig.edit(1, 1, updates[0] as Uint8Array)
    rig.fire('seal')
    rig.edit(1, 2, updates[1] as Uint8Array)
    rig.step({ type: 'detached', session: 1 })
    // Enough other documents come and go for this one to leave memory.
    for (let index = 0; index <= ENGINE_LIMITS.idleDocumentsMax; index++) {
      rig.open(10 + index, `other ${index}`)
      rig.step({ type: 'detached', session: 10 + index })
    }
    rig.step({ type: 'attached', session: 2 })
    rig.step({ type: 'open', session: 2, document: 'notes', stateVector: Uint8Array.of(0) })
    expect(rig.take('load').map(({ document }) => document)).toEqual(['notes'])
    rig.take('opened')
    // The store was read before either change had reached it.
    rig.step({ type: 'loaded', document: 'notes', updates: [] })
    expect(textOf(rig.take('opened')[0]?.update as Uint8Array)).toBe('ab')
  })

  test('[X2] a document that the store can not read is refused, and others are not', () => {
    const rig = new Rig()
    rig.step({ type: 'attached', session: 1 })
    for (const document of ['bad', 'good']) {
      rig.step({ type: 'open', session: 1, document, stateVector: Uint8Array.of(0) })
    }
    rig.step({ type: 'loaded', document: 'bad', updates: [Uint8Array.of(9, 9, 9)] })
    rig.step({ type: 'loaded', document: 'good', updates: typed(1, 'fine') })
    expect(rig.take('refused')).toMatchObject([
      { document: 'bad', rejection: { code: 'unreadable' } },
    ])
    expect(textOf(rig.take('opened')[0]?.update as Uint8Array)).toBe('fine')
  })
})

function whole(updates: readonly Uint8Array[]): Uint8Array {
  const rig = new Rig()
  rig.step({ type: 'attached', session: 1 })
  rig.step({ type: 'open', session: 1, document: 'notes', stateVector: Uint8Array.of(0) })
  rig.step({ type: 'loaded', document: 'notes', updates })
  return rig.take('opened')[0]?.update as Uint8Array
}

describe('edits', () => {
  test('[S1] one acknowledgement for all that one commit made durable, and none before', () => {
    const rig = new Rig()
    rig.open(1)
    const updates = typed(7, 'a', 'b', 'c')
    rig.edit(1, 1, updates[0] as Uint8Array)
    rig.fire('seal')
    const [first] = rig.take('commit')
    rig.edit(1, 2, updates[1] as Uint8Array)
    rig.edit(1, 3, updates[2] as Uint8Array)
    rig.fire('seal')
    expect(rig.take('ack')).toEqual([])
    // One commit is under way at a time; the other edits wait for it, and share the next.
    expect(rig.take('commit')).toEqual([])
    rig.step({ type: 'committed', batch: first?.batch.id ?? 0 })
    expect(rig.take('ack').map(({ ref }) => ref)).toEqual([1])
    const [second] = rig.take('commit')
    expect(second?.batch.entries).toHaveLength(1)
    rig.step({ type: 'committed', batch: second?.batch.id ?? 0 })
    expect(rig.take('ack').map(({ ref, dot }) => [ref, dot.seq])).toEqual([[3, 2]])
  })

  test('[S1] an edit that is held already is acknowledged once that is durable, and not stored again', () => {
    const rig = new Rig()
    rig.open(1)
    const [update] = typed(7, 'a') as [Uint8Array]
    rig.edit(1, 1, update)
    rig.edit(1, 2, update)
    expect(rig.take('ack')).toEqual([])
    rig.commit()
    expect(rig.take('ack').map(({ ref }) => ref)).toEqual([2])
    rig.edit(1, 3, update)
    expect(rig.take('ack').map(({ ref }) => ref)).toEqual([3])
    rig.fire('seal')
    expect(rig.take('commit')).toEqual([])
  })

  test('[S2] a failed commit acknowledges nothing, then or later, and edits are turned away', () => {
    const rig = new Rig()
    rig.open(1)
    const updates = typed(7, 'a', 'b')
    rig.edit(1, 1, updates[0] as Uint8Array)
    rig.fire('seal')
    const batch = rig.take('commit')[0]?.batch.id ?? 0
    rig.step({ type: 'commit-failed', batch, reason: 'No space left on the disk.' })
    rig.edit(1, 2, updates[1] as Uint8Array)
    rig.fire('seal')
    expect(rig.engine.failure).toBe('No space left on the disk.')
    expect(rig.take('ack')).toEqual([])
    expect(rig.take('commit')).toEqual([])
    expect(rig.take('ended')).toMatchObject([{ session: 1, rejection: { code: 'read-only' } }])
    expect([...rig.engine.version]).toEqual([])
  })

  test('[X3] what runs ahead is parked up to a bound, and then its sender has to come back', () => {
    const rig = new Rig()
    for (const session of [1, 2, 3]) rig.open(session)
    const [missing, ...ahead] = typed(7, 'x', ...Array.from({ length: 300 }, () => 'y'))
    for (const [index, update] of ahead.entries()) rig.edit(1, index + 1, update)
    expect(rig.take('ask')).toHaveLength(1)
    const ended = rig.take('ended')
    expect(ended[0]).toMatchObject({ session: 1, rejection: { code: 'park-full' } })
    rig.step({ type: 'detached', session: 1 })
    // Nothing of it stays behind, and nobody else was disturbed.
    rig.edit(2, 1, missing as Uint8Array)
    rig.commit()
    expect(rig.take('ack').map(({ session }) => session)).toEqual([2])
    rig.fire('flush')
    expect(rig.take('update').map(({ update }) => textOf(update))).toEqual(['x'])
  })

  test('[X2] an edit of a document that is not open, and one that is no update, change nothing', () => {
    const rig = new Rig()
    rig.open(1)
    rig.edit(1, 1, Uint8Array.of(1, 2, 3))
    rig.edit(1, 2, typed(7, 'a')[0] as Uint8Array, 'another')
    expect(rig.take('refused').map(({ ref, rejection }) => [ref, rejection.code])).toEqual([
      [1, 'bad-update'],
      [2, 'not-open'],
    ])
    expect(rig.take('rejected')).toHaveLength(2)
    rig.fire('seal')
    expect(rig.take('commit')).toEqual([])
  })
})

/** An update of one struct each by so many clients. */
function crowd(first: number, count: number): Uint8Array {
  const updates = Array.from({ length: count }, (_, index) => typed(first + index, 'x')[0])
  return Y.mergeUpdates(updates as Uint8Array[])
}

describe('what is merged from many', () => {
  const half = LIMITS.updateClientsMax / 2 + 1

  test('[L2] a document with more clients than one update may name is read back', () => {
    const rig = new Rig()
    rig.step({ type: 'attached', session: 1 })
    rig.step({ type: 'open', session: 1, document: 'notes', stateVector: Uint8Array.of(0) })
    rig.step({
      type: 'loaded',
      document: 'notes',
      updates: [crowd(1, half), crowd(half + 1, half)],
    })
    expect(rig.take('refused')).toEqual([])
    expect(rig.take('opened')).toHaveLength(1)
  })

  test('[L6] an entry with more clients than one update may name is taken by peers', () => {
    const rig = new Rig()
    rig.open(1)
    rig.edit(1, 1, crowd(1, half))
    rig.edit(1, 2, crowd(half + 1, half))
    rig.fire('seal')
    const [entry] = rig.take('commit')[0]?.batch.entries ?? []
    if (entry === undefined) throw new Error('no entry')
    const log = new Log({
      self: 'b'.repeat(16) as ReplicaId,
      heads: new Map(),
      floors: new Map(),
      isVoid: () => false,
    })
    const taken = log.take({ previous: CHAIN_START, entries: [entry.bytes] })
    expect(taken.outcome).toBe('taken')
  })

  test('[X3] a long tail on a large document is merged without a stall', () => {
    const rig = new Rig()
    rig.open(1)
    const texts = Array.from({ length: 20_000 }, () => 'x')
    for (const [index, update] of typed(7, ...texts).entries()) rig.edit(1, index + 1, update)
    const startedAt = performance.now()
    rig.open(2)
    expect(textOf(rig.take('opened')[1]?.update as Uint8Array)).toHaveLength(texts.length)
    // Over 5 s when merged as Yjs does it, all at once.
    expect(performance.now() - startedAt).toBeLessThan(2_500)
  })
})

test('[X3] a document in memory that only peers change is compacted too', () => {
  const rig = new Rig()
  rig.open(1)
  rig.step({ type: 'detached', session: 1 })
  const replica = 'b'.repeat(16) as ReplicaId
  rig.step({ type: 'linked', link: 1 })
  const hello = encodeReplicaMessage(helloOf(replica))
  rig.step({ type: 'frame', link: 1, frame: hello })
  const texts = Array.from({ length: ENGINE_LIMITS.compactUpdates }, () => 'x')
  const entries = typed(7, ...texts).map((update, index) =>
    encodeEntry({
      dot: { replica, seq: index + 1 },
      deps: new Map(),
      changes: [{ document: 'notes', update }],
    }),
  )
  const frame = encodeReplicaMessage({ type: 'entries', previous: CHAIN_START, entries })
  rig.step({ type: 'frame', link: 1, frame })
  expect(rig.take('compact')).toHaveLength(1)
})

test('[L2] whose question was answered is asked the next one at once', () => {
  const rig = new Rig()
  rig.open(1)
  const [one, two, three, four] = typed(7, 'a', 'b', 'c', 'd') as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  rig.edit(1, 1, two)
  rig.edit(1, 2, one)
  rig.edit(1, 3, four)
  expect(rig.take('ask')).toHaveLength(2)
  rig.edit(1, 4, three)
  rig.commit()
  expect(rig.take('ack').map(({ ref }) => ref)).toEqual([4])
})

test('[X3] edits behind one that is parked are not remembered without end', () => {
  const rig = new Rig()
  rig.open(1)
  const [one, , three] = typed(7, 'a', 'b', 'c') as [Uint8Array, Uint8Array, Uint8Array]
  rig.edit(1, 1, one)
  rig.edit(1, 2, three)
  for (let ref = 3; ref <= ENGINE_LIMITS.awaitedEditsMax; ref++) rig.edit(1, ref, one)
  expect(rig.take('ended')).toEqual([])
  rig.edit(1, ENGINE_LIMITS.awaitedEditsMax + 1, one)
  expect(rig.take('ended')).toMatchObject([{ rejection: { code: 'too-slow' } }])
})

test('[X3] while the disk is behind by its bound, entries of peers are dropped and stay missing', () => {
  const rig = new Rig()
  const replica = 'b'.repeat(16) as ReplicaId
  rig.step({ type: 'linked', link: 1 })
  const hello = encodeReplicaMessage(helloOf(replica))
  rig.step({ type: 'frame', link: 1, frame: hello })
  rig.fire('seal')
  const [update] = typed(7, 'x'.repeat(LIMITS.updateBytesMax - 100)) as [Uint8Array]
  let previous = CHAIN_START
  const taken: number[] = []
  for (let seq = 1; seq <= 12; seq++) {
    const changes = [{ document: 'notes', update }]
    const bytes = encodeEntry({ dot: { replica, seq }, deps: new Map(), changes })
    const frame = encodeReplicaMessage({ type: 'entries', previous, entries: [bytes] })
    previous = chainHash(previous, bytes)
    rig.step({ type: 'frame', link: 1, frame })
  }
  for (let at = 0; at < 2; at++) {
    for (const { batch } of rig.take('commit')) {
      taken.push(batch.entries.length)
      rig.step({ type: 'committed', batch: batch.id })
    }
  }
  // The first commit took the member alone; what waited behind it stopped at the bound.
  expect(taken).toEqual([0, 9])
  expect([...rig.engine.version.values()]).toEqual([9])
})

test('[X3] what is parked in all documents together is bounded, and given back', () => {
  const rig = new Rig()
  const large = 7_000_000
  const [first, ahead] = typed(7, 'x', 'y'.repeat(large)) as [Uint8Array, Uint8Array]
  const fitting = Math.floor(ENGINE_LIMITS.parkedBytesOverallMax / ahead.length)
  for (let index = 1; index <= fitting + 1; index++) {
    rig.open(index, `document ${index}`)
    rig.edit(index, 1, ahead, `document ${index}`)
  }
  expect(rig.take('ended').map(({ session }) => session)).toEqual([fitting + 1])
  // One session leaves, another's edit can go on: both give their room back.
  rig.step({ type: 'detached', session: 1 })
  rig.edit(2, 2, first, 'document 2')
  for (const session of [101, 102]) {
    rig.open(session, `document ${session}`)
    rig.edit(session, 1, ahead, `document ${session}`)
  }
  expect(rig.take('ended')).toEqual([])
})

test('[X3] a session that has to go hears it once, however much it goes on sending', () => {
  const rig = new Rig()
  rig.open(1)
  const [, ...ahead] = typed(7, 'x', ...Array.from({ length: 400 }, () => 'y'))
  for (const [index, update] of ahead.entries()) rig.edit(1, index + 1, update)
  expect(rig.take('ended')).toHaveLength(1)
  expect(rig.take('rejected')).toHaveLength(1)
})
