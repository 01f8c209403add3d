import assert from 'node:assert/strict'

import { LIMITS, type SealedEntry } from '@rejoin/protocol'
import * as Y from 'yjs'

import type { Batch, MemberRecord, Store } from '../ports/store.ts'
import { Author, change, updateOf } from './author.ts'
import { CHANGES } from './store-changes.ts'
import { followHistory } from './store-histories.ts'
import type { TestRunner } from './transport.ts'

/**
 * What every store must pass: each sentence of the port's comment as a case, on a fresh disk that
 * the adapter's own test prepares. It needs no test runner of its own: it is given `describe` and
 * `it`. What a store does when its disk fails is the adapter's to show, by means that fit it.
 */
export interface StoreUnderTest {
  /** Opens the store on this disk: again after it was closed, or a second time while it is open. */
  open(): Promise<Store>
  /** Removes the disk; every store on it is closed by then. */
  remove(): Promise<void>
}

export function storeConformance(
  { describe, it }: TestRunner,
  name: string,
  prepare: () => Promise<StoreUnderTest>,
): void {
  describe(`${name} is a store`, () => {
    const cases = { ...CASES, ...CHANGES }
    for (const [title, check] of Object.entries(cases)) it(title, () => run(check, prepare))
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const title = `[S1] random history ${seed} goes as it does in memory`
      it(title, () => run((open) => followHistory(open, seed), prepare))
    }
  })
}

type Check = (open: () => Promise<Store>) => Promise<void>

async function run(check: Check, prepare: () => Promise<StoreUnderTest>): Promise<void> {
  const disk = await prepare()
  const opened: Store[] = []
  try {
    await check(async () => {
      const store = await disk.open()
      opened.push(store)
      return store
    })
  } finally {
    for (const store of opened) await store.close()
    await disk.remove()
  }
}

const EVERYTHING = { from: 1, to: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER }
const HISTORIES = 12

/** All are good document names; what else they mean to a file system, a URL or a store is nothing. */
const ODD_NAMES: readonly string[] = [
  ['a', 'ab', 'a/b', '/', '//', '.', '..', '../../etc/passwd', 'C:\\con', 'nul', '~', '*', '?'],
  [' ', ' a', 'a ', '%2e%2e', '%', '#', "'; --", '"', '__proto__', 'constructor', '\u200b'],
  ['v1', 'v1_sv', 'v1_sw', 'update', 'meta', 'rejoin', 'log', 'zzzzzzz', '\uffff', '日本語'],
  [
    'é',
    'e\u0301',
    '🦊',
    '👩‍👩‍👧',
    'n'.repeat(127),
    'n'.repeat(128),
    'n'.repeat(1024),
    '🦊'.repeat(256),
  ],
].flat()

const CASES: Readonly<Record<string, Check>> = {
  'a fresh store is empty': async (open) => {
    const store = await open()
    assert.match(store.recovered.replica, /^[0-9a-f]{16}$/)
    assert.deepEqual(store.recovered.heads, new Map())
    assert.deepEqual(store.recovered.members, [])
    assert.equal(store.documentCount(), 0)
    assert.deepEqual(await store.listDocuments({ limit: 10 }), [])
    assert.deepEqual((await store.readDocument('a')).updates, [])
  },

  '[S1] what was committed is there when the store is opened again': async (open) => {
    const [one, two] = [new Author(1), new Author(2)]
    const store = await open()
    await store.commit(batchOf([...one.writeMany(3, 'a'), ...two.writeMany(2, 'b')]))
    await store.commit({ entries: one.writeMany(1, 'b'), members: [member(two, 2)] })
    await store.close()

    const again = await open()
    const heads = new Map([one, two].map(({ id, head }) => [id, head]))
    assert.equal(again.recovered.replica, store.recovered.replica)
    assert.deepEqual(again.recovered.heads, heads)
    assert.deepEqual(again.recovered.members, [member(two, 2)])
    assert.equal(again.documentCount(), 2)
    assert.deepEqual((await again.readEntries(one.id, EVERYTHING)).entries, one.bytesOf(1, 4))
    assert.equal((await again.readDocument('b')).updates.length, 3)
  },

  '[S1] a read beside a commit sees all of a batch or nothing': async (open) => {
    const store = await open()
    const author = new Author(1)
    const count = 300
    const commit = { settled: false }
    const settle = (): void => void (commit.settled = true)
    const committed = store.commit(batchOf(author.writeMany(count, 'a')))
    void committed.then(settle, settle)
    while (!commit.settled) {
      const updates = (await store.readDocument('a')).updates.length
      const { entries } = await store.readEntries(author.id, EVERYTHING)
      assert.ok(updates === 0 || updates === count, `${updates} of ${count} updates`)
      assert.ok(entries.length === 0 || entries.length === count, `${entries.length} of ${count}`)
      assert.ok(entries.length >= updates, 'the log lacks what its document has')
    }
    await committed
    assert.equal((await store.readDocument('a')).updates.length, count)
  },

  'a document has its updates in the order of the batches': async (open) => {
    const store = await open()
    const [one, two] = [new Author(1), new Author(2)]
    const edits = (...texts: string[]) => texts.map((text) => change('a', text))
    const later = two.write(edits('second'))
    await store.commit(batchOf([later, one.write([...edits('third', 'fourth'), change('b', 'x')])]))
    await store.commit(batchOf([one.write(edits('first')), two.write(edits('last', 'last'))]))
    const texts = ['second', 'third', 'fourth', 'first', 'last', 'last']
    assert.deepEqual((await store.readDocument('a')).updates, texts.map(updateOf))
    assert.deepEqual((await store.readDocument('b')).updates, [updateOf('x')])
  },

  'entries are read with the chain hash before them': async (open) => {
    const store = await open()
    const [one, two] = [new Author(1), new Author(2)]
    await store.commit(batchOf([...one.writeMany(5, 'a'), ...two.writeMany(5, 'a')]))
    const start = await store.readEntries(one.id, { ...EVERYTHING, to: 2 })
    assert.deepEqual(start, { previous: '0000000000000000', entries: one.bytesOf(1, 2) })
    const middle = await store.readEntries(one.id, { ...EVERYTHING, from: 3, to: 4 })
    assert.deepEqual(middle, { previous: one.written[1]?.hash, entries: one.bytesOf(3, 4) })
    const last = await store.readEntries(two.id, { ...EVERYTHING, from: 5, to: 5 })
    assert.deepEqual(last, { previous: two.written[3]?.hash, entries: two.bytesOf(5, 5) })
  },

  'reading keeps within bytesMax, but reads one entry at least': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit(batchOf(author.writeMany(10, 'a')))
    const [entryBytes] = author.written.map(({ bytes }) => bytes.length)
    assert.ok(entryBytes !== undefined)
    for (const [bytesMax, count] of [
      [0, 1],
      [entryBytes, 1],
      [entryBytes * 3 - 1, 2],
      [entryBytes * 3, 3],
      [entryBytes * 100, 8],
    ] as const) {
      const { entries } = await store.readEntries(author.id, { from: 2, to: 9, bytesMax })
      assert.deepEqual(entries, author.bytesOf(2, 1 + count), `bytesMax ${bytesMax}`)
    }
  },

  'what the log does not hold is left out': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit(batchOf(author.writeMany(3, 'a')))
    const read = async (from: number, to: number, origin = author.id) =>
      (await store.readEntries(origin, { ...EVERYTHING, from, to })).entries
    assert.deepEqual(await read(2, 9), author.bytesOf(2, 3))
    assert.deepEqual(await read(4, 9), [])
    assert.deepEqual(await read(5, 9), [])
    assert.deepEqual(await read(1, 9, new Author(2).id), [])
  },

  'a log that starts late is read from where its chain is known': async (open) => {
    const store = await open()
    const author = new Author(1, 10)
    await store.commit({ ...batchOf([]), jumps: new Map([[author.id, author.head]]) })
    await store.commit(batchOf(author.writeMany(3, 'a')))
    assert.deepEqual((await store.readEntries(author.id, EVERYTHING)).entries, [])
    const chained = await store.readEntries(author.id, { ...EVERYTHING, from: 12 })
    assert.deepEqual(chained, {
      previous: author.written[0]?.hash,
      entries: author.bytesOf(12, 13),
    })
  },

  '[L2] sequence numbers beyond 32 bits keep their order': async (open) => {
    const author = new Author(1, 2 ** 32 - 3)
    const store = await open()
    await store.commit({ ...batchOf([]), jumps: new Map([[author.id, author.head]]) })
    await store.commit(batchOf(author.writeMany(6, 'a')))
    const { entries } = await store.readEntries(author.id, { ...EVERYTHING, from: 2 ** 32 - 1 })
    assert.deepEqual(entries, author.bytesOf(2 ** 32 - 1, 2 ** 32 + 3))
    await store.close()
    assert.deepEqual((await open()).recovered.heads, new Map([[author.id, author.head]]))
  },

  'a member is remembered by its newest record': async (open) => {
    const [one, two] = [new Author(1), new Author(2)]
    const store = await open()
    await store.commit({ entries: [], members: [member(one, 1), member(two, 2 ** 40)] })
    const moved: MemberRecord = { ...member(one, 2), address: 'wss://elsewhere.example/é' }
    await store.commit({ entries: [], members: [moved] })
    await store.close()
    const { members } = (await open()).recovered
    assert.equal(members.length, 2)
    assert.deepEqual(
      members.find(({ replica }) => replica === one.id),
      moved,
    )
    assert.deepEqual(
      members.find(({ replica }) => replica === two.id),
      member(two, 2 ** 40),
    )
  },

  'pages of any size list every name once': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit(batchOf(ODD_NAMES.map((name) => author.write([change(name, name)]))))
    const all = await pagesOf(store, 1_000)
    assert.deepEqual(all.toSorted(), ODD_NAMES.toSorted())
    for (const limit of [1, 2, 7, ODD_NAMES.length]) {
      assert.deepEqual(await pagesOf(store, limit), all, `pages of ${limit}`)
    }
    await store.close()
    const again = await open()
    assert.deepEqual(await pagesOf(again, 7), all)
    for (const name of ODD_NAMES)
      assert.deepEqual((await again.readDocument(name)).updates, [updateOf(name)])
  },

  'many documents are counted and listed': async (open) => {
    const store = await open()
    const author = new Author(1)
    const names = Array.from({ length: 3_000 }, (_, at) => `document ${at}`)
    const changes = names.map((document) => change(document, 'x'))
    await store.commit(batchOf([author.write(changes)]))
    await store.commit(batchOf([author.write(changes.slice(0, 100))]))
    assert.equal(store.documentCount(), names.length)
    await store.close()
    const again = await open()
    assert.equal(again.documentCount(), names.length)
    assert.deepEqual((await pagesOf(again, 1_000)).toSorted(), names.toSorted())
    assert.equal((await again.readDocument('document 99')).updates.length, 2)
    assert.equal((await again.readDocument('document 100')).updates.length, 1)
  },

  'an empty document is a document, and an entry may change nothing': async (open) => {
    const store = await open()
    const author = new Author(1)
    const nothing = Y.encodeStateAsUpdate(new Y.Doc())
    await store.commit(batchOf([]))
    await store.commit(
      batchOf([author.write([]), author.write([{ document: 'a', update: nothing }])]),
    )
    assert.equal(store.documentCount(), 1)
    assert.deepEqual((await store.readDocument('a')).updates, [nothing])
    assert.deepEqual((await store.readEntries(author.id, EVERYTHING)).entries, author.bytesOf(1, 2))
  },

  'an update of the greatest size is kept': async (open) => {
    const store = await open()
    const author = new Author(1)
    const { update } = change('large', 'x'.repeat(LIMITS.updateBytesMax - 64))
    assert.ok(update.length <= LIMITS.updateBytesMax)
    await store.commit(batchOf([author.write([{ document: 'large', update }])]))
    assert.ok(isSame((await store.readDocument('large')).updates, [update]))
    const { entries } = await store.readEntries(author.id, { from: 1, to: 1, bytesMax: 1 })
    assert.ok(isSame(entries, author.bytesOf(1, 1)))
  },

  '[S2] a closed store refuses, and its close may be repeated': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit(batchOf(author.writeMany(1, 'a')))
    await store.close()
    await store.close()
    const closed = { name: 'RejoinError', code: 'closed' }
    await assert.rejects(store.commit(batchOf(author.writeMany(1, 'a'))), closed)
    await assert.rejects(store.readEntries(author.id, EVERYTHING), closed)
    await assert.rejects(store.readDocument('a'), closed)
    await assert.rejects(store.listDocuments({ limit: 1 }), closed)
    const again = await open()
    assert.equal(again.recovered.heads.get(author.id)?.seq, 1)
    assert.equal((await again.readDocument('a')).updates.length, 1)
  },

  'a second opener is refused until the first has closed': async (open) => {
    const store = await open()
    await assert.rejects(open(), { name: 'RejoinError', code: 'store-locked' })
    await store.commit(batchOf(new Author(1).writeMany(1, 'a')))
    await store.close()
    assert.equal((await open()).documentCount(), 1)
  },
}

function batchOf(entries: readonly SealedEntry[]): Batch {
  return { entries, members: [] }
}

function member({ id }: Author, seq: number): MemberRecord {
  return {
    replica: id,
    address: `ws://${id}.example`,
    version: new Map([[id, seq]]),
    retired: false,
  }
}

async function pagesOf(store: Store, limit: number): Promise<string[]> {
  const names: string[] = []
  for (;;) {
    const after = names.at(-1)
    const page = await store.listDocuments(after === undefined ? { limit } : { after, limit })
    assert.ok(page.length <= limit)
    if (page.length === 0) return names
    names.push(...page)
  }
}

// A failed comparison of megabytes must not be printed.
function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && Buffer.concat(a).equals(Buffer.concat(b))
}
