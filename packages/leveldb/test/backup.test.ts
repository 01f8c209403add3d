import { join } from 'node:path'

import { checkBackup, checkDirectory, openLeveldbStore, restoreBackup } from '@rejoin/leveldb'
import { openReplica } from '@rejoin/replica'
import { expect, it } from 'vitest'
import * as Y from 'yjs'

import { temporaryDirectory } from './temporary-directory.ts'

const NAMES = ['a', 'b', 'c']

async function contentsOf(directory: string): Promise<Record<string, string[]>> {
  const store = await openLeveldbStore(directory)
  const contents: Record<string, string[]> = {}
  for (const name of NAMES) {
    const doc = new Y.Doc()
    for (const update of (await store.readDocument(name)).updates) Y.applyUpdate(doc, update)
    contents[name] = doc.getText().toJSON().split(' ')
  }
  await store.close()
  return contents
}

it('[S1] a backup that is made while edits go on is of one moment, and sound', async () => {
  const directory = join(await temporaryDirectory(), 'data')
  const store = await openLeveldbStore(directory)
  const replica = await openReplica({ store })
  const documents = await Promise.all(NAMES.map((name) => replica.open(name)))
  const type = async (edit: number): Promise<void> => {
    // The same in each, one after the other: what is behind in the backup is so in all that come after.
    for (const { doc } of documents) doc.getText().insert(doc.getText().length, `${edit} `)
    await Promise.all(documents.map((document) => document.settled('durable')))
  }
  for (let edit = 0; edit < 300; edit++) await type(edit)
  const stopped = new AbortController()
  let edits = 300
  const typing = (async () => {
    while (!stopped.signal.aborted) await type(edits++)
  })()
  const backup: Uint8Array[] = []
  for await (const block of store.backup()) {
    backup.push(block)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  stopped.abort()
  await typing
  await replica.close()
  expect(edits).toBeGreaterThan(301)
  const { records } = await checkBackup(streamOf(backup))
  expect(records).toBeGreaterThan(900)
  const restored = join(await temporaryDirectory(), 'restored')
  await restoreBackup(streamOf(backup), restored)
  expect(await checkDirectory(restored)).toMatchObject({ sound: true, documents: NAMES.length })
  const contents = Object.values(await contentsOf(restored))
  const lengths = contents.map((words) => words.length - 1)
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(300)
  expect(Math.max(...lengths)).toBeLessThan(edits)
  for (const words of contents) {
    expect(words.slice(0, -1)).toEqual(Array.from({ length: words.length - 1 }, (_, at) => `${at}`))
  }
})

async function* streamOf(blocks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* blocks
}
