import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CRC_START, crcNext, maskedCrc } from './crc32c.ts'

/** What ends a table: the places of its last two blocks, and a number that says what it is. */
const FOOTER_BYTES = 48
const MAGIC = 0xdb47_7524_8b80_fb57n
const SUM_BYTES = 4

interface Block {
  readonly offset: number
  /** Without the byte for its kind and its sum. */
  readonly size: number
}

/**
 * Whether a table of LevelDB is as it was written. LevelDB itself does not look, and a flipped bit in the
 * wrong place makes it end the whole process. A table is blocks one behind the other, each with a sum; how
 * long each is stands in another block that may be compressed, so that here a block ends where its running
 * sum is what follows. The footer must name the last two.
 */
export function isWholeTable(table: Uint8Array): boolean {
  if (table.length < FOOTER_BYTES) return false
  const end = table.length - FOOTER_BYTES
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const blocks = [...blocksOf(view, end)]
  const last = blocks.at(-1)
  const isFilled = last !== undefined && last.offset + last.size + 1 + SUM_BYTES === end
  return isFilled && isFooter(view, end, blocks.slice(-2))
}

function* blocksOf(view: DataView, end: number): Generator<Block> {
  let crc = CRC_START
  let offset = 0
  for (let at = 0; at + SUM_BYTES < end + 1 && at < end; at++) {
    crc = crcNext(crc, view.getUint8(at))
    const isEnd = at + 1 + SUM_BYTES <= end && view.getUint32(at + 1, true) === maskedCrc(crc)
    if (!isEnd) continue
    yield { offset, size: at - offset }
    at += SUM_BYTES
    offset = at + 1
    crc = CRC_START
  }
}

function isFooter(view: DataView, start: number, lastTwo: readonly Block[]): boolean {
  if (lastTwo.length < 2 || view.getBigUint64(start + FOOTER_BYTES - 8, true) !== MAGIC)
    return false
  const named = lastTwo.flatMap(({ offset, size }) => [offset, size])
  let at = start
  for (const expected of named) {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = view.getUint8(at)
      at += 1
      value += (byte & 0x7f) * shift
      if (byte < 0x80 || at >= start + 40) break
    }
    if (value !== expected) return false
  }
  // What is left up to the number is filled with zeros, and read by nobody.
  return true
}

/** Tables of a directory, the newest first: a new one is likelier to have been written in a crash. */
export async function tablesOf(directory: string): Promise<string[]> {
  const files = (await readdir(directory)).filter((file) => /^\d+\.(ldb|sst)$/.test(file))
  return files.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
}

/**
 * Which of `files` in `directory` are damaged, as far as `bytesMax` reach. To be asked about tables that
 * were there before LevelDB was opened, and after: it deletes those that a crash has left unfinished, and
 * at once begins to write new ones. One that is gone by now is none that anybody reads.
 */
export async function damagedTables(
  directory: string,
  files: readonly string[],
  bytesMax: number,
): Promise<string[]> {
  const damaged: string[] = []
  let bytesLeft = bytesMax
  for (const file of files) {
    const table = await readFile(join(directory, file)).catch(() => undefined)
    if (table === undefined) continue
    bytesLeft -= table.length
    if (bytesLeft < 0) break
    if (!isWholeTable(table)) damaged.push(file)
  }
  return damaged
}
