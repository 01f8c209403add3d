import { resolve } from 'node:path'

import {
  join,
  RejoinError,
  type Head,
  type Heads,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'
import type {
  Batch,
  EntryRange,
  LooseEntry,
  Recovered,
  SalvagedDocument,
  Store,
  StoredDocument,
  StoredEntries,
} from '@rejoin/replica'

import { backUp } from './backup.ts'
import { readingError, writingError } from './database.ts'
import { damagedDocument, listNames, readExamined } from './documents.ts'
import { readAfter, readChained, updatesInLog } from './log-reading.ts'
import { LOG } from './keys.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { openDirectory, type Opened } from './opening.ts'
import { probe } from './probe.ts'
import { Session } from './session.ts'

/** Keys before and after all others. */
const FIRST = new Uint8Array()
const LAST = Uint8Array.of(0xff)

export interface LeveldbOptions {
  /**
   * Opens also a directory that has lost something durable. It then takes a new replica id, keeps what
   * is left, and gets from other replicas what they have of the rest.
   */
  readonly repair?: boolean
}

/**
 * The Store port on LevelDB. Documents lie in it as y-leveldb puts them, so either opens the other's
 * directory (rule S4); the log lies beside them. A change is one synced batch (rule S1), and changes are
 * made one after the other. After a failed one all others are refused until `reopen`: LevelDB may have
 * written a part of the record, and what it would append behind that could not be read back (rule S2).
 *
 * Opens the store in `directory`, making it where there is none. Rejects with `RejoinError`: with
 * `'store-locked'` while another store is open on it, with `'damaged'` when it has lost something that
 * was durable, else with `'store-failed'`.
 */
export async function openLeveldbStore(
  directory: string,
  options: LeveldbOptions = {},
): Promise<LeveldbStore> {
  const path = resolve(directory)
  const opened = await openDirectory(path, { repair: options.repair ?? false })
  return new LeveldbStore(path, opened)
}

export class LeveldbStore implements Store {
  readonly #path: string
  readonly #changes = new OneAtATime()
  #opened: Opened
  #session: Session
  #failure: RejoinError | undefined
  #closing: Promise<void> | undefined

  /** Use `openLeveldbStore`. */
  constructor(path: string, opened: Opened) {
    this.#path = path
    this.#opened = opened
    this.#session = new Session(opened)
  }

  get recovered(): Recovered {
    return this.#session.recovered
  }

  commit(batch: Batch): Promise<void> {
    return this.#change((session) => session.commit(batch))
  }

  replace(document: string, by: { end: number; update: Uint8Array }): Promise<void> {
    return this.#change((session) => session.replace(document, by))
  }

  trim(floor: Version): Promise<Heads> {
    return this.#change((session) => session.trim(floor))
  }

  cut(origin: ReplicaId, seq: number): Promise<Head> {
    return this.#change((session) => session.cut(origin, seq))
  }

  renew(keep: number): Promise<Recovered> {
    return this.#change((session) => session.renew(keep))
  }

  #change<T>(make: (session: Session) => Promise<T>): Promise<T> {
    return this.#changes.run(async () => {
      this.#assertOpen()
      if (this.#failure !== undefined) throw this.#failure
      try {
        return await make(this.#session)
      } catch (error) {
        this.#failure = writingError(this.#path, error)
        throw this.#failure
      }
    })
  }

  /** Tries first whether the disk takes anything: until it does, what is open stays readable. */
  reopen(): Promise<Recovered> {
    return this.#changes.run(async () => {
      this.#assertOpen()
      await probe(this.#path)
      await this.#opened.database.close()
      this.#opened.witness.close()
      this.#opened = await openDirectory(this.#path, { repair: false })
      this.#session = new Session(this.#opened)
      this.#failure = undefined
      return this.recovered
    })
  }

  async readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries> {
    const { database } = this.#reading()
    const floor = this.#session.floors.get(origin)
    const { found, damaged } = await this.#read('the log', () => {
      return readChained(database, { origin, floor }, range)
    })
    if (damaged !== undefined) this.#session.foundDamage(origin, damaged)
    return found
  }

  async readLoose(
    origin: ReplicaId,
    after: { seq: number; bytesMax: number },
  ): Promise<LooseEntry[]> {
    const { database } = this.#reading()
    return await this.#read('the log', () => readAfter(database, origin, after))
  }

  async readDocument(document: string): Promise<StoredDocument> {
    const { database } = this.#reading()
    const examined = await this.#read(`document "${document}"`, () => {
      return readExamined(database, document)
    })
    const { updates, clocks, damage } = examined
    if (damage !== undefined) throw damagedDocument(this.#path, document, damage)
    return { updates: [...updates.values()], end: clocks.next }
  }

  async salvageDocument(document: string): Promise<SalvagedDocument> {
    const { database } = this.#reading()
    const { updates, clocks } = await readExamined(database, document)
    const logged = await updatesInLog(database, document)
    // Only now: what a trim took out of the log while that was read is below these floors.
    const floors = [...this.#session.floors].map(([origin, { seq }]) => [origin, seq] as const)
    return {
      updates: [...updates.values(), ...logged.updates],
      end: clocks.next,
      missing: join([new Map(floors), logged.unreadable]),
    }
  }

  async logBytes(): Promise<number> {
    const { database } = this.#reading()
    const onDisk = await database.approximateSize(LOG.gte, LOG.lt)
    return onDisk + this.#session.appendedBytes
  }

  async listDocuments(page: { after?: string; limit: number }): Promise<string[]> {
    const { database } = this.#reading()
    return await this.#read('the names of documents', () => listNames(database, page))
  }

  documentCount(): number {
    return this.#opened.batches.mark.documents
  }

  /** All that is stored at this moment, for `restoreBackup`; changes go on meanwhile. */
  backup(): AsyncIterable<Uint8Array> {
    return backUp(this.#reading().database)
  }

  /** Gives back to the disk what deleted and replaced records take; may take long. */
  async vacuum(): Promise<void> {
    const { database } = this.#reading()
    await database.compactRange(FIRST, LAST)
  }

  /** Lets the changes under way end first. */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    await this.#changes.rest()
    await this.#opened.database.close()
    this.#opened.witness.close()
  }

  async #read<T>(what: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      this.#assertOpen()
      throw readingError(this.#path, what, error)
    }
  }

  #reading(): Opened {
    this.#assertOpen()
    return this.#opened
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) {
      throw new RejoinError('closed', `The store in ${this.#path} is closed; open it again first.`)
    }
  }
}
