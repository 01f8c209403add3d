import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'

import { backoffMs } from '../src/backoff.ts'
import { holdsAll } from '../src/missing.ts'
import { Outbox } from '../src/outbox.ts'
import { equalDocs } from './scene.ts'

/** The slow twin: one record for each edit ever made, and where it stands. */
class EveryEdit {
  readonly edits: { ref: number | undefined; isAnswered: boolean }[] = [
    { ref: undefined, isAnswered: false },
  ]

  answer(isMeant: (ref: number) => boolean): void {
    for (const edit of this.edits) {
      if (edit.ref !== undefined && isMeant(edit.ref)) edit.isAnswered = true
    }
  }

  send(ref: number): void {
    for (const edit of this.edits) if (!edit.isAnswered) edit.ref ??= ref
  }

  recall(): void {
    for (const edit of this.edits) if (!edit.isAnswered) edit.ref = undefined
  }

  get answeredThrough(): number {
    const first = this.edits.findIndex((edit) => !edit.isAnswered)
    return (first === -1 ? this.edits.length : first) - 1
  }

  get open(): number {
    return this.edits.slice(1).filter((edit) => !edit.isAnswered).length
  }
}

const action = fc.oneof(
  fc.record({ type: fc.constant('add' as const), back: fc.constant(0) }),
  fc.record({ type: fc.constantFrom('send', 'recall'), back: fc.constant(0) }),
  fc.record({ type: fc.constantFrom('ack', 'refuse'), back: fc.nat(4) }),
)

test('[X1] the account of pending edits is what a record of every edit says', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const outbox = new Outbox()
      const twin = new EveryEdit()
      let ref = 0
      for (const { type, back } of actions) {
        if (type === 'add') {
          outbox.add(1)
          twin.edits.push({ ref: undefined, isAnswered: false })
        } else if (type === 'send' && outbox.editsWait) {
          outbox.sent(++ref, 1)
          twin.send(ref)
        } else if (type === 'recall') {
          outbox.recall()
          twin.recall()
        } else if (type === 'ack') {
          outbox.acked(ref - back)
          twin.answer((each) => each <= ref - back)
        } else if (type === 'refuse') {
          outbox.refused(ref - back)
          twin.answer((each) => each === ref - back)
        }
        expect(outbox.pending.edits).toBe(twin.open)
        expect(outbox.answeredThrough).toBe(twin.answeredThrough)
      }
    }),
  )
})

test('what is sent while no edit waits counts as one edit', () => {
  const outbox = new Outbox()
  outbox.nothingToSend()
  expect(outbox.answeredThrough).toBe(outbox.made)
  outbox.sent(1, 10)
  expect(outbox.pending).toEqual({ edits: 1, bytes: 10 })
  outbox.acked(1)
  expect([outbox.pending.edits, outbox.answeredThrough]).toEqual([0, outbox.made])
})

test('a wait is never over its ceiling, which doubles up to the greatest', () => {
  const range = { backoffMsMin: 100, backoffMsMax: 5_000 }
  const ceilings = [0, 1, 2, 5, 6, 1_000].map((failures) => backoffMs(failures, range, 1))
  expect(ceilings).toEqual([100, 200, 400, 3_200, 5_000, 5_000])
  expect(backoffMs(3, range, 0)).toBe(0)
  expect(backoffMs(3, range, 0.5)).toBe(400)
})

test('[X1] a replica holds all of a doc just when the doc brings it nothing, deletions too', () => {
  const edit = fc.record({ isHere: fc.boolean(), isInsert: fc.boolean(), at: fc.nat() })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), fc.boolean(), (edits, isCaughtUp) => {
      const [here, there] = [new Y.Doc(), new Y.Doc()]
      for (const { isHere, isInsert, at } of edits) {
        const list = (isHere ? here : there).getText('t')
        if (isInsert || list.length === 0) list.insert(at % (list.length + 1), 'x')
        else list.delete(at % list.length, 1)
        if (at % 3 === 0) Y.applyUpdate(here, Y.encodeStateAsUpdate(there))
      }
      if (isCaughtUp) Y.applyUpdate(there, Y.encodeStateAsUpdate(here))
      const stateVector = Y.encodeStateVector(there)
      const update = Y.encodeStateAsUpdate(there, Y.encodeStateVector(here))
      Y.applyUpdate(here, update)
      const said = holdsAll({ type: 'opened', document: 'd', stateVector, update }, here)
      expect(said).toBe(equalDocs(here, there))
    }),
  )
})
