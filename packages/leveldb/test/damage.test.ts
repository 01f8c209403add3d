import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { checkDirectory, openLeveldbStore, type LeveldbStore } from '@rejoin/leveldb'
import { describe, expect, it } from 'vitest'

import { logKey, stateVectorKey, updateKey } from '../src/keys.ts'
import { contentsOf, OTHER, writeSmallStore } from './small-store.ts'
import { tamper, type Change } from './tamper.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What becomes of a directory in which something is not as it was written. */
async function smallStore(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'data')
  await writeSmallStore(directory)
  return directory
}

async function withStore<T>(
  directory: string,
  options: { repair?: boolean },
  use: (store: LeveldbStore) => Promise<T>,
): Promise<T> {
  const store = await openLeveldbStore(directory, options)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

async function files(directory: string, pattern: RegExp): Promise<string[]> {
  const found = (await readdir(directory)).filter((file) => pattern.test(file))
  return found.map((file) => join(directory, file))
}

describe('[S3] what was durable and is gone', () => {
  it.each([
    ['the end of the log is cut off', async (log: string) => truncate(log, 400)],
    ['the log is emptied', async (log: string) => truncate(log, 0)],
    ['the log is removed', async (log: string) => rm(log)],
    ['a bit in the middle of the log is flipped', async (log: string) => flip(log, 0.5)],
  ])(
    '%s: refused, and nothing is changed; with repair it goes on as another',
    async (_, damage) => {
      const directory = await smallStore()
      const [log = ''] = await files(directory, /\.log$/)
      await damage(log)
      const before = await readdir(directory)
      await expect(openLeveldbStore(directory)).rejects.toMatchObject({
        name: 'RejoinError',
        code: 'damaged',
        message: expect.stringMatching(/has lost something.*rejoin restore.*--repair/),
      })
      expect((await readdir(directory)).filter((file) => !file.startsWith('LOG'))).toEqual(
        before.filter((file) => !file.startsWith('LOG')),
      )
      const report = await checkDirectory(directory)
      expect(report).toMatchObject({ sound: false, losses: [expect.stringContaining('batches')] })
      await withStore(directory, { repair: true }, async (store) => {
        expect(store.recovered.replica).not.toBe(report.replica)
        const retired = store.recovered.members.filter((member) => member.retired)
        expect(retired.map(({ replica }) => replica)).toEqual([report.replica])
      })
      await withStore(directory, {}, async (store) => expect(store.recovered.problems).toEqual([]))
    },
  )

  it('a table is removed: refused, as LevelDB does', async () => {
    const directory = await smallStore()
    const [table = ''] = await files(directory, /\.ldb$/)
    await rm(table)
    await expect(openLeveldbStore(directory)).rejects.toMatchObject({ name: 'RejoinError' })
  })

  it('with repair, also what LevelDB can’t open is opened with what is left', async () => {
    const directory = await smallStore()
    await writeFile(join(directory, 'CURRENT'), 'MANIFEST-9')
    await expect(openLeveldbStore(directory)).rejects.toMatchObject({ code: 'store-failed' })
    await withStore(directory, { repair: true }, async (store) => {
      expect(await store.listDocuments({ limit: 9 })).toHaveLength(3)
    })
  })
})

describe('[S3] damage is confined', () => {
  it('to the document whose update it is; all others are read as ever', async () => {
    const directory = await smallStore()
    const sound = await withStore(directory, {}, contentsOf)
    await tamper(directory, async (database) => {
      const key = updateKey('notes', 3)
      const value = Uint8Array.from((await database.get(key)) ?? [])
      value[5]! ^= 16
      await database.put(key, value)
    })
    await withStore(directory, {}, async (store) => {
      await expect(store.readDocument('notes')).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringMatching(/"notes".*update 3 is not as it was written.*repaired from/),
      })
      const found = await contentsOf(store)
      expect(found).toEqual({ ...sound, notes: 'damaged' })
      const { updates, end } = await store.salvageDocument('notes')
      await store.replace('notes', { end, update: updates[0]! })
      expect((await store.readDocument('notes')).updates).toEqual([updates[0]])
    })
  })

  it.each([
    ['the last update', (database) => database.del(updateKey('notes', 24))],
    ['the first update', (database) => database.del(updateKey('notes', 0))],
    ['an update in between', (database) => database.del(updateKey('notes', 7))],
    ['the record', (database) => database.put(stateVectorKey('notes'), Uint8Array.of(0, 1, 0))],
  ] satisfies [string, Change][])('%s of a document is missing', async (_, damage) => {
    const directory = await smallStore()
    await tamper(directory, damage)
    await withStore(directory, {}, async (store) => {
      await expect(store.readDocument('notes')).rejects.toMatchObject({ code: 'damaged' })
      expect((await store.readDocument('plans')).updates).toHaveLength(25)
      // It stays so when it is written to.
      const { updates } = await store.readDocument('plans')
      const entry = { document: 'notes', update: updates[0]! }
      await store.commit({ entries: [], members: [], snapshots: [entry] })
      await expect(store.readDocument('notes')).rejects.toMatchObject({ code: 'damaged' })
    })
    const report = await checkDirectory(directory)
    expect(report.problems).toMatchObject([{ kind: 'damaged-document', document: 'notes' }])
  })

  it('[L7] to a part of the log, which then begins after it', async () => {
    const directory = await smallStore()
    await tamper(directory, (database) => database.del(logKey(OTHER, 4)))
    await withStore(directory, {}, async (store) => {
      expect(store.recovered.heads.get(OTHER)?.seq).toBe(12)
      expect(store.recovered.floors.get(OTHER)?.seq).toBe(5)
      const range = { from: 6, to: 12, bytesMax: 1e9 }
      expect((await store.readEntries(OTHER, range)).entries).toHaveLength(7)
    })
  })
})

describe('[L8] a directory that is a copy', () => {
  it('has another id, and its entries stay what they were', async () => {
    const directory = await smallStore()
    const copy = join(await temporaryDirectory(), 'copy')
    await cp(directory, copy, { recursive: true })
    const [original, copied] = await Promise.all([
      withStore(directory, {}, async ({ recovered }) => recovered),
      withStore(copy, {}, async ({ recovered }) => recovered),
    ])
    expect(copied.replica).not.toBe(original.replica)
    expect(copied.heads).toEqual(original.heads)
    expect(copied.problems).toMatchObject([{ kind: 'identity' }])
    expect(copied.members.find(({ retired }) => retired)?.replica).toBe(original.replica)
    await withStore(copy, {}, async ({ recovered }) => {
      expect(recovered.replica).toBe(copied.replica)
      expect(recovered.problems).toEqual([])
    })
  })

  it('but one that was moved has not', async () => {
    const directory = await smallStore()
    const before = await withStore(directory, {}, async ({ recovered }) => recovered.replica)
    await rename(directory, `${directory}-moved`)
    await withStore(`${directory}-moved`, {}, async ({ recovered }) => {
      expect(recovered.replica).toBe(before)
    })
  })
})

/** Flips a bit of the byte at `share` of a file. */
async function flip(path: string, share: number): Promise<void> {
  const bytes = await readFile(path)
  const at = Math.floor(bytes.length * share)
  bytes[at]! ^= 2
  await writeFile(path, bytes)
}
