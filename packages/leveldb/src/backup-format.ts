import { crc32 } from 'node:zlib'

import { decodeWith, encodeWith, RejoinError, write } from '@rejoin/protocol'

/**
 * A backup as a stream: a first line that says what it is, then blocks. A block is its length in four
 * bytes, its bytes, and their CRC-32; in it are a kind, and then records, or at the very end their
 * count. So one that was cut off or damaged is recognised.
 */
export const FIRST_LINE: Uint8Array = new TextEncoder().encode('rejoin backup 1\n')

/** Records gather to this size in one block; one that is larger has a block of its own. */
export const BLOCK_BYTES = 262_144
const BLOCK_BYTES_MAX = 1_073_741_824

export type BackupRecord = readonly [key: Uint8Array, value: Uint8Array]

const RECORDS = 0
const END = 1

export function encodeRecords(records: readonly BackupRecord[]): Uint8Array {
  return encodeBlock(
    encodeWith((writer) => {
      write.uint(writer, RECORDS)
      for (const [key, value] of records) {
        write.bytes(writer, key)
        write.bytes(writer, value)
      }
    }),
  )
}

export function encodeEnd(count: number): Uint8Array {
  return encodeBlock(
    encodeWith((writer) => {
      write.uint(writer, END)
      write.uint(writer, count)
    }),
  )
}

function encodeBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(bytes.length + 8)
  const view = new DataView(block.buffer)
  view.setUint32(0, bytes.length)
  block.set(bytes, 4)
  view.setUint32(bytes.length + 4, crc32(bytes))
  return block
}

/** The records of a backup, block by block. Rejects with `RejoinError('damaged')` unless all are there. */
export async function* readBackup(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<BackupRecord[]> {
  const reader = new BlockReader(stream)
  const first = await reader.take(FIRST_LINE.length)
  if (!Buffer.from(first).equals(FIRST_LINE)) throw damagedBackup('it does not begin as one')
  let count = 0
  for (;;) {
    const length = new DataView((await reader.take(4)).buffer).getUint32(0)
    if (length > BLOCK_BYTES_MAX) throw damagedBackup('a block has an impossible length')
    const bytes = await reader.take(length)
    const sum = new DataView((await reader.take(4)).buffer).getUint32(0)
    if (crc32(bytes) !== sum) throw damagedBackup('a block is not as it was written')
    const block = decodeBlock(bytes)
    if (typeof block === 'number') {
      if (block !== count) throw damagedBackup(`it has ${count} records instead of ${block}`)
      return
    }
    count += block.length
    yield block
  }
}

function decodeBlock(bytes: Uint8Array): BackupRecord[] | number {
  const decoded = decodeWith(bytes, (reader) => {
    if (reader.uint() === END) return reader.uint()
    const records: BackupRecord[] = []
    while (reader.bytesLeft > 0) {
      records.push([reader.bytes(bytes.length, 'key'), reader.bytes(bytes.length, 'value')])
    }
    return records
  })
  if (!decoded.ok) throw damagedBackup('a block can not be decoded')
  return decoded.value
}

export function damagedBackup(what: string): RejoinError {
  return new RejoinError(
    'damaged',
    `This is no whole backup: ${what}. Nothing was restored; make a new backup, or use an older one.`,
  )
}

/** Takes a stream apart into pieces of known lengths. */
class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array()

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** The next `length` bytes, as a copy. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(length)
    for (let at = 0; at < length;) {
      if (this.#left.length === 0) this.#left = await this.#next()
      const some = this.#left.subarray(0, length - at)
      taken.set(some, at)
      at += some.length
      this.#left = this.#left.subarray(some.length)
    }
    return taken
  }

  async #next(): Promise<Uint8Array> {
    const { value, done } = await this.#chunks.next()
    if (done === true) throw damagedBackup('it ends too early')
    return value
  }
}
