import { Typist, type Trace } from '@rejoin/server/trace'
import type * as Y from 'yjs'

/**
 * Types a recording into live documents, author k at desk k modulo the desks. A transaction is typed
 * only once all that its author had seen has arrived at that desk: over the replicas and their
 * gossip, so a cut cable stalls the recording just where its authors would have been stalled.
 */
export interface Desk {
  readonly doc: Y.Doc
  /** Applies updates to `doc` as one local edit. */
  type(updates: readonly Uint8Array[]): void
}

export interface Progress {
  /** Transactions typed, of `total`. */
  readonly typed: number
  readonly total: number
  /** The author whose next transaction waits for something that has not arrived; from 0. */
  readonly waiting: number | undefined
}

export class Replay {
  readonly #trace: Trace
  readonly #desks: readonly Desk[]
  readonly #typist: Typist

  /** `firstClientId` and those after it, one per author, must never have been used in `desks`. */
  constructor(trace: Trace, desks: readonly Desk[], firstClientId: number) {
    this.#trace = trace
    this.#desks = desks
    const clientIds = Array.from({ length: trace.agentCount }, (_, agent) => firstClientId + agent)
    this.#typist = new Typist(trace, clientIds)
  }

  /** Types up to `count` transactions, and stops before the first whose author must wait. */
  advance(count: number): Progress {
    const total = this.#trace.transactions.length
    const first = this.#typist.next
    const end = Math.min(total, first + count)
    const typed = this.#desks.map((): Uint8Array[] => [])
    let waiting: number | undefined
    while (this.#typist.next < end && waiting === undefined) {
      const index = this.#typist.next
      const desk = this.#deskOf(index)
      if (this.#mayType(index, first)) typed[desk]?.push(this.#typist.type(index))
      else waiting = this.#agentOf(index)
    }
    for (const [desk, updates] of typed.entries()) {
      if (updates.length > 0) this.#desks[desk]?.type(updates)
    }
    return { typed: this.#typist.next, total, waiting }
  }

  get finished(): boolean {
    return this.#typist.next === this.#trace.transactions.length
  }

  /**
   * What was typed in this round, since `first`, is not applied yet, but counts as arrived at its
   * own desk: it is applied there before what builds on it.
   */
  #mayType(index: number, first: number): boolean {
    const desk = this.#deskOf(index)
    const live = this.#desks[desk]?.doc
    if (live === undefined) return false
    return this.#typist.missing(index).every((parent) => {
      const here = parent >= first && this.#deskOf(parent) === desk
      return here || this.#typist.arrived(parent, live)
    })
  }

  #deskOf(index: number): number {
    return this.#agentOf(index) % this.#desks.length
  }

  #agentOf(index: number): number {
    return this.#trace.transactions[index]?.agent ?? 0
  }
}
