import fc from 'fast-check'
import * as Y from 'yjs'

/** One step of a history: a writer edits some type in some way, or reads what another has. */
export interface Step {
  readonly writer: number
  readonly kind: number
  readonly at: number
  readonly size: number
}

/** Histories of up to five writers who are behind each other, of every shared type of Yjs. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ writer: fc.nat(4), kind: fc.nat(99), at: fc.nat(1_000), size: fc.nat(1_000) }),
  // Left to itself, fast-check makes short ones mostly, in which hardly anything is deleted.
  { minLength: 1, maxLength: 120, size: 'max' },
)

/**
 * The updates of a history, one a transaction, each after all that it builds on. With `isAstral` there
 * are characters of two code units among what is typed, between which others type and delete.
 */
export function updatesOf(
  history: readonly Step[],
  { isAstral }: { isAstral: boolean },
): Uint8Array[] {
  const updates: Uint8Array[] = []
  // Some writers keep what is deleted, and some write with garbage collection, as applications do.
  const docs = Array.from({ length: 5 }, (_, at) => {
    const doc = new Y.Doc({ gc: at % 2 === 0 })
    doc.clientID = 100 + at
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'read') updates.push(update)
    })
    return doc
  })
  for (const step of history) take(step, docs, isAstral ? ASTRAL : PLAIN)
  return updates
}

function take(step: Step, docs: readonly Y.Doc[], words: readonly string[]): void {
  const doc = docs[step.writer] as Y.Doc
  if (step.kind < 25) {
    const from = docs[step.at % docs.length] as Y.Doc
    const missing = Y.encodeStateAsUpdate(from, Y.encodeStateVector(doc))
    return Y.applyUpdate(doc, missing, 'read')
  }
  const edit = EDITS[step.kind % EDITS.length] as (typeof EDITS)[number]
  doc.transact(() => edit(doc, { ...step, words }))
}

interface Edit extends Step {
  readonly words: readonly string[]
}

const EDITS: readonly ((doc: Y.Doc, edit: Edit) => void)[] = [
  (doc, edit) => insertText(doc.getText('text'), edit),
  (doc, edit) => insertText(doc.getText('text'), edit),
  (doc, { at, size }) => deleteFrom(doc.getText('text'), at, size),
  (doc, { at, size }) => format(doc.getText('text'), at, size),
  (doc, { at, size }) => doc.getMap('map').set(`${at % 3}`, valueOf(size)),
  (doc, { at }) => doc.getMap('map').delete(`${at % 3}`),
  (doc, { at, size }) => insertValue(doc.getArray('list'), at, size),
  (doc, { at, size }) => deleteFrom(doc.getArray('list'), at, size),
  (doc, { at, size }) => insertElement(doc.getXmlFragment('xml'), at, size),
  (doc, { at, size }) => deleteFrom(doc.getXmlFragment('xml'), at, size),
  editNested,
  editNested,
]

const PLAIN = ['a', 'word ', 'fox', 'ab', 'é', '\n']
const ASTRAL = ['a', 'word ', '🦊🦊', 'ab', '\u{1f1e9}\u{1f1ea}', '\n']

function insertText(text: Y.Text, { at, size, words }: Edit): void {
  text.insert(at % (text.length + 1), words[size % words.length] as string)
}

function format(text: Y.Text, at: number, size: number): void {
  if (text.length === 0) return
  const from = at % text.length
  const length = 1 + (size % (text.length - from))
  text.format(from, length, { [size % 2 === 0 ? 'bold' : 'em']: at % 3 === 0 ? null : true })
}

interface Sequence {
  readonly length: number
  delete(at: number, length: number): void
}

function deleteFrom(sequence: Sequence, at: number, size: number): void {
  if (sequence.length === 0) return
  const from = at % sequence.length
  sequence.delete(from, 1 + (size % Math.min(4, sequence.length - from)))
}

/** A value of any kind, of which some are types of their own with something in them. */
function valueOf(size: number): unknown {
  const choices: (() => unknown)[] = [
    () => size,
    () => [null, { size }],
    () => Uint8Array.of(size & 0xff),
    () => new Y.Text(`nested ${size}`),
    () => new Y.Map([['key', new Y.Map([['deep', size]])]]),
    () => Y.Array.from([size, new Y.Text('deep')]),
    () => new Y.Doc({ guid: `${size}` }),
  ]
  return choices[size % choices.length]?.()
}

function insertValue(list: Y.Array<unknown>, at: number, size: number): void {
  list.insert(at % (list.length + 1), [valueOf(size), valueOf(size + 1)])
}

function insertElement(xml: Y.XmlFragment, at: number, size: number): void {
  const element = new Y.XmlElement('p')
  element.setAttribute('class', `${size}`)
  element.insert(0, [new Y.XmlText('in it'), new Y.XmlElement('br')])
  xml.insert(at % (xml.length + 1), [element])
}

/** Edits one of the types that are values or elements, which somebody else may delete meanwhile. */
function editNested(doc: Y.Doc, edit: Edit): void {
  const { at, size } = edit
  const values = [
    ...doc.getMap('map').values(),
    ...doc.getArray('list'),
    ...doc.getXmlFragment('xml').toArray(),
  ].filter((value) => value instanceof Y.AbstractType)
  const nested = values[at % values.length]
  if (nested instanceof Y.Text) insertText(nested, edit)
  else if (nested instanceof Y.Array) insertValue(nested, at, size)
  else if (nested instanceof Y.XmlFragment) insertElement(nested, at, size)
  else if (nested instanceof Y.Map) nested.set(`${at % 2}`, valueOf(size))
}

/** All that a document shows to who reads it. */
export function shown(...updates: readonly Uint8Array[]): unknown {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return {
    text: plain(doc.getText('text').toDelta()),
    map: plain(doc.getMap('map').toJSON()),
    list: plain(doc.getArray('list').toJSON()),
    xml: doc.getXmlFragment('xml').toJSON(),
  }
}

/** The value with the name of each document within instead of the document, which has ids of its own. */
function plain(value: unknown): unknown {
  if (value instanceof Y.Doc) return { guid: value.guid }
  if (Array.isArray(value)) return value.map((each) => plain(each))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}
