/**
 * Types a trace as its authors did: each has a typing document of its own, which holds exactly what
 * the transaction to be typed was typed on, so that its positions mean what they meant. What comes
 * out is one Yjs update per transaction, to be applied to the author's live document; whether the
 * parents have arrived there is for the caller to await (`arrived`). Pure, and fit for browsers.
 */
import * as Y from 'yjs'

import { CausalOrder } from './causal-order.ts'
import { hasAstral, unitAt } from './code-points.ts'
import { TraceError } from './trace-error.ts'
import type { Patch, Trace, Transaction } from './trace.ts'

/** The name of the `Y.Text` that is typed into. */
export const CONTENT = 'content'

/** What changes nothing, encoded. */
const EMPTY_UPDATE: Uint8Array = new Uint8Array([0, 0])

export class Typist {
  readonly #trace: Trace
  readonly #order: CausalOrder
  readonly #authors: readonly Author[]
  /** The Yjs clock of each transaction's author once it was typed. */
  readonly #clocks: Uint32Array
  /** Updates that some author has still to merge. */
  readonly #updates: Map<number, { readonly update: Uint8Array; readersLeft: number }> = new Map()
  #next = 0

  /**
   * `clientIds` has one Yjs client id per agent, in rising order: Yjs breaks ties between concurrent
   * insertions by them, and recordings are made with the lower agent first. They must be fresh in
   * each replay, since an id that was used before stands for other edits.
   */
  constructor(trace: Trace, clientIds: readonly number[]) {
    if (clientIds.length !== trace.agentCount) {
      throw new RangeError(`${trace.agentCount} agents need as many client ids.`)
    }
    if (clientIds.some((id, at) => at > 0 && id <= clientIds[at - 1]!)) {
      throw new RangeError('The client ids must rise with the agents.')
    }
    this.#trace = trace
    this.#order = new CausalOrder(trace.agentCount, trace.transactions)
    this.#authors = clientIds.map((clientId) => new Author(clientId))
    this.#clocks = new Uint32Array(trace.transactions.length)
  }

  /** The transaction to be typed next; `transactions.length` once all have been. */
  get next(): number {
    return this.#next
  }

  /** The transactions, in order, that must have arrived at the author of `index` before it types. */
  missing(index: number): number[] {
    return this.#order.missing(index)
  }

  /**
   * Types transaction `index` on the state that its parents name, and returns its update. The
   * transactions must be typed in their order. Throws a `TraceError` for one that does not fit.
   */
  type(index: number): Uint8Array {
    if (index !== this.#next) throw new RangeError(`The next to type is ${this.#next}.`)
    const transaction = this.#transaction(index)
    const author = this.#authors[transaction.agent]!
    this.#merge(author, this.#order.advance(index))
    const update = author.type(transaction, index)
    this.#clocks[index] = author.clock
    const readersLeft = this.#authors.length - 1
    if (readersLeft > 0) this.#updates.set(index, { update, readersLeft })
    this.#next++
    return update
  }

  /**
   * Whether `live` holds what transaction `index` inserted. Deletions leave no trace in Yjs's
   * clocks, so one that only deletes counts as arrived with the author's insertions before it; the
   * typing document merges it by its own update, and the text at the end shows whether it was lost.
   */
  arrived(index: number, live: Y.Doc): boolean {
    if (index >= this.#next) return false
    const author = this.#authors[this.#transaction(index).agent]!
    return Y.getState(live.store, author.clientId) >= this.#clocks[index]!
  }

  /** What the agent sees: its own typing and what it was typed on. */
  textOf(agent: number): string {
    const author = this.#authors[agent]
    if (author === undefined) throw new RangeError(`There is no agent ${agent}.`)
    return author.text.toJSON()
  }

  #merge(author: Author, missing: readonly number[]): void {
    if (missing.length === 0) return
    const updates = missing.map((index) => this.#take(index))
    const astral = missing.some((index) => isAstral(this.#transaction(index)))
    author.merge(updates, astral)
  }

  #take(index: number): Uint8Array {
    const held = this.#updates.get(index)
    if (held === undefined) throw new Error(`The update of transaction ${index} is gone.`)
    held.readersLeft--
    if (held.readersLeft === 0) this.#updates.delete(index)
    return held.update
  }

  #transaction(index: number): Transaction {
    const transaction = this.#trace.transactions[index]
    if (transaction === undefined) throw new RangeError(`There is no transaction ${index}.`)
    return transaction
  }
}

/** One agent's typing document. */
class Author {
  readonly clientId: number
  readonly text: Y.Text
  readonly #doc: Y.Doc = new Y.Doc()
  /** Whether code points and UTF-16 units have parted: only then is the text itself looked at. */
  #astral = false
  /** The text, kept while it is looked at; `undefined` when a merge has changed it. */
  #characters: string | undefined

  constructor(clientId: number) {
    this.clientId = clientId
    this.#doc.clientID = clientId
    this.text = this.#doc.getText(CONTENT)
  }

  get clock(): number {
    return Y.getState(this.#doc.store, this.clientId)
  }

  merge(updates: readonly Uint8Array[], astral: boolean): void {
    this.#doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.#doc, update)
    })
    this.#characters = undefined
    this.#astral ||= astral
  }

  type(transaction: Transaction, index: number): Uint8Array {
    let typed = EMPTY_UPDATE
    const listen = (update: Uint8Array): void => {
      typed = update
    }
    this.#doc.on('update', listen)
    try {
      this.#doc.transact(() => {
        for (const patch of transaction.patches) this.#patch(patch, index)
      })
    } finally {
      this.#doc.off('update', listen)
    }
    return typed
  }

  #patch([position, deleted, inserted]: Patch, index: number): void {
    this.#astral ||= hasAstral(inserted)
    const from = this.#unitAt(position)
    const to = deleted === 0 ? from : this.#unitAt(position + deleted)
    if (from === undefined || to === undefined) {
      throw new TraceError(`it reaches past the end of the text that it was typed on.`, index)
    }
    if (to > from) this.text.delete(from, to - from)
    if (inserted !== '') this.text.insert(from, inserted)
    if (this.#characters === undefined) return
    this.#characters = this.#characters.slice(0, from) + inserted + this.#characters.slice(to)
  }

  /** Where in UTF-16 units code point `position` is; `undefined` past the end. */
  #unitAt(position: number): number | undefined {
    if (!this.#astral) return position <= this.text.length ? position : undefined
    this.#characters ??= this.text.toJSON()
    return unitAt(this.#characters, position)
  }
}

function isAstral(transaction: Transaction): boolean {
  return transaction.patches.some(([, , inserted]) => hasAstral(inserted))
}
