import * as Y from 'yjs'

import { bind, schema, type Type } from '../../src/index.ts'
import { Ledger } from '../../src/ledger/ledger.ts'

type Clocks = ReadonlyMap<number, number>

interface CopyOptions {
  readonly now: () => number
  readonly send: (update: Uint8Array) => void
  readonly gc: boolean
  /** Yjs takes its ids from chance, which a seed has to replace. */
  readonly newClient: () => number
}

/** One copy of the document, through all its lives. */
export class Copy<V> {
  readonly writer: string
  readonly #type: Type<V, unknown>
  readonly #now: () => number
  readonly #send: (update: Uint8Array) => void
  /** Whether Yjs forgets what is deleted; not all copies need agree. */
  readonly #gc: boolean
  readonly #newClient: () => number
  doc!: Y.Doc
  view!: V

  constructor(writer: string, type: Type<V, unknown>, options: CopyOptions) {
    this.writer = writer
    this.#type = type
    this.#now = options.now
    this.#send = options.send
    this.#gc = options.gc
    this.#newClient = options.newClient
    this.#live(new Y.Doc({ gc: this.#gc }))
  }

  get nowMs(): number {
    return this.#now()
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
    doc.clientID = this.#newClient()
    this.doc = doc
    const bound = bind(schema({ it: this.#type }), doc, { writer: this.writer, now: this.#now })
    this.view = (bound as { readonly it: V }).it
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'peer') this.#send(update)
    })
  }
}

/** What an operation left in a document, by which a copy that has it is known. */
export interface Trace {
  /** The clocks that it moved, to where it moved them. */
  readonly ends: Clocks
  readonly deleted: readonly {
    readonly client: number
    readonly clock: number
    readonly len: number
  }[]
}

export function traceOf(doc: Y.Doc, act: () => void): Trace {
  const before = Y.decodeStateVector(Y.encodeStateVector(doc))
  const deleted: Trace['deleted'][number][] = []
  const note = ({ deleteSet, origin }: Y.Transaction): void => {
    // What the ledger tidies up after a change, in an update of its own, is no part of the change.
    if (origin instanceof Ledger) return
    for (const [client, ranges] of deleteSet.clients) {
      for (const { clock, len } of ranges) deleted.push({ client, clock, len })
    }
  }
  doc.on('afterTransaction', note)
  act()
  doc.off('afterTransaction', note)
  const after = Array.from(Y.decodeStateVector(Y.encodeStateVector(doc)))
  const ends = new Map(after.filter(([client, clock]) => (before.get(client) ?? 0) < clock))
  return { ends, deleted }
}

export function hasTrace(doc: Y.Doc, { ends, deleted }: Trace): boolean {
  const has = (client: number, clock: number): boolean => Y.getState(doc.store, client) >= clock
  return (
    Array.from(ends).every(([client, clock]) => has(client, clock)) &&
    deleted.every(
      ({ client, clock, len }) => has(client, clock + len) && isDeleted(doc, client, [clock, len]),
    )
  )
}

function isDeleted(doc: Y.Doc, client: number, [clock, len]: [number, number]): boolean {
  const structs = doc.store.clients.get(client) ?? []
  for (let at = Y.findIndexSS(structs, clock); at < structs.length; at++) {
    const struct = structs[at]
    if (struct === undefined || struct.id.clock >= clock + len) break
    if (!struct.deleted) return false
  }
  return true
}
