import { CrdtError } from '../error.ts'
import type { Place } from '../ledger/place.ts'
import type { Type } from '../type.ts'
import { checkAmountOf, checkRoomFor } from './amount.ts'
import { Buckets } from './buckets.ts'
import { SummaryView } from './summary-view.ts'
import type { Tallied, Tally } from './tally.ts'

/** What is mostly asked of a distribution. The quantiles are `undefined` while nothing was added. */
export interface Distribution {
  /** How many values were added: exact. */
  readonly count: number
  readonly p50: number | undefined
  readonly p90: number | undefined
  readonly p99: number | undefined
}

/** How values are distributed: see `quantiles`. */
export class Quantiles extends SummaryView<Tally, Tallied, Distribution> {
  /** How far a quantile may be off, as a share of itself. */
  readonly error: number
  readonly #buckets: Buckets

  constructor(place: Place, accuracyPerMyriad: number) {
    const buckets = new Buckets(accuracyPerMyriad)
    super(place, buckets)
    this.#buckets = buckets
    this.error = accuracyPerMyriad / 10_000
  }

  /**
   * Adds a number, `count` times. Throws `CrdtError('not-json')` for what is no finite number,
   * `'too-large'` beyond 1e9 on either side of 0 and when this copy would have added more than
   * 2^53 - 1 values, and `'not-an-integer'`.
   */
  add(value: number, count = 1): void {
    const bucket = this.#buckets.bucketOf(value)
    checkRoomFor(checkAmountOf(count), this.own.total)
    this.put(bucket, count)
  }

  /**
   * The value that a share of all values, from 0 to 1, does not exceed: of n values in their order
   * that at the index q · (n - 1), rounded down. `undefined` while there are none. Throws
   * `CrdtError('out-of-range')`.
   */
  quantile(q: number): number | undefined {
    if (!(q >= 0 && q <= 1)) {
      throw new CrdtError('out-of-range', `A quantile is asked for a share from 0 to 1, not ${q}.`)
    }
    const { cells, total } = this.merged
    const rank = Math.floor(q * (total - 1))
    let [seen, last] = [0, -1]
    for (const [bucket, count] of cells.entries()) {
      if (count === 0) continue
      seen += count
      last = bucket
      if (seen > rank) break
    }
    return last === -1 ? undefined : this.#buckets.middleOf(last)
  }

  protected snapshot(last: Distribution | undefined): Distribution {
    const { total } = this.merged
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => this.quantile(q))
    const isLast = last?.count === total && last.p50 === p50 && last.p90 === p90 && last.p99 === p99
    return isLast ? last : Object.freeze({ count: total, p50, p90, p99 })
  }
}

export interface QuantilesOptions {
  /** A share in whole hundredths of a percent: from 0.001 to 0.5, 0.01 as if unsaid. */
  readonly accuracy?: number
}

/**
 * The quantiles of numbers, whoever added them: latencies, prices. Each is off by at most `accuracy`,
 * as a share of itself; what lies within 1e-9 of 0 counts as 0. (DDSketch: Masson, Rim and Lee, 2019,
 * over a fixed range.) Each copy that added something keeps a number for each bucket that it used;
 * at 1 % one bucket spans 2 % of its value, and 2,074 go from 1e-9 to 1e9.
 */
export function quantiles({ accuracy = 0.01 }: QuantilesOptions = {}): Type<
  Quantiles,
  Distribution
> {
  // A float would take nine bytes of every token.
  const perMyriad = Math.round(accuracy * 10_000)
  const isWhole = Math.abs(accuracy * 10_000 - perMyriad) < 1e-6
  if (!isWhole || !(perMyriad >= 10 && perMyriad <= 5_000)) {
    throw new CrdtError(
      'bad-schema',
      'The accuracy of quantiles is from 0.001 to 0.5, in whole steps of 0.0001.',
    )
  }
  return {
    kind: 'quantiles',
    code: 'q',
    open: (place) => new Quantiles(place, perMyriad),
    read: (view) => view.value,
  }
}
