import { CHAIN_START } from '@rejoin/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'

import { entriesOf, haveOf, hears, idOf, linked, saidBy } from './peers.ts'
import { Rig, textOf, typed } from './rig.ts'

/** What a document shows of which something is missing, and how that comes back. */
const [one, two, three] = typed(7, 'one ', 'two ', 'three ') as [Uint8Array, Uint8Array, Uint8Array]

/** Opens a document of which the store holds these updates. */
function opened(rig: Rig, session: number, updates: readonly Uint8Array[]): Uint8Array {
  rig.step({ type: 'attached', session })
  rig.step({ type: 'open', session, document: 'notes', stateVector: Uint8Array.of(0) })
  for (const { document } of rig.take('load')) rig.step({ type: 'loaded', document, updates })
  return rig.take('opened')[0]?.update ?? new Uint8Array()
}

function shownTo(rig: Rig, session: number): Uint8Array[] {
  rig.fire('flush')
  return rig
    .take('update')
    .flatMap(({ sessions, update }) => (sessions.includes(session) ? [update] : []))
}

test('[L2] [S3] what builds on something that is missing is not shown until a client brings that', () => {
  const rig = new Rig()
  const first = opened(rig, 1, [one, three])
  expect(textOf(first)).toBe('one ')
  expect(rig.engine.damagedDocuments).toEqual(['notes'])
  expect(rig.take('salvage')).toMatchObject([{ document: 'notes' }])
  rig.edit(1, 1, two)
  rig.commit()
  expect(textOf(first, ...shownTo(rig, 1))).toBe('one two three ')
  expect(rig.engine.damagedDocuments).toEqual([])
})

test('[L2] [S3] or until a peer does', () => {
  const rig = new Rig()
  const first = opened(rig, 1, [one, three])
  rig.step({
    type: 'salvaged',
    document: 'notes',
    updates: [one, two, three],
    end: 2,
    missing: new Map(),
  })
  expect(rig.take('replace')).toMatchObject([{ document: 'notes', end: 2 }])
  rig.step({ type: 'replaced', document: 'notes', done: true })
  expect(textOf(first, ...shownTo(rig, 1))).toBe('one two three ')
  expect(rig.engine.damagedDocuments).toEqual([])
})

test('[S3] where entries were not in the log when it was read, a peer must help: deletions leave no hole', () => {
  const rig = new Rig()
  opened(rig, 1, [one, three])
  linked(rig, 1, 'b')
  hears(rig, 1, haveOf('b', 2))
  rig.take('send')
  const missing = new Map([[idOf('b'), 2]])
  rig.step({ type: 'salvaged', document: 'notes', updates: [one, two, three], end: 2, missing })
  expect(rig.take('replace')).toEqual([])
  const fetched = saidBy(rig).filter(({ type }) => type === 'fetch')
  expect(fetched).toMatchObject([{ document: 'notes', only: true }])
})

test('[S3] a trim that was told to have failed may have been made: the log begins where it says then', () => {
  const rig = new Rig()
  rig.open(1)
  rig.edit(1, 1, one)
  rig.commit()
  rig.step({ type: 'commit-failed', batch: 0, reason: 'No space left on the disk.' })
  const heads = new Map([[rig.engine.replica, { seq: 1, hash: CHAIN_START }]])
  rig.step({ type: 'reopened', heads, floors: heads })
  expect([...rig.engine.floors.keys()]).toEqual([rig.engine.replica])
})

test('[L2] readers are asked for what a peer builds on and nobody has', () => {
  const rig = new Rig()
  const first = opened(rig, 1, [one])
  linked(rig, 1, 'b')
  rig.take('ask')
  hears(rig, 1, entriesOf('b', 1, [three]))
  expect(shownTo(rig, 1)).toEqual([])
  expect(rig.take('ask')).toMatchObject([{ session: 1, document: 'notes' }])
  rig.edit(1, 1, two)
  expect(textOf(first, ...shownTo(rig, 1))).toBe('one two three ')
})

test('[S1] [L2] what a peer brought before the store had answered is not taken for whole', () => {
  const rig = new Rig()
  linked(rig, 1, 'b')
  rig.step({ type: 'attached', session: 1 })
  rig.step({ type: 'open', session: 1, document: 'notes', stateVector: Uint8Array.of(0) })
  hears(rig, 1, entriesOf('b', 1, [two]))
  rig.commit()
  for (const { document } of rig.take('load')) rig.step({ type: 'loaded', document, updates: [] })
  rig.edit(1, 1, three)
  rig.commit()
  expect(rig.take('ack')).toEqual([])
  expect(rig.take('ask')).toMatchObject([{ session: 1, document: 'notes' }])
  rig.edit(1, 2, Y.mergeUpdates([one, two, three]))
  rig.commit()
  expect(rig.take('ack')).toMatchObject([{ session: 1, ref: 2 }])
  rig.open(2)
  expect(textOf(rig.take('opened').at(-1)?.update ?? two)).toBe('one two three ')
})

test('[S3] a document that can be read and is damaged on disk stays named until it is repaired', () => {
  const rig = new Rig()
  opened(rig, 1, [one])
  rig.step({ type: 'damaged', document: 'notes' })
  rig.edit(1, 1, two)
  rig.commit()
  expect(rig.engine.damagedDocuments).toEqual(['notes'])
})

/** Edits of some people who each see a part of the others' edits. */
const histories = fc.array(
  fc.record({
    who: fc.nat(2),
    sees: fc.nat(2),
    text: fc.constantFrom('a', 'bc', ''),
    isStored: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
)

function updatesOf(history: readonly { who: number; sees: number; text: string }[]): Uint8Array[] {
  const docs = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }))
  const updates: Uint8Array[] = []
  for (const doc of docs) {
    doc.on('update', (update: Uint8Array, by: unknown) => by !== 'peer' && updates.push(update))
  }
  for (const { who, sees, text } of history) {
    const [doc, other] = [docs[who] as Y.Doc, docs[sees] as Y.Doc]
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'peer')
    const content = doc.getText('content')
    if (text !== '') content.insert(content.length >>> 1, text)
    else if (content.length > 0) content.delete(0, 1)
  }
  return updates
}

test('[L2] a document shows just what a real one shows, whatever is missing, and all of it in the end', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const updates = updatesOf(history)
      fc.pre(updates.length > 0)
      const stored = updates.filter((_, at) => history[at]?.isStored)
      const missing = updates.filter((_, at) => history[at]?.isStored !== true)
      const rig = new Rig()
      expect(textOf(opened(rig, 1, stored))).toBe(textOf(...stored))
      for (const [at, update] of missing.entries()) rig.edit(1, at + 1, update)
      // Whoever is asked for what is missing sends all that they have.
      if (rig.take('ask').length > 0) rig.edit(1, missing.length + 1, Y.mergeUpdates(updates))
      rig.commit()
      expect(rig.engine.damagedDocuments).toEqual([])
      rig.open(2)
      expect(textOf(rig.take('opened').at(-1)?.update ?? two)).toBe(textOf(...updates))
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('[L2] what builds on nothing that is missing is shown at once, even if it comes with what does', () => {
  const rig = new Rig()
  const shown = [opened(rig, 1, [])].filter(({ length }) => length > 0)
  linked(rig, 1, 'b')
  const [here] = typed(9, 'here ') as [Uint8Array]
  hears(rig, 1, entriesOf('b', 1, [Y.mergeUpdates([one, three, here])]))
  shown.push(...shownTo(rig, 1))
  expect(textOf(...shown)).toBe(textOf(one, here))
  hears(rig, 1, entriesOf('c', 1, [two]))
  shown.push(...shownTo(rig, 1))
  expect(textOf(...shown)).toBe(textOf(one, two, three, here))
})

test('[L2] much that waits for one thing, and comes more than once, is shown once that is there', () => {
  const rig = new Rig()
  const shown = [opened(rig, 1, [])].filter(({ length }) => length > 0)
  linked(rig, 1, 'b')
  const texts = Array.from({ length: 40 }, (_, at) => String(at).repeat(5_000))
  const [first, ...rest] = typed(9, ...texts) as [Uint8Array, ...Uint8Array[]]
  hears(rig, 1, entriesOf('b', 1, [...rest, ...rest]))
  expect(shownTo(rig, 1)).toEqual([])
  hears(rig, 1, entriesOf('c', 1, [first]))
  shown.push(...shownTo(rig, 1))
  expect(textOf(...shown)).toBe(textOf(first, ...rest))
})

function shuffledBy(seed: number, updates: readonly Uint8Array[]): Uint8Array[] {
  return updates.toSorted((a, b) => sumOf(a, seed) - sumOf(b, seed))
}

/** Merges so many that follow each other. */
function mergedBy(each: number, updates: readonly Uint8Array[]): Uint8Array[] {
  return updates.flatMap((_, at) =>
    at % each === 0 ? [Y.mergeUpdates(updates.slice(at, at + each))] : [],
  )
}

/** Origins, by a letter each; `a` is the replica itself. */
const ORIGINS = Array.from('bcdef0123456789')

test('[L2] likewise when peers bring it in any order, one update or some in one after the other', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 4 }), (history, seed, each) => {
      const order = mergedBy(each, shuffledBy(seed, updatesOf(history)))
      const rig = new Rig()
      linked(rig, 1, 'b')
      const shown = [opened(rig, 1, [])].filter(({ length }) => length > 0)
      for (const [at, update] of order.entries()) {
        hears(rig, 1, entriesOf(ORIGINS[at] as string, 1, [update]))
        shown.push(...shownTo(rig, 1))
        expect(textOf(...shown)).toBe(mostOf(order.slice(0, at + 1)))
      }
    }),
    { seed: 6, numRuns: 500 },
  )
})

/**
 * All that can be shown of these. Yjs itself looks at what waits only when the first thing that it lacks has
 * come, so they come as often as there are any.
 */
function mostOf(updates: readonly Uint8Array[]): string {
  return textOf(...updates.flatMap(() => updates))
}

/** A number that depends on all bytes, and otherwise with each `seed`. */
function sumOf(bytes: Uint8Array, seed: number): number {
  return bytes.reduce((sum, byte) => (sum * 31 + byte) % 65_521, seed % 65_521)
}

test('[L2] [S1] likewise when a client does, and all of it is acknowledged in the end', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 4 }), (history, seed, each) => {
      const order = mergedBy(each, shuffledBy(seed, updatesOf(history)))
      fc.pre(order.length > 0)
      const rig = new Rig()
      rig.open(1)
      const shown = [opened(rig, 2, [])].filter(({ length }) => length > 0)
      for (const [at, update] of order.entries()) {
        rig.edit(1, at + 1, update)
        shown.push(...shownTo(rig, 2))
        expect(textOf(...shown)).toBe(mostOf(order.slice(0, at + 1)))
      }
      rig.commit()
      expect(rig.take('ack').at(-1)).toMatchObject({ ref: order.length })
    }),
    { seed: 7, numRuns: 500 },
  )
})
