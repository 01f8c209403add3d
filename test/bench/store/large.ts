import { readFileSync } from 'node:fs'

import { openLeveldbStore } from '@rejoin/leveldb'
import { Compactor, openReplica, StoreCompaction } from '@rejoin/replica'
import * as Y from 'yjs'

import { Chain } from './chain.ts'
import { bytesOn, bytesWritten } from './sizes.ts'

/** What a store of some size costs to open and to read. */
export interface Cost {
  readonly openMs: number
  /** Resident memory of the process that this adds, in bytes. */
  readonly residentBytes: number
  /** To the first document's bytes, once it is open. */
  readonly firstByteMs: number
  readonly bytes: number
  /** Bytes written to the disk for each byte of updates. */
  readonly amplification: number
}

/** Fills a store with `count` small documents; answers the bytes of their updates and those written. */
export async function fillSmall(
  directory: string,
  count: number,
): Promise<{ updates: number; written: number }> {
  const store = await openLeveldbStore(directory)
  const chain = new Chain(store.recovered.replica)
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'A small document, of which there are many.')
  const update = Y.encodeStateAsUpdate(doc)
  const before = bytesWritten(ownIo())
  for (let at = 0; at < count; at += 1_000) {
    const changes = Array.from({ length: 1_000 }, (_, each) => {
      return { document: `document ${String(at + each).padStart(9, '0')}`, update }
    })
    await store.commit({ entries: [chain.write(changes)], members: [] })
  }
  await store.close()
  return { updates: update.length * count, written: bytesWritten(ownIo()) - before }
}

/** Fills a store with one document of `bytes`, in updates of 100 kB. */
export async function fillLarge(
  directory: string,
  bytes: number,
): Promise<{ updates: number; written: number }> {
  const store = await openLeveldbStore(directory)
  const chain = new Chain(store.recovered.replica)
  const doc = new Y.Doc()
  const pending: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => pending.push(update))
  const before = bytesWritten(ownIo())
  const part = 100_000
  for (let at = 0; at < bytes; at += part) {
    doc.getArray('parts').push([randomText(part, at)])
    const changes = pending.splice(0).map((update) => ({ document: 'large', update }))
    await store.commit({ entries: [chain.write(changes)], members: [] })
  }
  await store.close()
  return { updates: bytes, written: bytesWritten(ownIo()) - before }
}

/** Text that LevelDB can't make much smaller, the same for the same seed. */
function randomText(length: number, seed: number): string {
  let state = seed + 1
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, length)
}

export async function costOf(
  directory: string,
  document: string,
  filled: { updates: number; written: number },
): Promise<Cost> {
  const residentBefore = residentBytes()
  const startedMs = performance.now()
  const store = await openLeveldbStore(directory)
  const replica = await openReplica({ store })
  const openMs = performance.now() - startedMs
  const resident = residentBytes() - residentBefore
  const askedMs = performance.now()
  const { updates } = await store.readDocument(document)
  if (updates.length === 0) throw new Error(`${document} is not there`)
  const firstByteMs = performance.now() - askedMs
  await replica.close()
  return {
    openMs,
    residentBytes: resident,
    firstByteMs,
    bytes: bytesOn(directory),
    amplification: filled.written / filled.updates,
  }
}

/** Compacts one document; answers the bytes on the disk before and after, and how long it took. */
export async function compactOne(
  directory: string,
  document: string,
): Promise<{ before: number; after: number; tookMs: number }> {
  const store = await openLeveldbStore(directory)
  const compactor = new Compactor({ heapMbMax: 4_096 })
  const options = { store, compactor, keepHistory: () => false, onDamage: () => {} }
  const compaction = new StoreCompaction(options)
  const startedMs = performance.now()
  const sizes = await compaction.compact(document, { evenIfSmall: true })
  const tookMs = performance.now() - startedMs
  const [why] = compaction.quarantined()
  if (sizes === undefined) throw new Error(why?.reason ?? 'there was nothing to compact')
  await compactor.close()
  await store.vacuum()
  await store.close()
  return { before: sizes.before, after: sizes.after, tookMs }
}

function ownIo(): string {
  return readFileSync('/proc/self/io', 'utf8')
}

function residentBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss
}
