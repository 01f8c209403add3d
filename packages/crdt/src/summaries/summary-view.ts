import type * as Y from 'yjs'

import type { Place } from '../ledger/place.ts'
import { CRDT_LIMITS } from '../limits.ts'
import { View } from '../view.ts'
import { Summaries, type Sketch, type Summary } from './summary.ts'

/**
 * A summary in a document. Each copy of the document adds to a line of its own, which it alone
 * writes and folds, so that sums need no lock and nothing is ever counted twice. What is added can't
 * be undone: nobody knows any more what was added apart.
 *
 * A folding holds what its copy saw of its own line. So a removal of the key takes away all that it
 * saw, unless that very copy folds concurrently: what is folded then stays.
 */
export abstract class SummaryView<State, Addition, S> extends View<S> {
  readonly #sketch: Sketch<State, Addition>

  constructor(place: Place, sketch: Sketch<State, Addition>) {
    super(place)
    this.#sketch = sketch
  }

  /** What all copies added; to be read only. */
  protected get merged(): State {
    return this.#summary.merged
  }

  /** What this copy added, as far as it is still there; to be read only. */
  protected get own(): State {
    return this.#summary.of(this.place.ledger.lineage)
  }

  /** Puts one addition; where too many stand on their own already, these are folded first. */
  protected put(...fields: readonly unknown[]): void {
    const { ledger } = this.place
    this.place.change((transaction) => {
      if (this.#summary.unfolded(ledger.lineage) >= CRDT_LIMITS.unfoldedMax) this.#fold(transaction)
      this.#putToken(transaction, fields)
    })
  }

  /** First the base, then off with what it holds: nothing between is seen. */
  #fold(transaction: Y.Transaction): void {
    const folded = this.#summary.tokensOf(this.place.ledger.lineage)
    this.#putToken(transaction, [this.#sketch.encode(this.#sketch.fold(this.own))])
    this.place.drop(transaction, folded)
  }

  #putToken(transaction: Y.Transaction, fields: readonly unknown[]): void {
    const { ledger } = this.place
    const { code, parameters } = this.#sketch
    const at = ledger.nextNumber()
    this.place.putLasting(transaction, code, ledger.lineage, at, ...parameters, ...fields)
  }

  get #summary(): Summary<State, Addition> {
    return this.place.index(this.#sketch.code, () => new Summaries()).by(this.#sketch)
  }
}
