import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { compact, objectionTo } from '@rejoin/replica'

import { shown, steps, updatesOf } from './compaction-histories.ts'

// Random histories of all types; fast-check prints the seed and the path of what fails.

const RUNS = { seed: 1, numRuns: Number(process.env['HISTORIES'] ?? 150) }

const histories = fc.record({ history: steps, gc: fc.boolean() })

function snapshotOf(updates: readonly Uint8Array[], gc: boolean): Uint8Array {
  const result = compact(updates, { gc })
  if (!result.ok) throw new Error(result.reason)
  return result.snapshot
}

describe('[S5] a snapshot', () => {
  test('shows what its updates show, by itself and beside them', () => {
    fc.assert(
      fc.property(histories, ({ history, gc }) => {
        const updates = updatesOf(history, { isAstral: true })
        const snapshot = snapshotOf(updates, gc)
        expect(shown(snapshot)).toEqual(shown(...updates))
        expect(shown(...updates, snapshot)).toEqual(shown(snapshot))
        expect(shown(snapshot, ...updates)).toEqual(shown(snapshot))
      }),
      RUNS,
    )
  })

  test('has the same bytes in whatever order its updates are, repeated or merged', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), ({ history, gc }, chance) => {
        // Of a pair of code units deleted one by one Yjs keeps U+FFFD twice or the pair, by the order.
        const updates = updatesOf(history, { isAstral: gc })
        const next = (): number => chance.next().value as number
        const shuffled = updates.toSorted(() => (next() % 2) - 0.5)
        const some = updates.filter(() => next() % 3 === 0)
        const snapshot = snapshotOf(updates, gc)
        expect(snapshotOf(shuffled, gc)).toEqual(snapshot)
        expect(snapshotOf([...some, ...shuffled, ...some], gc)).toEqual(snapshot)
        const merged = some.length === 0 ? [] : [Y.mergeUpdates(some)]
        expect(snapshotOf([...merged, ...updates], gc)).toEqual(snapshot)
      }),
      RUNS,
    )
  })

  test('[L5] has the same bytes when a part of its updates was compacted before', () => {
    fc.assert(
      fc.property(histories, fc.nat(), ({ history, gc }, at) => {
        const updates = updatesOf(history, { isAstral: true })
        const snapshot = snapshotOf(updates, gc)
        expect(snapshotOf([snapshot], gc)).toEqual(snapshot)
        const early = updates.splice(0, at % (updates.length + 1))
        expect(snapshotOf([snapshotOf(early, gc), ...updates], gc)).toEqual(snapshot)
      }),
      RUNS,
    )
  })

  test('of all updates but one takes the place of all only where that one changed nothing', () => {
    let objections = 0
    fc.assert(
      fc.property(histories, fc.nat(), ({ history, gc }, at) => {
        const updates = updatesOf(history, { isAstral: true })
        fc.pre(updates.length > 1)
        const result = compact(updates.toSpliced(at % updates.length, 1), { gc })
        // What another update builds on can't be left out.
        fc.pre(result.ok)
        const objection = objectionTo(result.snapshot, updates, { gc })
        if (objection !== undefined) return void (objections += 1)
        expect(compact([result.snapshot, ...updates], { gc })).toEqual(result)
      }),
      RUNS,
    )
    expect(objections).toBeGreaterThan(RUNS.numRuns / 2)
  })
})

describe('[D2] what is typed a key at a time', () => {
  /** Four thousand keys, every twentieth to take back what the last did. */
  function typed(gc: boolean): { doc: Y.Doc; updates: Uint8Array[] } {
    const doc = new Y.Doc({ gc })
    doc.clientID = 1
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const text = doc.getText('text')
    for (let key = 1; key <= 4_000; key++) {
      if (key % 20 === 0) text.delete(text.length - 1, 1)
      else text.insert(text.length, 'x')
    }
    return { doc, updates }
  }

  // Measured: 23,278 bytes merged, 6,194 compacted, and 6,394 with what was deleted.
  test.each([true, false])('weighs a third of what it does merged; gc %s', (gc) => {
    const { updates } = typed(true)
    const merged = Y.mergeUpdates(updates)
    expect(snapshotOf(updates, gc).length).toBeLessThan(merged.length / 3)
  })

  test('can be shown as it was at any time, where deleted content is kept', () => {
    const { doc, updates } = typed(false)
    const then = Y.snapshot(doc)
    const text = doc.getText('text')
    const before = text.toJSON()
    text.delete(0, text.length)
    const kept = new Y.Doc({ gc: false })
    Y.applyUpdate(kept, snapshotOf(updates, false))
    expect(kept.getText('text').toJSON()).toBe('')
    expect(Y.createDocFromSnapshot(kept, then).getText('text').toJSON()).toBe(before)
  })
})
