import { deepStrictEqual } from 'node:assert'

import { bind, schema, type Type } from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import * as Y from 'yjs'

export const LASTING = 'rejoin:lasting'

/** A value of one type under the name `it` in a document of its own. */
export function open<V, S>(type: Type<V, S>, doc: Y.Doc = new Y.Doc()): { doc: Y.Doc; it: V } {
  return { doc, it: bind(schema({ it: type }), doc).it }
}

export function tokensIn(doc: Y.Doc): unknown[][] {
  return doc.getArray<unknown[]>(LASTING).toArray()
}

export function bytesIn(doc: Y.Doc): number {
  return Y.encodeStateAsUpdate(doc).length
}

/** Puts values into the ledger that no data type put there. */
export function forge(doc: Y.Doc, ...values: unknown[]): void {
  doc.getArray<unknown>(LASTING).push(values)
}

/** Several copies of a document, between which updates travel late, in any order, and twice. */
export class Copies<V extends { readonly value: unknown }> {
  readonly docs: readonly Y.Doc[]
  readonly views: readonly V[]
  readonly random: prng.PRNG
  readonly #type: Type<V, unknown>
  readonly #inboxes: Uint8Array[][]

  constructor(type: Type<V, unknown>, count: number, seed: number) {
    this.random = prng.create(seed)
    this.#type = type
    this.#inboxes = Array.from({ length: count }, () => [])
    this.docs = this.#inboxes.map((_, copy) => {
      const doc = new Y.Doc()
      doc.clientID = 1_000_003 + 2 * copy
      doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin === 'delivery') return
        for (const [other, inbox] of this.#inboxes.entries()) if (other !== copy) inbox.push(update)
      })
      return doc
    })
    this.views = this.docs.map((doc) => open(type, doc).it)
  }

  /** A copy at random, and its number. */
  any(): [V, number] {
    const copy = prng.uint32(this.random, 0, this.views.length - 1)
    return [this.views[copy] as V, copy]
  }

  /**
   * Adds on any copy and delivers to any, by turns. Now and then each copy must show what a new one
   * shows that begins with what it holds, and has kept nothing from before.
   */
  run(steps: number, add: (view: V) => void): void {
    for (let step = 1; step <= steps; step++) {
      add(this.any()[0])
      this.deliver()
      if (step % 60 === 0) deepStrictEqual(this.read(), this.#readAnew())
    }
  }

  /** What each copy shows. */
  read(): unknown[] {
    return this.views.map(({ value }) => value)
  }

  /** Delivers one update to one copy, whichever, and reads; one in three is to be delivered again. */
  deliver(): void {
    const [view, copy] = this.any()
    const inbox = this.#inboxes[copy] ?? []
    if (inbox.length === 0) return
    const at = prng.uint32(this.random, 0, inbox.length - 1)
    this.#apply(copy, inbox[at])
    void view.value
    if (prng.uint32(this.random, 0, 2) > 0) inbox.splice(at, 1)
  }

  /** Delivers all that is under way, in any order, and then once more in another. */
  settle(): void {
    for (const [copy, inbox] of this.#inboxes.entries()) {
      for (const update of [...this.#shuffled(inbox), ...this.#shuffled(inbox)]) {
        this.#apply(copy, update)
      }
      inbox.length = 0
    }
  }

  /** Brings all to the same content, each by one update. */
  exchange(): void {
    const all = this.docs.map((doc) => Y.encodeStateAsUpdate(doc))
    for (const [copy, inbox] of this.#inboxes.entries()) {
      for (const update of all) this.#apply(copy, update)
      inbox.length = 0
    }
  }

  #readAnew(): unknown[] {
    return this.docs.map((doc) => {
      const anew = new Y.Doc()
      Y.applyUpdate(anew, Y.encodeStateAsUpdate(doc))
      return open(this.#type, anew).it.value
    })
  }

  #apply(copy: number, update: Uint8Array | undefined): void {
    const doc = this.docs[copy]
    if (doc !== undefined && update !== undefined) Y.applyUpdate(doc, update, 'delivery')
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const keyed = values.map((value) => [prng.real53(this.random), value] as const)
    return keyed.toSorted(([a], [b]) => a - b).map(([, value]) => value)
  }
}

/** Brings two documents to the same content. */
export function exchange(a: Y.Doc, b: Y.Doc): void {
  const [toB, toA] = [Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)]
  Y.applyUpdate(b, toB)
  Y.applyUpdate(a, toA)
}

/** From 0 to below `count`, the small ones far oftener: as words in a text, or hits by page. */
export function skewed(random: prng.PRNG, count: number): number {
  return Math.floor(count ** prng.real53(random)) - 1
}
