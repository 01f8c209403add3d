import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { openLeveldbStore } from '@rejoin/leveldb'
import { openReplica } from '@rejoin/replica'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'

import { Chain } from './chain.ts'
import { bytesOn } from './sizes.ts'

/** A recording's keystrokes, as Yjs updates of one writer. */
export function keystrokes(file: string): Uint8Array[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const { txns } = JSON.parse(text) as { txns: { patches: [number, number, string][] }[] }
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const content = doc.getText('content')
  for (const { patches } of txns) {
    doc.transact(() => {
      for (const [at, deleted, inserted] of patches) {
        if (deleted > 0) content.delete(at, deleted)
        if (inserted !== '') content.insert(at, inserted)
      }
    })
  }
  return updates
}

export interface Written {
  readonly before: number
  readonly after: number
  readonly tookMs: number
}

/** Keystroke by keystroke through a store, one commit each; then compacted, and the log trimmed. */
export async function writePaper(
  directory: string,
  updates: readonly Uint8Array[],
): Promise<Written> {
  const store = await openLeveldbStore(directory)
  const chain = new Chain(store.recovered.replica)
  const startedMs = performance.now()
  for (const update of updates) {
    await store.commit({ entries: [chain.write([{ document: 'paper', update }])], members: [] })
  }
  const tookMs = performance.now() - startedMs
  await store.vacuum()
  const before = bytesOn(directory)
  const { end, updates: stored } = await store.readDocument('paper')
  const doc = new Y.Doc()
  for (const update of stored) Y.applyUpdate(doc, update)
  await store.replace('paper', { end, update: Y.encodeStateAsUpdate(doc) })
  await store.trim(new Map([[store.recovered.replica, updates.length]]))
  await store.vacuum()
  await store.close()
  await (await openReplica({ store: await openLeveldbStore(directory) })).close()
  return { before, after: bytesOn(directory), tookMs }
}

export async function writePaperByYLeveldb(
  directory: string,
  updates: readonly Uint8Array[],
): Promise<Written> {
  const persistence = new LeveldbPersistence(directory)
  const startedMs = performance.now()
  for (const update of updates) await persistence.storeUpdate('paper', update)
  const tookMs = performance.now() - startedMs
  await persistence.destroy()
  const before = bytesOn(directory)
  const again = new LeveldbPersistence(directory)
  await again.flushDocument('paper')
  await again.destroy()
  // Its first opening writes out what was deleted.
  await new LeveldbPersistence(directory).destroy()
  return { before, after: bytesOn(directory), tookMs }
}
