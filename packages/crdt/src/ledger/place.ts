import type * as Y from 'yjs'

import { TOUCH } from './codes.ts'
import type { Ledger } from './ledger.ts'
import type { Index, Listener, Node } from './node.ts'
import { childPath, hasRoom, tooLong, type Path, type Reach } from './path.ts'
import type { Token } from './token.ts'

/** Who writes through a binding, and by which clock. */
export interface Author {
  readonly ledger: Ledger
  readonly writer: string
  /** Milliseconds since 1970, or 0 for stamps that only count; throws where there is no clock. */
  readonly now: () => number
}

/** Where one value of a schema stands in a document: what a type reads its tokens from and puts them to. */
export class Place {
  readonly author: Author
  readonly path: Path
  /** The innermost key of a map that the value lies under; a change to the value is one to the key. */
  readonly #key: Path | undefined

  constructor(author: Author, path: Path, key?: Path) {
    this.author = author
    this.path = path
    this.#key = key
  }

  get ledger(): Ledger {
    return this.author.ledger
  }

  get node(): Node | undefined {
    return this.ledger.find(this.path)
  }

  get version(): number {
    return this.ledger.versionOf(this.path)
  }

  field(name: string): Place {
    return new Place(this.author, childPath(this.path, name), this.#key)
  }

  /** Throws `CrdtError('bad-key')` where `reach`, what lies below the key, would not fit any more. */
  key(key: string, reach: Reach): Place {
    const path = childPath(this.path, key)
    if (!hasRoom(path, reach)) throw tooLong(key)
    return new Place(this.author, path, path)
  }

  get isUnderKey(): boolean {
    return this.#key !== undefined
  }

  subscribe(listener: Listener): () => void {
    return this.ledger.subscribe(this.path, listener)
  }

  tokens(code: string): readonly Token[] {
    return Array.from(this.node?.slots.get(code)?.tokens ?? [])
  }

  /** The index of this type's tokens here; a new one each time while there are none. */
  index<I extends Index>(code: string, make: () => I): I {
    const slot = this.node?.slots.get(code)
    if (slot === undefined) return make()
    if (slot.index === undefined) {
      slot.index = make()
      for (const token of slot.tokens) slot.index.add(token)
    }
    return slot.index as I
  }

  /** Names the change that is about to be made. */
  nextChange(): { readonly lineage: number; readonly at: number } {
    return { lineage: this.ledger.lineage, at: this.ledger.nextNumber() }
  }

  /** One update, or a part of the one that is under way. */
  change<T>(act: (transaction: Y.Transaction) => T): T {
    return this.ledger.doc.transact(act)
  }

  put(transaction: Y.Transaction, code: string, ...payload: readonly unknown[]): Token {
    return this.ledger.put(transaction, code, this.path, payload)
  }

  putLasting(transaction: Y.Transaction, code: string, ...payload: readonly unknown[]): Token {
    return this.ledger.putLasting(transaction, code, this.path, payload)
  }

  drop(transaction: Y.Transaction, tokens: Iterable<Token>): void {
    for (const token of Array.from(tokens)) this.ledger.drop(transaction, token)
  }

  /** Puts one token in the place of others: first the new one, so that nothing between is seen. */
  replace(
    transaction: Y.Transaction,
    tokens: Iterable<Token>,
    code: string,
    ...payload: readonly unknown[]
  ): Token {
    const replaced = Array.from(tokens)
    const token = this.put(transaction, code, ...payload)
    this.drop(transaction, replaced)
    return token
  }

  /** Shows a change that leaves no token of its own: it keeps the key that it lies under. */
  touch(transaction: Y.Transaction): void {
    if (this.#key === undefined) return
    const key = new Place(this.author, this.#key)
    key.replace(transaction, key.tokens(TOUCH), TOUCH)
  }
}
