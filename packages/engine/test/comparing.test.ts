import type { Head, ReplicaMessage } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { entriesOf, hears, idOf, linked, saidBy } from './peers.ts'
import { Rig, textOf, typed } from './rig.ts'

/**
 * Documents that bring a replica up over entries that it held, and that may have been other ones: nobody has
 * their hashes any more.
 */
const [here] = typed(7, 'only here ') as [Uint8Array]
const [there] = typed(8, 'there ') as [Uint8Array]

interface Part {
  readonly document: string
  readonly update: Uint8Array
  /** Whether the document ends with it. */
  readonly last?: boolean
}

function headAt(seq: number): Head {
  return { seq, hash: String(seq).repeat(16).slice(0, 16) }
}

/** What a source sends whose log of c begins after the ninth entry. */
function documentsOf(parts: readonly Part[], done = true): ReplicaMessage {
  const pieces = parts.map(({ document, update, last = true }) => {
    return { document, bytes: update, left: 0, last }
  })
  const [base, upTo] = [new Map([[idOf('c'), headAt(9)]]), new Map([[idOf('c'), 9]])]
  return { type: 'documents', base, upTo, pieces, done }
}

/** A replica that holds an entry of c, and has met a peer whose log begins after that. */
function rigBehind(update = here): Rig {
  const rig = new Rig()
  linked(rig, 1, 'b')
  hears(rig, 1, entriesOf('c', 1, [update]))
  rig.commit()
  hears(rig, 1, { type: 'behind', floors: new Map([[idOf('c'), headAt(9)]]) })
  return rig
}

/** The store answers what it is asked, and holds these updates of each document. */
function answer(rig: Rig, stored: Readonly<Record<string, Uint8Array>>): void {
  for (const { document } of rig.take('load')) {
    const updates = stored[document] === undefined ? [] : [stored[document]]
    rig.step({ type: 'loaded', document, updates })
  }
}

/** The store hands over all its documents, page after page. */
function readAll(rig: Rig, stored: Readonly<Record<string, Uint8Array>>): void {
  for (const { after } of rig.take('read-all')) {
    const names = Object.keys(stored).filter((name) => name > after)
    const documents = names.map((name) => ({
      document: name,
      updates: [stored[name]] as Uint8Array[],
    }))
    const next = { after: names.at(-1) ?? after, isLast: names.length === 0 }
    rig.step({ type: 'all-read', documents, ...next })
  }
}

interface Written {
  /** By document, what own entries change. */
  readonly published: Record<string, string>
  readonly stored: string[]
  /** How far the log of c jumps. */
  readonly jumped: number | undefined
}

const NOTHING: Written = { published: {}, stored: [], jumped: undefined }

/** What is written next. */
function written(rig: Rig): Written {
  rig.fire('seal')
  const [commit] = rig.take('commit')
  if (commit === undefined) return NOTHING
  const { id, entries, snapshots, jumps } = commit.batch
  const changes = entries.flatMap((entry) => entry.changes)
  rig.step({ type: 'committed', batch: id })
  return {
    published: Object.fromEntries(
      changes.map(({ document, update }) => [document, textOf(update)]),
    ),
    stored: snapshots.map(({ document }) => document),
    jumped: jumps.get(idOf('c'))?.seq,
  }
}

describe('[L1] [L7] what a document holds, and the one that comes does not,', () => {
  test('is published before the log jumps', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }]))
    expect(written(rig), 'before the store has answered').toEqual(NOTHING)
    answer(rig, { notes: here })
    expect(written(rig)).toEqual({ ...NOTHING, published: { notes: 'only here ' } })
    for (let page = 0; page < 2; page++) readAll(rig, { notes: here })
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: 9 })
  })

  test('may be a deletion', () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, there)
    doc.getText('content').delete(0, 1)
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }], false))
    answer(rig, { notes: Y.encodeStateAsUpdate(doc) })
    rig.fire('seal')
    const [entry] = rig.take('commit')[0]?.batch.entries ?? []
    expect(textOf(there, entry?.changes[0]?.update ?? there)).toBe('here ')
  })

  test('is nothing where that holds all of it', () => {
    const rig = rigBehind()
    const both = Y.mergeUpdates([here, there])
    hears(rig, 1, documentsOf([{ document: 'notes', update: both }]))
    answer(rig, { notes: here })
    for (let page = 0; page < 2; page++) readAll(rig, { notes: here })
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: 9 })
  })

  test('is known once all of that has come', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there, last: false }], false))
    answer(rig, { notes: here })
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: undefined })
    hears(rig, 1, documentsOf([{ document: 'notes', update: here }], false))
    answer(rig, { notes: Y.mergeUpdates([here, there]) })
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: undefined })
  })

  test('is all of it where none comes', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: here }]))
    answer(rig, { notes: here })
    const stored = { notes: here, plans: here }
    readAll(rig, stored)
    expect(written(rig)).toEqual({
      published: { plans: 'only here ' },
      stored: [],
      jumped: undefined,
    })
    readAll(rig, stored)
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: 9 })
  })

  test('is also what the disk has yet to take', () => {
    const rig = rigBehind()
    hears(rig, 1, entriesOf('d', 1, [there]))
    hears(rig, 1, documentsOf([{ document: 'plans', update: there }]))
    answer(rig, {})
    expect(rig.take('read-all')).toEqual([])
    rig.commit()
    expect(rig.take('read-all')).toMatchObject([{ after: '' }])
  })

  test('is in memory where the document is open', () => {
    const rig = rigBehind()
    rig.open(1)
    rig.edit(1, 1, here)
    rig.commit()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }], false))
    expect(rig.take('load')).toEqual([])
    expect(written(rig)).toEqual({
      published: { notes: 'only here ' },
      stored: ['notes'],
      jumped: undefined,
    })
  })
})

describe('[L1] [L7] entries that come while documents do', () => {
  const [more] = typed(9, 'more ') as [Uint8Array]
  const second = entriesOf('c', 1, [here, more])

  test('stay in the log, which then does not jump over them', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }], false))
    answer(rig, { notes: here })
    expect(written(rig)).toMatchObject({ published: { notes: 'only here ' }, stored: ['notes'] })
    hears(rig, 1, second)
    rig.commit()
    hears(rig, 1, documentsOf([{ document: 'plans', update: there }]))
    expect(written(rig)).toEqual({ ...NOTHING, stored: ['plans'] })
    expect(rig.engine.version.get(idOf('c'))).toBe(2)
  })

  test('are not taken from the last comparison to the jump', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }]))
    hears(rig, 1, second)
    answer(rig, { notes: here })
    expect(written(rig)).toEqual({ ...NOTHING, published: { notes: 'only here ' } })
    hears(rig, 1, second)
    for (let page = 0; page < 2; page++) readAll(rig, { notes: here })
    expect(written(rig)).toEqual({ published: {}, stored: ['notes'], jumped: 9 })
  })

  test('are taken when it comes to none', () => {
    const rig = rigBehind()
    hears(rig, 1, documentsOf([{ document: 'notes', update: there }]))
    rig.take('load')
    const reason = 'Input/output error.'
    rig.step({ type: 'load-failed', document: 'notes', reason, damaged: false })
    linked(rig, 2, 'b')
    hears(rig, 2, second)
    rig.commit()
    expect(rig.engine.version.get(idOf('c'))).toBe(2)
  })
})

test('[L7] documents that can’t be compared, as the store can’t be read, are asked for again', () => {
  const rig = rigBehind()
  hears(rig, 1, documentsOf([{ document: 'notes', update: there }]))
  rig.take('load')
  rig.step({
    type: 'load-failed',
    document: 'notes',
    reason: 'Input/output error.',
    damaged: false,
  })
  expect(rig.take('close')).toMatchObject([{ link: 1, rejection: { code: 'unreadable' } }])
  expect(written(rig)).toEqual(NOTHING)
  linked(rig, 2, 'b')
  saidBy(rig)
  hears(rig, 2, { type: 'behind', floors: new Map([[idOf('c'), headAt(9)]]) })
  expect(saidBy(rig)).toMatchObject([{ type: 'fetch', document: '' }])
})

test('[S2] [L7] while nothing can be stored nothing is published nor shown, and then it goes on', () => {
  const rig = rigBehind()
  rig.open(1, 'other')
  rig.edit(1, 1, here, 'other')
  rig.fire('seal')
  const batch = rig.take('commit')[0]?.batch.id ?? 0
  hears(rig, 1, documentsOf([{ document: 'notes', update: there }], false))
  rig.step({ type: 'commit-failed', batch, reason: 'No space left on the disk.' })
  answer(rig, { notes: here })
  expect(rig.engine.backlog.editBytes).toBe(0)
  rig.step({ type: 'reopened', heads: new Map([[idOf('c'), headAt(1)]]), floors: new Map() })
  expect(written(rig)).toMatchObject({ published: { other: 'only here ' } })
  expect(written(rig)).toEqual({
    published: { notes: 'only here ' },
    stored: ['notes'],
    jumped: undefined,
  })
})

test('[L5] [L7] documents that are stored after their link broke are no answer for what the next link brought', () => {
  const rig = rigBehind(there)
  hears(rig, 1, documentsOf([{ document: 'notes', update: there }], false))
  answer(rig, { notes: there })
  rig.fire('seal')
  const slow = rig.take('commit')[0]?.batch.id ?? 0
  rig.step({ type: 'unlinked', link: 1 })
  linked(rig, 2, 'b')
  hears(rig, 2, { type: 'behind', floors: new Map([[idOf('c'), headAt(9)]]) })
  hears(rig, 2, documentsOf([{ document: 'plans', update: here }], false))
  saidBy(rig)
  rig.step({ type: 'committed', batch: slow })
  // The store has yet to say what it holds of these.
  expect(saidBy(rig)).not.toContainEqual(expect.objectContaining({ type: 'fetch' }))
  answer(rig, {})
  expect(written(rig)).toMatchObject({ stored: ['plans'] })
  expect(saidBy(rig)).toContainEqual(expect.objectContaining({ type: 'fetch', document: 'plans' }))
})
