import * as Y from 'yjs'

import type { Open, Subject } from './cases/case.ts'
import { Random } from './random.ts'

const FEW = [100, 1_000, 10_000]
const MANY = [...FEW, 100_000]

/** Who makes the changes, and how. */
export interface Mode {
  readonly name: string
  readonly writers: number
  /** Changes of all writers between two syncs. */
  readonly syncEvery: number
  /** Whether each change is followed by a letter that is typed in the same document. */
  readonly isTyping: boolean
  /** Changes after which the writer's process starts again. */
  readonly sessionOf: number
  /** The numbers of changes after which the document is measured. */
  readonly checkpoints: readonly number[]
}

const ALONE = { writers: 1, syncEvery: 1, isTyping: false, sessionOf: Infinity, checkpoints: FEW }

export const MODES: readonly Mode[] = [
  { ...ALONE, name: '1', checkpoints: MANY },
  { ...ALONE, name: '1, types too', isTyping: true },
  { ...ALONE, name: '1, 100 ops a session', sessionOf: 100 },
  { ...ALONE, name: '3, sync at 100', writers: 3, syncEvery: 100 },
  { ...ALONE, name: '3, in turns', writers: 3 },
  {
    ...ALONE,
    name: '3, in turns, type too',
    writers: 3,
    isTyping: true,
    checkpoints: [100, 1_000, 2_000],
  },
]

export interface Point {
  readonly ops: number
  readonly bytes: number
  readonly structs: number
}

/** One document that several write to, measured after so many changes, and what each copy then has. */
export function grow(
  open: Open,
  mode: Mode,
  opsMax = Infinity,
): { readonly points: readonly Point[]; readonly values: readonly unknown[] } {
  const checkpoints = mode.checkpoints.filter((ops) => ops <= opsMax)
  const random = new Random(1)
  const clients = new Random(2)
  const copies = Array.from({ length: mode.writers }, (_, at) => new Copy(open, `w${at}`, clients))
  const points: Point[] = []
  let done = 0
  for (const ops of checkpoints) {
    for (; done < ops; done++) {
      const copy = copies[done % mode.writers] as Copy
      copy.subject.act(done, random)
      if (mode.isTyping) copy.type()
      if ((done + 1) % mode.syncEvery === 0) sync(copies)
      if ((done + 1) % mode.sessionOf === 0) copy.restart()
    }
    sync(copies)
    points.push({ ops, ...(copies[0] as Copy).measure() })
  }
  return { points, values: copies.map(({ subject }) => subject.read()) }
}

class Copy {
  readonly #open: Open
  readonly #writer: string
  readonly #clients: Random
  #doc!: Y.Doc
  #outbox: Uint8Array[] = []
  subject!: Subject

  constructor(open: Open, writer: string, clients: Random) {
    this.#open = open
    this.#writer = writer
    this.#clients = clients
    this.#live(new Y.Doc())
  }

  type(): void {
    const notes = this.#doc.getText('notes')
    notes.insert(notes.length, 'x')
  }

  restart(): void {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(this.#doc), 'peer')
    this.#live(doc)
  }

  takeOutbox(): Uint8Array[] {
    const outbox = this.#outbox
    this.#outbox = []
    return outbox
  }

  receive(update: Uint8Array): void {
    Y.applyUpdate(this.#doc, update, 'peer')
  }

  measure(): { bytes: number; structs: number } {
    const structs = Array.from(this.#doc.store.clients.values(), ({ length }) => length)
    return {
      bytes: Y.encodeStateAsUpdate(this.#doc).length,
      structs: structs.reduce((sum, length) => sum + length, 0),
    }
  }

  #live(doc: Y.Doc): void {
    this.#doc = doc
    // The same ones each time: of greater ids the bytes are more, and they decide how letters lie.
    doc.clientID = this.#clients.below(2 ** 32)
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'peer') this.#outbox.push(update)
    })
    this.subject = this.#open(doc, this.#writer)
  }
}

function sync(copies: readonly Copy[]): void {
  const sent = copies.map((copy) => copy.takeOutbox())
  copies.forEach((copy, at) => {
    sent.forEach((updates, from) => {
      if (from !== at) for (const update of updates) copy.receive(update)
    })
  })
}
