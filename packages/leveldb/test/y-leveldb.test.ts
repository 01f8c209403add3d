import { openLeveldbStore } from '@rejoin/leveldb'
import { encodeEntry, type Change, type SealedEntry } from '@rejoin/protocol'
import type { Store } from '@rejoin/replica'
import { describe, expect, it } from 'vitest'
import { LeveldbPersistence, keyEncoding } from 'y-leveldb'
import * as Y from 'yjs'

import { newPlace } from '../src/document-places.ts'
import { decodeKey, encodeKey, type KeyPart } from '../src/key-encoding.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const NAMES = ['a', 'a/b', '../..', 'rejoin', 'v1_sv', '日本語', '🦊'.repeat(256), 'n'.repeat(200)]

/** One directory under two owners in turn: the real y-leveldb, and ours. */
describe('y-leveldb', () => {
  it('[S4] reads every document that we wrote', async () => {
    const directory = await temporaryDirectory()
    const texts = new Map(NAMES.map((name) => [name, editsOf(name, 5)]))
    await withStore(directory, async (store) => {
      for (let at = 0; at < 5; at++) {
        const changes = [...texts].map(([document, edits]) => ({ document, update: edits[at]! }))
        await commit(store, changes)
      }
    })

    await withYLeveldb(directory, async (persistence) => {
      const names = await persistence.getAllDocNames()
      expect(names.toSorted()).toEqual(NAMES.toSorted())
      for (const [name, edits] of texts) {
        const doc = await persistence.getYDoc(name)
        expect(doc.getText().toJSON()).toBe(`${name} `.repeat(5))
        const whole = await persistence.getStateVector(name)
        expect(whole).toEqual(Y.encodeStateVectorFromUpdate(Y.mergeUpdates(edits)))
      }
    })
  })

  it('[S4] goes on with our documents, and we with what it leaves', async () => {
    const directory = await temporaryDirectory()
    const edits = editsOf('a', 1_010)
    await withStore(directory, async (store) => {
      for (const update of edits.slice(0, 600)) await commit(store, [{ document: 'a', update }])
    })
    await withYLeveldb(directory, async (persistence) => {
      // Reading more than 500 updates makes it replace them with one.
      await persistence.getYDoc('a')
      for (const update of edits.slice(600, 605)) await persistence.storeUpdate('a', update)
      await persistence.storeUpdate('its own', updateOf('x'))
    })
    await withStore(directory, async (store) => {
      expect(store.recovered.heads.get(store.recovered.replica)?.seq).toBe(600)
      expect(await store.listDocuments({ limit: 9 })).toEqual(['a', 'its own'])
      expect((await store.readDocument('a')).updates).toHaveLength(6)
      for (const update of edits.slice(605)) await commit(store, [{ document: 'a', update }])
      expect(textOf((await store.readDocument('a')).updates)).toBe('a '.repeat(1_010))
      expect(store.documentCount()).toBe(2)
    })
    await withYLeveldb(directory, async (persistence) => {
      expect((await persistence.getYDoc('a')).getText().toJSON()).toBe('a '.repeat(1_010))
    })
  })

  it('[S4] leaves a directory that opens as it is, and then has an id', async () => {
    const directory = await temporaryDirectory()
    await withYLeveldb(directory, async (persistence) => {
      for (const name of NAMES) {
        for (const update of editsOf(name, 3)) await persistence.storeUpdate(name, update)
      }
      await persistence.setMeta('a', 'key', { some: 'value' })
    })

    const replica = await withStore(directory, async (store) => {
      expect(store.recovered).toMatchObject({ heads: new Map(), members: [] })
      expect(store.documentCount()).toBe(NAMES.length)
      const names = await store.listDocuments({ limit: 100 })
      expect(names.toSorted()).toEqual(NAMES.toSorted())
      for (const name of names) {
        expect(textOf((await store.readDocument(name)).updates)).toBe(`${name} `.repeat(3))
      }
      return store.recovered.replica
    })
    await withStore(directory, async (store) => expect(store.recovered.replica).toBe(replica))
    await withYLeveldb(directory, async (persistence) => {
      expect(await persistence.getMeta('a', 'key')).toEqual({ some: 'value' })
    })
  })

  it('[S4] may have deleted a document, which we then take as new', async () => {
    const directory = await temporaryDirectory()
    const change = { document: 'a', update: updateOf('x') }
    await withStore(directory, (store) => commit(store, [change, { ...change, document: 'b' }]))
    await withYLeveldb(directory, (persistence) => persistence.clearDocument('a'))
    await withStore(directory, async (store) => {
      expect(await store.listDocuments({ limit: 9 })).toEqual(['b'])
      expect((await store.readDocument('a')).updates).toEqual([])
      await commit(store, [change])
      expect(store.documentCount()).toBe(2)
      expect((await store.readDocument('a')).updates).toEqual([change.update])
    })
  })

  it('[S4] writes the same first state vector', async () => {
    const directory = await temporaryDirectory()
    const doc = new Y.Doc()
    doc.getArray().insert(0, ['some', { nested: [1, 2, 3] }])
    doc.getArray().delete(0, 1)
    const update = Y.encodeStateAsUpdate(doc)
    const written = await withYLeveldb(directory, async (persistence) => {
      await persistence.storeUpdate('a', update)
      const [stored] = await persistence.getAllDocStateVectors()
      return stored
    })
    // A clock of 0 is one byte, and so is the length of a vector as short as this one.
    const ours = newPlace(update).vector
    expect(written).toMatchObject({ clock: ours[0], sv: ours.subarray(2) })
    expect(written?.sv).toHaveLength(ours[1] ?? -1)
  })

  it('[S4] encodes keys as we do, whatever is in them', () => {
    const lengths = [0, 1, 2, 126, 127, 128, 129, 1024, 16_383, 16_384]
    const numbers = [0, 1, 255, 256, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
    const texts = [...NAMES, ...lengths.map((length) => 'é'.repeat(length))]
    for (const text of texts) {
      for (const number of numbers) {
        const key: KeyPart[] = ['v1', text, 'update', number, text]
        expect(Buffer.compare(encodeKey(key), keyEncoding.encode(key))).toBe(0)
        expect(decodeKey(encodeKey(key))).toEqual(key)
      }
    }
  })
})

async function withStore<T>(directory: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openLeveldbStore(directory)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

async function withYLeveldb<T>(
  directory: string,
  use: (persistence: LeveldbPersistence) => Promise<T>,
): Promise<T> {
  const persistence = new LeveldbPersistence(directory)
  try {
    return await use(persistence)
  } finally {
    await persistence.destroy()
  }
}

const nextSeq = new WeakMap<Store, number>()

/** Commits one entry of the store's own replica. */
async function commit(store: Store, changes: readonly Change[]): Promise<void> {
  const { replica, heads } = store.recovered
  const seq = nextSeq.get(store) ?? (heads.get(replica)?.seq ?? 0) + 1
  const entry = { dot: { replica, seq }, deps: new Map(), changes }
  const hash = seq.toString(16).padStart(16, '0')
  const sealed: SealedEntry = { ...entry, bytes: encodeEntry(entry), hash }
  await store.commit({ entries: [sealed], members: [] })
  nextSeq.set(store, seq + 1)
}

/** The updates of `count` edits of one document, each of which appends its name and a space. */
function editsOf(name: string, count: number): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let edit = 0; edit < count; edit++) doc.getText().insert(doc.getText().length, `${name} `)
  return updates
}

function updateOf(text: string): Uint8Array {
  return editsOf(text, 1)[0]!
}

function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText().toJSON()
}
