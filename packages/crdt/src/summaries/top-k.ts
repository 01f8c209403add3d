import { CrdtError } from '../error.ts'
import { jsonKey, toJson, type Json } from '../json.ts'
import type { Place } from '../ledger/place.ts'
import type { Type } from '../type.ts'
import { checkAmountOf, checkRoomFor } from './amount.ts'
import {
  byCount,
  FrequentItems,
  ITEM_LENGTH_MAX,
  type Frequent,
  type Occurrence,
} from './frequent-items.ts'
import { SummaryView } from './summary-view.ts'

/** An item that was added often: between `count` and `count + error` times. */
export interface TopItem<T> {
  readonly item: T
  readonly count: number
  readonly error: number
}

/** The items that were added most often: see `topK`. */
export class TopK<T> extends SummaryView<Frequent, Occurrence, readonly TopItem<T>[]> {
  readonly #k: number

  constructor(place: Place, k: number, capacity: number) {
    super(place, new FrequentItems(capacity))
    this.#k = k
  }

  /** How much was added in all: exact. */
  get total(): number {
    return this.merged.total
  }

  /**
   * By how much a count may be too low, and how often an item can have been added that is not kept at
   * all: at most total / (capacity + 1), and 0 while no copy has added more items than its capacity.
   */
  get error(): number {
    return this.merged.missed
  }

  /**
   * Counts any JSON value. Throws `CrdtError('not-json')`, `'too-large'` for one of over 1,024
   * characters of JSON or when this copy would have added more than 2^53 - 1, and `'not-an-integer'`.
   */
  add(item: T, count = 1): void {
    const json = toJson(item)
    if (jsonKey(json).length > ITEM_LENGTH_MAX) {
      throw new CrdtError('too-large', `An item has over ${ITEM_LENGTH_MAX} characters; name it.`)
    }
    checkRoomFor(checkAmountOf(count), this.own.total)
    this.put(json, count)
  }

  protected snapshot(last: readonly TopItem<T>[] | undefined): readonly TopItem<T>[] {
    const { counts, missed: error } = this.merged
    const first = Array.from(counts).toSorted(byCount).slice(0, this.#k)
    const items = first.map(([key, count]) => {
      return Object.freeze({ item: toJson(JSON.parse(key)) as T, count, error })
    })
    return JSON.stringify(items) === JSON.stringify(last) && last ? last : Object.freeze(items)
  }
}

export interface TopKOptions {
  /** How many items are shown: an integer from 1, 10 as if unsaid. */
  readonly k?: number
  /** How many each copy keeps: an integer from `k` to 4,096, as if unsaid 256 or 4 · k. */
  readonly capacity?: number
}

/**
 * The JSON values that were added most often, the most frequent first and equals in the order of
 * their JSON. A count is never too high, and too low by at most its `error`, which is no more than
 * total / (capacity + 1); so whatever was added oftener than that is among the items that are kept.
 * (Misra and Gries, 1982, merged as by Agarwal et al., 2012.) Each copy that added something keeps at
 * most its capacity of items.
 */
export function topK<T = Json>({ k = 10, capacity }: TopKOptions = {}): Type<
  TopK<T>,
  readonly TopItem<T>[]
> {
  const kept = capacity ?? Math.max(256, 4 * k)
  const isPossible = Number.isInteger(k) && k >= 1 && Number.isInteger(kept)
  if (!isPossible || kept < k || kept > 4_096) {
    throw new CrdtError('bad-schema', 'A top k has integers 1 <= k <= capacity <= 4,096.')
  }
  return {
    kind: 'topK',
    code: 'k',
    open: (place) => new TopK<T>(place, k, kept),
    read: (view) => view.value,
  }
}
