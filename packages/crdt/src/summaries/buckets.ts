import { CrdtError } from '../error.ts'
import { sumOf, TallySketch } from './tally.ts'

/** What is nearer to 0 counts as 0. */
const SMALLEST = 1e-9
const LARGEST = 1e9

/**
 * The buckets of a DDSketch, in the order of their values: from -1e9 to -1e-9, 0, and from 1e-9 to
 * 1e9. Within one, values differ by a factor gamma at most, so that its middle is off by no more than
 * the accuracy. No two are ever collapsed into one, which would make sums depend on who did it when.
 */
export class Buckets extends TallySketch {
  readonly code = 'q'
  readonly parameters: readonly number[]
  readonly #logGamma: number
  readonly #gamma: number
  /** The power of gamma that the smallest values lie under. */
  readonly #lowest: number
  /** How many there are on each side of 0. */
  readonly #side: number

  constructor(accuracyPerMyriad: number) {
    const accuracy = accuracyPerMyriad / 10_000
    const gamma = (1 + accuracy) / (1 - accuracy)
    const power = (value: number): number => Math.ceil(Math.log(value) / Math.log(gamma))
    const side = power(LARGEST) - power(SMALLEST) + 1
    super(2 * side + 1)
    this.parameters = [accuracyPerMyriad]
    this.#gamma = gamma
    this.#logGamma = Math.log(gamma)
    this.#lowest = power(SMALLEST)
    this.#side = side
  }

  /** The bucket of a value, from 0 for the lowest. */
  bucketOf(value: unknown): number {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new CrdtError('not-json', `A quantile is of finite numbers, and not ${String(value)}.`)
    }
    const size = Math.abs(value)
    if (size > LARGEST) {
      throw new CrdtError('too-large', `${value} is beyond ${LARGEST}; use another unit.`)
    }
    if (size < SMALLEST) return this.#side
    const rank = Math.ceil(Math.log(size) / this.#logGamma) - this.#lowest + 1
    return this.#side + Math.sign(value) * rank
  }

  /** The value in a bucket that is off from both its ends by the same share. */
  middleOf(bucket: number): number {
    const rank = bucket - this.#side
    if (rank === 0) return 0
    const power = Math.abs(rank) - 1 + this.#lowest
    return (Math.sign(rank) * 2 * this.#gamma ** power) / (this.#gamma + 1)
  }

  protected totalOf(cells: Float64Array): number {
    return sumOf(cells)
  }

  protected readCells([bucket, ...others]: readonly unknown[]): readonly number[] | undefined {
    const isBucket = Number.isInteger(bucket) && (bucket as number) >= 0
    if (!isBucket || (bucket as number) > 2 * this.#side || others.length > 0) return undefined
    return [bucket as number]
  }
}
