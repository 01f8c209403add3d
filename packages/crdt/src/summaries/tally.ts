import { createDecoder, hasContent, readVarUint } from 'lib0/decoding'
import { encode, writeVarUint } from 'lib0/encoding'

import { isAmount, saturated } from './amount.ts'
import type { Sketch } from './summary.ts'

/** Counts by cell. Their merge is the sum, which is why each copy's are kept apart. */
export interface Tally {
  readonly cells: Float64Array
  /** How much was counted in all. */
  total: number
}

/** What one addition counts, and in which cells. */
export interface Tallied {
  readonly cells: readonly number[]
  readonly count: number
}

/** What summaries have in common that count in a fixed number of cells. */
export abstract class TallySketch implements Sketch<Tally, Tallied> {
  abstract readonly code: string
  abstract readonly parameters: readonly number[]
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  empty(): Tally {
    return { cells: new Float64Array(this.#size), total: 0 }
  }

  apply(tally: Tally, { cells, count }: Tallied): boolean {
    for (const cell of cells) tally.cells[cell] = saturated((tally.cells[cell] ?? 0) + count)
    tally.total = saturated(tally.total + count)
    return true
  }

  merge(tally: Tally, other: Tally): void {
    other.cells.forEach((count, cell) => {
      if (count > 0) tally.cells[cell] = saturated((tally.cells[cell] ?? 0) + count)
    })
    tally.total = saturated(tally.total + other.total)
  }

  fold(tally: Tally): Tally {
    return tally
  }

  /** A count is itself, and empty cells are a 0 and how many: short for few counts and for many. */
  encode({ cells }: Tally): Uint8Array {
    return encode((encoder) => {
      let empty = 0
      for (const count of cells) {
        if (count === 0) {
          empty += 1
          continue
        }
        if (empty > 0) {
          writeVarUint(encoder, 0)
          writeVarUint(encoder, empty)
        }
        writeVarUint(encoder, count)
        empty = 0
      }
    })
  }

  decode(bytes: Uint8Array): Tally | undefined {
    const decoder = createDecoder(bytes)
    const { cells } = this.empty()
    let next = 0
    while (hasContent(decoder)) {
      const count = readVarUint(decoder)
      if (next >= cells.length) return undefined
      if (count === 0) next += readVarUint(decoder)
      else cells[next++] = count
    }
    const total = this.totalOf(cells)
    return Number.isSafeInteger(total) ? { cells, total } : undefined
  }

  readAddition(fields: readonly unknown[]): Tallied | undefined {
    const count = fields.at(-1)
    const cells = this.readCells(fields.slice(0, -1))
    return isAmount(count) && cells !== undefined ? { cells, count } : undefined
  }

  /** What was counted in these cells in all; `NaN` where that can't be. */
  protected abstract totalOf(cells: Float64Array): number

  /** The cells that an addition names; `undefined` where it names others. */
  protected abstract readCells(fields: readonly unknown[]): readonly number[] | undefined
}

export function sumOf(cells: Float64Array): number {
  return cells.reduce((sum, count) => sum + count, 0)
}
