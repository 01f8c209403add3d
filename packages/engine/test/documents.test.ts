import { ENGINE_LIMITS } from '@rejoin/engine'
import { describe, expect, test } from 'vitest'

import { Rig, textOf, typed } from './rig.ts'

describe('readers', () => {
  test('[X3] those that stand at the same place are handed the same bytes, merged', () => {
    const rig = new Rig()
    for (const session of [1, 2, 3]) rig.open(session)
    rig.step({ type: 'paused', session: 3 })
    const [one, two, three] = typed(7, 'one ', 'two ', 'three') as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    rig.edit(1, 1, one)
    rig.edit(1, 2, two)
    rig.fire('flush')
    const [update, ...more] = rig.take('update')
    expect(more).toEqual([])
    expect(update?.sessions).toEqual([1, 2])
    expect(textOf(update?.update ?? one)).toBe('one two ')
    rig.edit(1, 3, three)
    rig.fire('flush')
    rig.take('update')
    rig.step({ type: 'resumed', session: 3 })
    rig.fire('flush')
    expect(
      rig.take('update').map(({ sessions, update: late }) => [sessions, textOf(late)]),
    ).toEqual([[[3], 'one two three']])
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
    rig.open(1)
    rig.open(2)
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
