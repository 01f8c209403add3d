import { CATCH_UP_NOTE } from '@rejoin/gossip'
import type { Head, ReplicaMessage } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

const UPDATE = Uint8Array.of(0, 0)

function headAt(seq: number): Head {
  return { seq, hash: String(seq).repeat(16).slice(0, 16) }
}

/** One document, or with `last` its last update, of a source that holds entries of c up to `seq`. */
function documents(seq: number, done: boolean, last = true): ReplicaMessage {
  const piece = { document: 'notes', bytes: UPDATE, left: 0, last }
  const [base, upTo] = [new Map([[id('c'), headAt(seq)]]), new Map([[id('c'), seq]])]
  return { type: 'documents', base, upTo, pieces: [piece], done }
}

/** Begins to bring this replica up by documents of `letter`. */
function behind(rig: Rig, link: number, letter: string): void {
  rig.step({ type: 'linked', link })
  rig.hello(link, id(letter))
  rig.hears(link, { type: 'behind', floors: new Map([[id('c'), headAt(3)]]) })
}

test('[L1] [L7] documents of two sources may hold two histories of an id, and are to be compared', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  expect(rig.take('snapshots')).toMatchObject([{ doubt: undefined }])
  rig.step({ type: 'snapshots-stored', chunk: 1 })
  rig.step({ type: 'unlinked', link: 1 })
  behind(rig, 2, 'b')
  rig.hears(2, documents(9, false))
  const [first] = rig.take('snapshots')
  expect(first?.doubt).toEqual({ isFirst: true, after: '', unfinished: undefined, isLast: false })
  rig.step({ type: 'snapshots-stored', chunk: 2 })
  rig.hears(2, documents(9, true))
  const last = { isFirst: false, after: 'notes', unfinished: undefined, isLast: true }
  expect(rig.take('snapshots')).toMatchObject([{ doubt: last }])
  // A restart in between does not forget it.
  const restarted = new Rig([], [], first?.notes)
  behind(restarted, 1, 'b')
  restarted.hears(1, documents(9, true))
  expect(restarted.take('snapshots')).toMatchObject([{ doubt: { ...last, isFirst: true } }])
})

test('[L1] [L7] so may those of one source, where the log jumps over entries that it held', () => {
  const rig = new Rig()
  rig.applied.set(id('c'), 2)
  behind(rig, 1, 'a')
  rig.hears(1, documents(9, false, false))
  expect(rig.take('snapshots')).toMatchObject([{ doubt: { unfinished: 'notes' } }])
  rig.step({ type: 'snapshots-stored', chunk: 1 })
  rig.hears(1, documents(9, true))
  expect(rig.take('snapshots')).toMatchObject([{ doubt: { unfinished: undefined } }])
})

test('[L1] [L7] entries that come meanwhile are not jumped over', () => {
  const rig = new Rig()
  rig.applied.set(id('c'), 1)
  behind(rig, 1, 'a')
  rig.hears(1, documents(9, false))
  expect(rig.take('snapshots')).toMatchObject([{ doubt: { isLast: false } }])
  rig.step({ type: 'snapshots-stored', chunk: 1 })
  rig.applied.set(id('c'), 2)
  rig.hears(1, documents(9, true))
  const [last] = rig.take('snapshots')
  expect(last).toMatchObject({ jumps: new Map(), doubt: undefined })
  rig.step({ type: 'snapshots-stored', chunk: 2 })
  // The documents may hold more of c than its entries here say, so those of the next source may be others.
  const restarted = new Rig([], [], last?.notes)
  restarted.applied.set(id('c'), 2)
  behind(restarted, 1, 'b')
  restarted.hears(1, documents(9, true))
  expect(restarted.take('snapshots')).toMatchObject([
    { jumps: new Map([[id('c'), headAt(9)]]), doubt: { isLast: true } },
  ])
})

test('[L7] documents of one source and nothing before them leave nothing in doubt', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(9, true))
  const [snapshots] = rig.take('snapshots')
  expect(snapshots?.doubt).toBeUndefined()
  expect(snapshots?.notes.get(CATCH_UP_NOTE)).toEqual(new Uint8Array())
})

test('[L7] what came before a link broke, and is durable later, does not make it ask twice over the next', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  rig.step({ type: 'unlinked', link: 1 })
  behind(rig, 2, 'a')
  expect(rig.sent(2)).toContain('fetch')
  rig.step({ type: 'snapshots-stored', chunk: 1 })
  expect(rig.sent(2)).not.toContain('fetch')
  rig.hears(2, documents(4, false))
  rig.step({ type: 'snapshots-stored', chunk: 2 })
  expect(rig.sent(2)).toContain('fetch')
})

test('[L5] [L7] nor does it count for what the next has brought meanwhile', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  rig.step({ type: 'unlinked', link: 1 })
  behind(rig, 2, 'a')
  rig.hears(2, documents(4, true))
  expect(rig.take('snapshots')).toMatchObject([{ chunk: 1 }, { chunk: 2 }])
  rig.step({ type: 'snapshots-stored', chunk: 1 })
  behind(rig, 3, 'b')
  expect(rig.sent(3)).not.toContain('fetch')
  rig.step({ type: 'snapshots-stored', chunk: 2 })
  rig.hears(3, { type: 'behind', floors: new Map([[id('c'), headAt(3)]]) })
  expect(rig.sent(3)).toContain('fetch')
})

test('[L7] [L8] what is noted meanwhile counts nothing that was handed over and is not durable', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  rig.step({ type: 'published', origin: id('c') })
  const [ahead] = rig.take('ahead')
  expect(ahead?.ahead).toEqual(new Map())
  const restarted = new Rig([], [], ahead?.notes)
  behind(restarted, 1, 'a')
  const asked = restarted.messages(1).filter(({ type }) => type === 'fetch')
  expect(asked).toMatchObject([{ document: '' }])
})
