import { resolve } from 'node:path'

import { CHAIN_START, RejoinError, type ReplicaId, type SealedEntry } from '@rejoin/protocol'
import type { Batch, EntryRange, Recovered, Store, StoredEntries } from '@rejoin/replica'
import type { ChainedBatch } from 'classic-level'

import { openDatabase, openingError, plainBytes, writingError, type Database } from './database.ts'
import { syncUpwards } from './directory.ts'
import { DocumentPlaces, type Place } from './document-places.ts'
import * as keys from './keys.ts'
import { recover } from './recovery.ts'
import * as values from './values.ts'

/**
 * The Store port on LevelDB. Documents lie in it as y-leveldb puts them, so either opens the other's
 * directory (rule S4); the log lies beside them. A commit is one batch, and so one record in
 * LevelDB's own log, synced before it resolves (rule S1). After a failed one all others are refused:
 * LevelDB may have written a part of the record, and what it would append behind that could not be
 * read back (rule S2).
 *
 * Opens the store in `directory`, making it where there is none. Rejects with
 * `RejoinError('store-locked')` while another store is open on it, else with `'store-failed'`.
 */
export async function openLeveldbStore(directory: string): Promise<Store> {
  const path = resolve(directory)
  const database = await openDatabase(path)
  try {
    const recovered = await recover(database, path)
    // Opening made files; LevelDB syncs what is in them, but not that they are there.
    await syncUpwards(path, path)
    const documents = await countDocuments(database)
    return new LeveldbStore(database, { path, recovered, documents })
  } catch (error) {
    await database.close()
    throw openingError(path, error)
  }
}

/** What one read of the database may bring into memory at once, in bytes. */
const READ_BYTES = 1_048_576
/** Keys that one step of counting takes. */
const COUNT_KEYS = 10_000

async function countDocuments(database: Database): Promise<number> {
  const iterator = database.keys({ ...keys.DOCUMENTS, highWaterMarkBytes: READ_BYTES })
  let count = 0
  try {
    for (;;) {
      const some = await iterator.nextv(COUNT_KEYS)
      if (some.length === 0) return count
      count += some.length
    }
  } finally {
    await iterator.close()
  }
}

type Writing = ChainedBatch<Database, Uint8Array, Uint8Array>

class LeveldbStore implements Store {
  readonly recovered: Recovered
  readonly #database: Database
  readonly #path: string
  readonly #places: DocumentPlaces
  #documents: number
  #committing: Promise<void> | undefined
  #failure: RejoinError | undefined
  #closing: Promise<void> | undefined

  constructor(
    database: Database,
    opened: { path: string; recovered: Recovered; documents: number },
  ) {
    this.#database = database
    this.#path = opened.path
    this.recovered = opened.recovered
    this.#documents = opened.documents
    this.#places = new DocumentPlaces(database)
  }

  async commit(batch: Batch): Promise<void> {
    this.#assertOpen()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#committing !== undefined) throw new Error('a commit is under way already')
    this.#committing = this.#write(batch)
    try {
      await this.#committing
    } catch (error) {
      this.#failure = writingError(this.#path, error)
      throw this.#failure
    } finally {
      this.#committing = undefined
    }
  }

  async #write({ entries, members }: Batch): Promise<void> {
    const places = await this.#places.lookUp(documentsOf(entries))
    const created = [...places.values()].filter(({ listed }) => !listed).length
    // A chained batch takes a quarter of the time that an array of operations does.
    const writing = this.#database.batch()
    try {
      for (const entry of entries) {
        const { replica, seq } = entry.dot
        writing.put(keys.logKey(replica, seq), values.encodeLogRecord(entry))
        putChanges(writing, places, entry)
      }
      for (const member of members) {
        writing.put(keys.memberKey(member.replica), values.encodeMember(member))
      }
      await writing.write({ sync: true })
    } finally {
      await writing.close()
    }
    this.#places.remember(places)
    this.#documents += created
  }

  async readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries> {
    this.#assertOpen()
    const { from, to, bytesMax } = range
    // From one before, whose record has the hash that the first entry is chained to.
    const bounds = { gte: keys.logKey(origin, from - 1), lte: keys.logKey(origin, to) }
    const entries: Uint8Array[] = []
    let previous = from === 1 ? CHAIN_START : undefined
    let bytesLeft = bytesMax
    for await (const [key, value] of this.#database.iterator(bounds)) {
      const { seq } = keys.dotOf(key)
      const { hash, bytes } = values.decodeLogRecord(plainBytes(value))
      if (seq === from - 1) {
        previous = hash
        continue
      }
      const isNext = previous !== undefined && seq === from + entries.length
      if (!isNext || (entries.length > 0 && bytes.length > bytesLeft)) break
      entries.push(bytes)
      bytesLeft -= bytes.length
    }
    return { previous: previous ?? CHAIN_START, entries }
  }

  async readDocument(document: string): Promise<Uint8Array[]> {
    this.#assertOpen()
    const range = keys.updatesOf(document)
    const updates = this.#database.values({ ...range, highWaterMarkBytes: READ_BYTES })
    return (await updates.all()).map(plainBytes)
  }

  async listDocuments({ after, limit }: { after?: string; limit: number }): Promise<string[]> {
    this.#assertOpen()
    const { gte, lt } = keys.DOCUMENTS
    const start = after === undefined ? { gte } : { gt: keys.stateVectorKey(after) }
    const found = this.#database.keys({ ...start, lt, limit, highWaterMarkBytes: READ_BYTES })
    return (await found.all()).map(keys.documentOf)
  }

  documentCount(): number {
    return this.#documents
  }

  /** Lets the commit under way end first. */
  async close(): Promise<void> {
    this.#closing ??= this.#finish()
    await this.#closing
  }

  async #finish(): Promise<void> {
    await Promise.allSettled([this.#committing])
    await this.#database.close()
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw new RejoinError('closed', `The store in ${this.#path} is closed; open it again first.`)
    }
  }
}

function documentsOf(entries: readonly SealedEntry[]): Set<string> {
  return new Set(entries.flatMap(({ changes }) => changes.map(({ document }) => document)))
}

/** Puts each change at its document's place, and moves the place on. */
function putChanges(writing: Writing, places: Map<string, Place>, { changes }: SealedEntry): void {
  for (const { document, update } of changes) {
    const place = places.get(document)
    if (place === undefined) throw new Error(`the place of "${document}" was not looked up`)
    if (!place.listed) {
      writing.put(keys.stateVectorKey(document), values.encodeStateVectorRecord(update))
    }
    writing.put(keys.updateKey(document, place.clock), update)
    places.set(document, { clock: place.clock + 1, listed: true })
  }
}
