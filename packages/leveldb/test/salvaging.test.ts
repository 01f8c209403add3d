import { openLeveldbStore, type LeveldbStore } from '@rejoin/leveldb'
import { decodeEntry } from '@rejoin/protocol'
import { expect, onTestFinished, test } from 'vitest'

import { logKey, updateKey } from '../src/keys.ts'
import { OTHER, writeSmallStore } from './small-store.ts'
import { tamper, type Change } from './tamper.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A store of which the first update of a document is gone. */
async function damagedStore(damage: Change = async () => {}): Promise<LeveldbStore> {
  const directory = `${await temporaryDirectory()}/data`
  await writeSmallStore(directory)
  await tamper(directory, async (database) => {
    await database.del(updateKey('notes', 0))
    await damage(database)
  })
  const store = await openLeveldbStore(directory)
  onTestFinished(() => store.close())
  return store
}

/** The updates of the document that the log holds, or held. */
async function updatesInLog(store: LeveldbStore): Promise<Uint8Array[]> {
  const updates: Uint8Array[] = []
  for (const [origin, { seq }] of store.recovered.heads) {
    const { entries } = await store.readEntries(origin, { from: 1, to: seq, bytesMax: 1e9 })
    for (const bytes of entries) {
      const entry = decodeEntry(bytes)
      if (!entry.ok) throw new Error('not an entry')
      const changes = entry.value.changes.filter(({ document }) => document === 'notes')
      updates.push(...changes.map(({ update }) => update))
    }
  }
  return updates
}

test('[S3] what is left of a document is all of it while its entries are in the log', async () => {
  const store = await damagedStore()
  const { updates, missing } = await store.salvageDocument('notes')
  expect(missing).toEqual(new Map())
  for (const update of await updatesInLog(store)) expect(updates).toContainEqual(update)
})

test('[S3] where entries have left the log it says so, be it while the log is read', async () => {
  const store = await damagedStore()
  const all = await updatesInLog(store)
  const [salvaged] = await Promise.all([
    store.salvageDocument('notes'),
    store.trim(new Map([[OTHER, 7]])),
  ])
  const found = new Set(salvaged.updates.map(String))
  const isAll = all.every((update) => found.has(String(update)))
  expect(isAll || salvaged.missing.get(OTHER) === 7).toBe(true)
  expect((await store.salvageDocument('notes')).missing).toEqual(new Map([[OTHER, 7]]))
})

test('[S3] and where one of them can’t be read', async () => {
  const store = await damagedStore(async (database) => {
    const key = logKey(OTHER, 4)
    const value = Uint8Array.from((await database.get(key)) ?? [])
    value[9]! ^= 1
    await database.put(key, value)
  })
  const { missing } = await store.salvageDocument('notes')
  expect(missing.get(OTHER)).toBeGreaterThanOrEqual(4)
})
