import { checkDigits, checkExact, encodeExact, negated, plus, type Exact } from '../exact.ts'
import { COUNTER as CODE, COUNTER_RESET } from '../ledger/codes.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'
import { Counts } from './counts.ts'

/** A sum of increments and decrements: see `counter`. */
export class Counter extends View<Exact> {
  /**
   * Throws `CrdtError('not-an-integer')` for what is no exact integer, and `'too-large'` when the
   * sum of this copy would get over 1,000 digits.
   */
  increment(by: Exact = 1): void {
    this.#count(checkExact(by))
  }

  decrement(by: Exact = 1): void {
    this.#count(negated(checkExact(by)))
  }

  protected snapshot(): Exact {
    const resets = this.#resets().furthest()
    let value: Exact = 0
    for (const [line, count] of this.#counts().furthest()) {
      const reset = resets.get(line)
      if (reset === undefined) value = plus(value, count.sum)
      else if (reset.at < count.at) value = plus(value, plus(count.sum, negated(reset.sum)))
    }
    return value
  }

  #count(by: Exact): void {
    if (by === 0) return
    const { ledger } = this.place
    const own = this.#counts().of(ledger.lineage)
    const last = own.map(([, count]) => count).toSorted((a, b) => b.at - a.at)[0]
    const sum = checkDigits(plus(last?.sum ?? 0, by))
    this.place.change((transaction) => {
      const at = ledger.nextNumber()
      const since = last?.since ?? at
      const seen = own.filter(([, count]) => count.since === since).map(([token]) => token)
      this.place.replace(transaction, seen, CODE, ledger.lineage, since, at, encodeExact(sum))
    })
  }

  #counts(): Counts {
    return this.place.index(CODE, () => new Counts())
  }

  #resets(): Counts {
    return this.place.index(COUNTER_RESET, () => new Counts())
  }
}

/**
 * The sum of all increments and decrements, whoever made them and in whatever order: exact integers,
 * read as a `bigint` beyond 2^53. In a map, a removal of the key takes away the changes that it saw
 * and no other (observed reset: Baquero, Almeida and Lerche, 2016), which Riak's embedded counters
 * did not. Undoing a change to it counts back.
 */
export function counter(): Type<Counter, Exact> {
  return {
    kind: 'counter',
    code: CODE,
    open: (place) => new Counter(place),
    read: (view) => view.value,
  }
}
