import * as Y from 'yjs'

import { bind, schema, type Type } from '../../src/index.ts'

export type Clocks = ReadonlyMap<number, number>

/** One copy of the document, through all its lives. */
export class Copy<V> {
  readonly writer: string
  readonly #type: Type<V, unknown>
  readonly #now: () => number
  readonly #send: (update: Uint8Array) => void
  /** Whether Yjs forgets what is deleted; not all copies need agree. */
  readonly #gc: boolean
  doc!: Y.Doc
  view!: V

  constructor(
    writer: string,
    type: Type<V, unknown>,
    options: { now: () => number; send: (update: Uint8Array) => void; gc: boolean },
  ) {
    this.writer = writer
    this.#type = type
    this.#now = options.now
    this.#send = options.send
    this.#gc = options.gc
    this.#live(new Y.Doc({ gc: this.#gc }))
  }

  get nowMs(): number {
    return this.#now()
  }

  get clocks(): Clocks {
    return Y.decodeStateVector(Y.encodeStateVector(this.doc))
  }

  /** Whether something has come that what it builds on has not. */
  get waits(): boolean {
    const { pendingStructs, pendingDs } = this.doc.store
    return pendingStructs !== null || pendingDs !== null
  }

  /** The process ends and starts again with what it had, which a round through a document compacts. */
  restart(): void {
    const kept = Y.encodeStateAsUpdate(this.doc)
    this.doc.destroy()
    const doc = new Y.Doc({ gc: this.#gc })
    Y.applyUpdate(doc, kept, 'peer')
    this.#live(doc)
  }

  receive(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, 'peer')
  }

  #live(doc: Y.Doc): void {
    this.doc = doc
    const bound = bind(schema({ it: this.#type }), doc, { writer: this.writer, now: this.#now })
    this.view = (bound as { readonly it: V }).it
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'peer') this.#send(update)
    })
  }
}

export function has(clocks: Clocks, ends: Clocks): boolean {
  return Array.from(ends).every(([client, clock]) => (clocks.get(client) ?? 0) >= clock)
}

/** The clocks that moved, to where they are now. */
export function moved(before: Clocks, after: Clocks): Map<number, number> {
  return new Map(Array.from(after).filter(([client, clock]) => (before.get(client) ?? 0) < clock))
}
