import { RejoinError } from '@rejoin/protocol'
import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'

import {
  compact,
  memoryStore,
  StoreCompaction,
  type CompactionOptions,
  type CompactionResult,
  type Store,
  type StoreCompactionOptions,
} from '@rejoin/replica'

import { COMPACTION_LIMITS } from '../src/compaction/limits.ts'
import { Author } from '../src/conformance/author.ts'

const { appendedUpdates, loadedUpdates, countedMax, retryGrowth } = COMPACTION_LIMITS

/** Lets everything happen that waits for nothing but its turn. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A store, and somebody who types in it. */
class Typist {
  readonly store: Store = memoryStore()
  readonly #author = new Author(1)
  readonly #docs = new Map<string, Y.Doc>()
  appendedBytes = 0

  /** Types a character in a document, and commits it. */
  async type(document: string): Promise<void> {
    const doc = this.#docs.get(document) ?? new Y.Doc()
    this.#docs.set(document, doc)
    const before = Y.encodeStateVector(doc)
    const text = doc.getText('text')
    text.insert(text.length, 'x')
    await this.append(document, Y.encodeStateAsUpdate(doc, before))
  }

  async append(document: string, update: Uint8Array): Promise<void> {
    this.appendedBytes += update.length
    const entries = [this.#author.write([{ document, update }])]
    await this.store.commit({ entries, members: [] })
  }

  /** Whether the store has all that was typed in the document. */
  async isWhole(document: string): Promise<boolean> {
    const doc = new Y.Doc()
    const { updates } = await this.store.readDocument(document)
    for (const update of updates) Y.applyUpdate(doc, update)
    const all = this.#docs.get(document)?.getText('text').toJSON()
    return doc.getText('text').toJSON() === all
  }

  async count(document: string): Promise<number> {
    return (await this.store.readDocument(document)).updates.length
  }
}

async function typed(characters: number, ...documents: string[]): Promise<Typist> {
  const typist = new Typist()
  for (const document of documents) {
    for (let at = 0; at < characters; at++) await typist.type(document)
  }
  return typist
}

type Compact = StoreCompactionOptions['compactor']['compact']

const here: Compact = async (updates, options) => compact(updates, options)

function compactionOf(
  typist: Typist,
  options: Partial<StoreCompactionOptions> & { compact?: Compact } = {},
): StoreCompaction {
  return new StoreCompaction({
    store: typist.store,
    compactor: { compact: options.compact ?? here },
    keepHistory: () => false,
    onDamage: () => {},
    restFactor: 0,
    ...options,
  })
}

/** Tells of as many appended updates as make a document a candidate. */
function notice(compaction: StoreCompaction, document: string): void {
  for (let at = 0; at < appendedUpdates; at++) compaction.appended(document)
}

const down = new RejoinError('store-failed', 'The disk is full.')

type Documents = StoreCompactionOptions['store']

/** A store that fails where a test says. */
function failing(store: Store, methods: Partial<Documents>): Documents {
  return {
    readDocument: (document) => store.readDocument(document),
    replace: (document, by) => store.replace(document, by),
    ...methods,
  }
}

describe('[S5] a crash or a failure', () => {
  const points: Record<string, (store: Store) => Partial<Documents>> = {
    'when the document is read': () => ({ readDocument: () => Promise.reject(down) }),
    'before it is replaced': () => ({ replace: () => Promise.reject(down) }),
    'after it is replaced': (store) => ({
      replace: async (...given) => {
        await store.replace(...given)
        throw down
      },
    }),
  }

  test.each(Object.entries(points))('%s loses nothing', async (_, methods) => {
    const typist = await typed(20, 'a')
    const store = failing(typist.store, methods(typist.store))
    const compaction = compactionOf(typist, { store })
    await expect(compaction.compact('a')).rejects.toBe(down)
    expect(await typist.isWhole('a')).toBe(true)
    await typist.type('a')
    expect(await typist.isWhole('a')).toBe(true)
    // After it, or started anew, the same is done again.
    await compactionOf(typist).compact('a', { evenIfSmall: true })
    expect(await typist.count('a')).toBe(1)
    expect(await typist.isWhole('a')).toBe(true)
  })

  test('while it is compacted: what is appended meanwhile stays', async () => {
    const typist = await typed(20, 'a')
    const compaction = compactionOf(typist, {
      compact: async (updates, options) => {
        await typist.type('a')
        return compact(updates, options)
      },
    })
    await compaction.compact('a')
    expect(await typist.count('a')).toBe(2)
    expect(await typist.isWhole('a')).toBe(true)
  })

  test('of the store keeps others from being tried until a commit shows that it is well', async () => {
    const typist = await typed(20, 'a', 'b')
    let tried = 0
    let isDown = true
    const store = failing(typist.store, {
      replace: async (...given) => {
        tried += 1
        if (isDown) throw down
        await typist.store.replace(...given)
      },
    })
    const told: Error[] = []
    const compaction = compactionOf(typist, { store, onFailure: (error) => told.push(error) })
    notice(compaction, 'a')
    for (let at = 0; at < 3; at++) compaction.loaded('b', loadedUpdates)
    await turns()
    expect(tried).toBe(1)
    expect(told).toEqual([down])
    isDown = false
    compaction.appended('c')
    await turns()
    expect([await typist.count('a'), await typist.count('b')]).toEqual([20, 1])
    expect(compaction.quarantined()).toEqual([])
  })
})

describe('StoreCompaction', () => {
  test('[D2] writes at most twice the bytes that were appended, and leaves few updates', async () => {
    const typist = new Typist()
    let rewritten = 0
    const store = failing(typist.store, {
      replace: async (document, by) => {
        rewritten += by.update.length
        await typist.store.replace(document, by)
      },
    })
    const compaction = compactionOf(typist, { store })
    for (let at = 0; at < 10 * appendedUpdates; at++) {
      await typist.type('a')
      compaction.appended('a')
      if (at % appendedUpdates === 0) await turns()
    }
    await turns()
    expect(rewritten).toBeGreaterThan(0)
    expect(rewritten).toBeLessThan(2 * typist.appendedBytes)
    expect(await typist.count('a')).toBeLessThan(2 * appendedUpdates)
    expect(await typist.isWhole('a')).toBe(true)
  }, 120_000)

  test('rests after a document, so that edits come first', async () => {
    const typist = await typed(20, 'a', 'b')
    const slowly: Compact = async (updates, options) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return compact(updates, options)
    }
    const compaction = compactionOf(typist, { compact: slowly, restFactor: 1_000 })
    for (const document of ['a', 'b']) compaction.loaded(document, loadedUpdates)
    await vi.waitFor(async () => expect(await typist.count('a')).toBe(1))
    await turns()
    expect(await typist.count('b')).toBe(20)
    await compaction.close()
  })

  test('leaves a document whose tail weighs less than the snapshot before it', async () => {
    const typist = new Typist()
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'x'.repeat(1_000))
    await typist.append('a', Y.encodeStateAsUpdate(doc))
    for (let at = 0; at < 3; at++) await typist.append('a', Uint8Array.of(0, 0))
    const compaction = compactionOf(typist)
    expect(await compaction.compact('a')).toBeUndefined()
    expect(await typist.count('a')).toBe(4)
    expect(await compaction.compact('a', { evenIfSmall: true, isDry: true })).toMatchObject({})
    expect(await typist.count('a')).toBe(4)
    expect(await compaction.compact('a', { evenIfSmall: true })).toMatchObject({})
    expect(await typist.count('a')).toBe(1)
  })

  test('considers what is loaded with many updates, and nothing with few', async () => {
    const typist = await typed(20, 'a', 'b')
    const compaction = compactionOf(typist)
    compaction.loaded('a', loadedUpdates)
    compaction.loaded('b', loadedUpdates - 1)
    await turns()
    expect([await typist.count('a'), await typist.count('b')]).toEqual([1, 20])
  })

  test('[X3] counts so many documents, and forgets the one written longest ago', async () => {
    const typist = await typed(20, 'old', 'new')
    const compaction = compactionOf(typist)
    for (const document of ['old', 'new']) {
      for (let at = 1; at < appendedUpdates; at++) compaction.appended(document)
    }
    for (let other = 0; other < countedMax - 1; other++) compaction.appended(`${other}`)
    compaction.appended('new')
    compaction.appended('old')
    await turns()
    expect([await typist.count('old'), await typist.count('new')]).toEqual([20, 1])
  })

  test('keeps what is deleted only in the documents whose history is kept', async () => {
    const typist = await typed(3, 'a', 'b')
    const gc: boolean[] = []
    const compaction = compactionOf(typist, {
      keepHistory: (document) => document === 'b',
      compact: async (updates, options: CompactionOptions) => {
        gc.push(options.gc)
        return compact(updates, options)
      },
    })
    await compaction.compact('a')
    await compaction.compact('b')
    expect(gc).toEqual([true, false])
  })

  test('names what can’t be compacted, and tries it again once it has grown a lot', async () => {
    const typist = await typed(5, 'a')
    const reason = 'The document can’t be compacted.'
    let result: CompactionResult | undefined = { ok: false, reason }
    const compaction = compactionOf(typist, {
      compact: async (updates, options) => result ?? compact(updates, options),
    })
    await compaction.compact('a')
    expect(compaction.quarantined()).toEqual([{ document: 'a', reason }])
    result = undefined
    while ((await typist.count('a')) < 5 * retryGrowth) {
      await compaction.compact('a')
      expect(compaction.quarantined()).toHaveLength(1)
      await typist.type('a')
    }
    await compaction.compact('a')
    expect(compaction.quarantined()).toEqual([])
    expect(await typist.count('a')).toBe(1)
  })

  test('does not blame a document for a job that was refused', async () => {
    const typist = await typed(5, 'a')
    const refused = { ok: false, reason: 'Too many wait.', isRefused: true } as const
    const compaction = compactionOf(typist, { compact: () => Promise.resolve(refused) })
    expect(await compaction.compact('a')).toBeUndefined()
    expect(compaction.quarantined()).toEqual([])
  })

  test('[S3] tells of a document that turns out to be damaged', async () => {
    const typist = await typed(5, 'a')
    const damaged: string[] = []
    const error = new RejoinError('damaged', 'A part of it is missing.')
    const store = failing(typist.store, { readDocument: () => Promise.reject(error) })
    const onDamage = (document: string): void => void damaged.push(document)
    expect(await compactionOf(typist, { store, onDamage }).compact('a')).toBeUndefined()
    expect(damaged).toEqual(['a'])
  })

  test('[S1] closes once the job under way is done, and changes nothing after that', async () => {
    const typist = await typed(20, 'a', 'b')
    let finish: (() => void) | undefined
    const job = new Promise<void>((resolve) => (finish = resolve))
    const compaction = compactionOf(typist, {
      compact: async (updates, options) => {
        await job
        return compact(updates, options)
      },
    })
    notice(compaction, 'a')
    notice(compaction, 'b')
    await turns()
    let isClosed = false
    const closed = compaction.close().then(() => (isClosed = true))
    await turns()
    expect(isClosed).toBe(false)
    finish?.()
    await closed
    notice(compaction, 'b')
    await turns()
    expect([await typist.count('a'), await typist.count('b')]).toEqual([20, 20])
  })
})
