import { closeSync, fstatSync, fsync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { decodeWith, encodeWith, write } from '@rejoin/protocol'

import { seal, unseal } from './seal.ts'

/** The name of the witness's file; LevelDB leaves what it does not know alone. */
export const WITNESS_FILE = 'REJOIN'

/** What the witness saw last. */
export interface Seen {
  /** The last batch that was durable, or one before it: never one that was not. */
  readonly batch: number
  /** LevelDB's manifest, of which it begins a new one whenever it is opened, by whomever. */
  readonly manifest: string
  /** The file's own number: a copy of the directory has another. 0 where files have none. */
  readonly inode: number
}

/** Two places to write to in turn, so that a torn write leaves the other one whole. */
const SLOT_BYTES = 512
const MANIFEST_BYTES_MAX = 64
/** Between two syncs of the file while batches are written. */
const SYNC_MS = 1_000

const KEY = new TextEncoder().encode(WITNESS_FILE)
const syncFile = promisify(fsync)

/**
 * A witness beside LevelDB, which can't know that the end of its own log is gone: the number of the last
 * durable batch in a file of its own (rules S1, S3). It is written after each batch and synced now and then:
 * the number must never be ahead of what is durable, and may be behind. So a killed process loses nothing
 * of it, and a power cut at most a second.
 */
export class Witness {
  readonly #file: number
  #seen: Seen
  #slot = 0
  #syncing = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  private constructor(file: number, seen: Seen) {
    this.#file = file
    this.#seen = seen
  }

  /** What the witness of `directory` saw; `undefined` where there is none, or it can't be read. */
  static read(directory: string): Seen | undefined {
    let file: number
    try {
      file = openSync(join(directory, WITNESS_FILE), 'r')
    } catch {
      return undefined
    }
    try {
      const slots = [0, 1].map((slot) => readSlot(file, slot))
      return slots.reduce((a, b) => (b === undefined || (a?.batch ?? -1) > b.batch ? a : b))
    } finally {
      closeSync(file)
    }
  }

  /** The number that the witness's file in `directory` has; 0 where there is no file. */
  static inodeIn(directory: string): number {
    try {
      const file = openSync(join(directory, WITNESS_FILE), 'r')
      try {
        return fstatSync(file).ino
      } finally {
        closeSync(file)
      }
    } catch {
      return 0
    }
  }

  /** Opens the witness of `directory`, or makes one, and has it see `seen`; synced. */
  static start(directory: string, seen: Omit<Seen, 'inode'>): Witness {
    const path = join(directory, WITNESS_FILE)
    const file = openExisting(path) ?? openSync(path, 'w+')
    const witness = new Witness(file, { ...seen, inode: fstatSync(file).ino })
    // Both places: what an earlier run has seen does not count any more.
    witness.#write()
    witness.#write()
    fsyncSync(file)
    return witness
  }

  /** Batch `batch` is durable. */
  note(batch: number): void {
    this.#seen = { ...this.#seen, batch }
    this.#write()
    this.#timer ??= setTimeout(() => void this.#sync(), SYNC_MS).unref()
  }

  #write(): void {
    this.#slot = 1 - this.#slot
    const slot = new Uint8Array(SLOT_BYTES)
    slot.set(encodeSeen(this.#seen))
    writeSync(this.#file, slot, 0, SLOT_BYTES, this.#slot * SLOT_BYTES)
  }

  async #sync(): Promise<void> {
    this.#syncing = true
    // It is a witness and no more: if it can't be synced, it has seen less after a power cut.
    await syncFile(this.#file).catch(() => {})
    this.#syncing = false
    this.#timer = undefined
    if (this.#closed) closeSync(this.#file)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    // A sync that is under way closes the file when it is done with it.
    if (this.#syncing) return
    try {
      fsyncSync(this.#file)
    } finally {
      closeSync(this.#file)
    }
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch {
    return undefined
  }
}

function encodeSeen({ batch, manifest, inode }: Seen): Uint8Array {
  const value = encodeWith((writer) => {
    write.uint(writer, batch)
    write.text(writer, manifest)
    write.uint(writer, inode)
  })
  const sealed = seal(KEY, value)
  return encodeWith((writer) => write.bytes(writer, sealed))
}

function readSlot(file: number, slot: number): Seen | undefined {
  const bytes = new Uint8Array(SLOT_BYTES)
  readSync(file, bytes, 0, SLOT_BYTES, slot * SLOT_BYTES)
  const sealed = decodeWith(bytes, (reader) => {
    const found = reader.bytes(SLOT_BYTES, 'slot')
    reader.fixed(reader.bytesLeft, 'padding')
    return found
  })
  const value = sealed.ok ? unseal(KEY, sealed.value) : undefined
  if (value === undefined) return undefined
  const seen = decodeWith(value, (reader) => ({
    batch: reader.uint(),
    manifest: reader.text(MANIFEST_BYTES_MAX, 'manifest'),
    inode: reader.uint(),
  }))
  return seen.ok ? seen.value : undefined
}
