import { CrdtError } from '../error.ts'
import type { Place } from '../ledger/place.ts'
import type { Type } from '../type.ts'
import { checkAmountOf, checkRoomFor } from './amount.ts'
import { HASH_WORDS, hashWords } from './hash.ts'
import { SummaryView } from './summary-view.ts'
import { sumOf, TallySketch, type Tallied, type Tally } from './tally.ts'

/** Rows of cells; an item counts in one cell of each row, which a hash of its own chooses. */
class Rows extends TallySketch {
  readonly code = 's'
  readonly parameters: readonly number[]
  readonly width: number
  readonly depth: number

  constructor(width: number, depth: number) {
    super(width * depth)
    this.width = width
    this.depth = depth
    this.parameters = [width, depth]
  }

  columnsOf(item: unknown): number[] {
    return hashWords(item)
      .slice(0, this.depth)
      .map((word) => word % this.width)
  }

  cellsOf(columns: readonly number[]): number[] {
    return columns.map((column, row) => row * this.width + column)
  }

  /** Every addition counts once in each row, so all rows come to the same. */
  protected totalOf(cells: Float64Array): number {
    const { width, depth } = this
    const rows = Array.from({ length: depth }, (_, row) =>
      sumOf(cells.subarray(row * width, (row + 1) * width)),
    )
    return rows.every((sum) => sum === rows[0]) ? (rows[0] ?? 0) : Number.NaN
  }

  protected readCells(columns: readonly unknown[]): readonly number[] | undefined {
    const isColumn = (column: unknown): column is number =>
      Number.isInteger(column) && (column as number) >= 0 && (column as number) < this.width
    if (columns.length !== this.depth || !columns.every(isColumn)) return undefined
    return this.cellsOf(columns)
  }
}

/** Roughly how often each item was added: see `countMinSketch`. Its value is the total. */
export class CountMinSketch extends SummaryView<Tally, Tallied, number> {
  /** How much too high a count may be, as a share of the total: at most the epsilon. */
  readonly error: number
  readonly #rows: Rows

  constructor(place: Place, width: number, depth: number) {
    const rows = new Rows(width, depth)
    super(place, rows)
    this.#rows = rows
    this.error = Math.E / width
  }

  /**
   * Counts any JSON value. Throws `CrdtError('not-json')`, `'not-an-integer'` for a count that is not
   * from 1 to 2^53 - 1, and `'too-large'` when all that this copy has added would be more than that.
   */
  add(item: unknown, count = 1): void {
    const columns = this.#rows.columnsOf(item)
    checkRoomFor(checkAmountOf(count), this.own.total)
    this.put(...columns, count)
  }

  /** How often an item was added: never less, and rarely much more. Throws `CrdtError('not-json')`. */
  count(item: unknown): number {
    const { cells } = this.merged
    const own = this.#rows.cellsOf(this.#rows.columnsOf(item))
    return Math.min(...own.map((cell) => cells[cell] ?? 0))
  }

  protected snapshot(): number {
    return this.merged.total
  }
}

export interface CountMinSketchOptions {
  /** The share of the total that a count may be too high by: from 0.0001 to 0.5, 0.005 as if unsaid. */
  readonly epsilon?: number
  /** How probable a count is that is too high by more: from 0.0004 to 0.5, 0.01 as if unsaid. */
  readonly delta?: number
}

/**
 * Roughly how often each JSON value was added, of however many: hits by address. A count is never
 * too low, and too high by at most epsilon times the total, with a probability of 1 - delta for each
 * item. (Cormode and Muthukrishnan, 2005: e / epsilon columns and ln(1 / delta) rows.) Each copy that
 * added something keeps at most one number a cell, 2,720 as if unsaid, and less while few are in use.
 */
export function countMinSketch({ epsilon = 0.005, delta = 0.01 }: CountMinSketchOptions = {}): Type<
  CountMinSketch,
  number
> {
  if (!(epsilon >= 0.0001 && epsilon <= 0.5)) {
    throw new CrdtError('bad-schema', 'The epsilon of a count-min sketch is from 0.0001 to 0.5.')
  }
  if (!(delta >= 0.0004 && delta <= 0.5)) {
    throw new CrdtError('bad-schema', 'The delta of a count-min sketch is from 0.0004 to 0.5.')
  }
  const width = Math.ceil(Math.E / epsilon)
  // One word of the hash for each row; the limit on delta keeps to it.
  const depth = Math.min(HASH_WORDS, Math.ceil(Math.log(1 / delta)))
  return {
    kind: 'countMinSketch',
    code: 's',
    open: (place) => new CountMinSketch(place, width, depth),
    read: (view) => view.value,
  }
}
