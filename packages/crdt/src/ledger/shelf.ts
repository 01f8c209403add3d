import * as Y from 'yjs'

/**
 * One root array of the document, to which this copy appends under a Yjs client id of its own. So
 * its structs have clocks without gaps, whatever is typed in the same document meanwhile, and each
 * new one lies directly behind the last: Yjs merges what was deleted of them into one struct, and
 * the document stays as small as what is in it (rule D2). A change costs its bytes on the wire once.
 */
export class Shelf {
  readonly array: Y.Array<unknown>
  readonly #doc: Y.Doc
  #client: number

  constructor(doc: Y.Doc, array: Y.Array<unknown>, client: number) {
    this.array = array
    this.#doc = doc
    this.#client = this.#free(client)
  }

  get client(): number {
    return this.#client
  }

  /** Puts a value behind the last one of this shelf; returns its clock. */
  append(transaction: Y.Transaction, value: readonly unknown[]): number {
    const { store } = this.#doc
    const clock = Y.getState(store, this.#client)
    const left = this.#last()
    const right = left === null ? this.array._start : left.right
    const id = Y.createID(this.#client, clock)
    const content = new Y.ContentAny([value])
    const origins = [left?.lastId ?? null, right?.id ?? null] as const
    new Y.Item(id, left, origins[0], right, origins[1], this.array, null, content).integrate(
      transaction,
      0,
    )
    return clock
  }

  /** Yjs found the id in use elsewhere, which chance allows: the next one is taken from now on. */
  moveOn(): void {
    this.#client = this.#free(this.#client + 1)
  }

  #last(): Y.Item | null {
    const last = this.#doc.store.clients.get(this.#client)?.at(-1)
    return last instanceof Y.Item ? last : null
  }

  /** Ids are kept below 2³¹, where they are short in a token too. */
  #free(from: number): number {
    let client = from % 0x80000000
    while (Y.getState(this.#doc.store, client) > 0) client = (client + 1) % 0x80000000
    return client
  }
}

/** Deletes one value of an array that holds values only, by its identity. */
export function deleteValue(transaction: Y.Transaction, client: number, clock: number): void {
  const id = Y.createID(client, clock)
  Y.getItemCleanStart(transaction, id)
  Y.getItemCleanEnd(transaction, transaction.doc.store, id).delete(transaction)
}
