import type * as Y from 'yjs'

import { CrdtError } from './error.ts'
import { KIND_OF_CODE } from './ledger/codes.ts'
import { Ledger } from './ledger/ledger.ts'
import type { Node } from './ledger/node.ts'
import { Place } from './ledger/place.ts'
import { checkWriter } from './ledger/writer.ts'
import type { AnyType, Type } from './type.ts'

export interface BindOptions {
  /**
   * Who writes through this binding. Registers order equal stamps by it, and bounded counters hold
   * their rights under it: for these it must be used by one live copy of the document at a time, and
   * be taken over only by a copy that holds all that was written under it. Without one the binding
   * has a name of its own, which nobody has after it.
   */
  readonly writer?: string
  /**
   * The time in milliseconds since 1970: `Date.now` in an application. Registers need it to be
   * written, and nothing else does. (`() => 0` makes them count writes instead, so that of concurrent
   * ones that of the busiest writer wins.)
   */
  readonly now?: () => number
  /**
   * Told when the document turns out to hold another type at a name of the schema, which can also
   * come with a later update. The value is then what its own type finds, and nothing is lost.
   */
  readonly onProblem?: (error: CrdtError) => void
}

/**
 * A schema's values in a document. Nothing is written until a value is changed. Throws
 * `CrdtError('wrong-type')` when the document holds another type at one of its names.
 */
export function bind<V, S>(type: Type<V, S>, doc: Y.Doc, options: BindOptions = {}): V {
  const ledger = Ledger.of(doc)
  const { writer = ledger.lineage.toString(36), now = noClock, onProblem } = options
  const place = new Place({ ledger, writer: checkWriter(writer), now }, '')
  // Where the type of the schema is in use as well, throwing would let a stranger lock everybody out.
  const problem = problemsOf(type, place).find(({ isInUse }) => !isInUse)
  if (problem !== undefined) throw problem.error
  if (onProblem !== undefined) watch(type, place, onProblem)
  return type.open(place)
}

/** What a `Y.UndoManager` must have as its scope to undo changes of the types that can be undone. */
export function undoScope(doc: Y.Doc): Y.Array<unknown> {
  return Ledger.of(doc).undoable
}

function noClock(): never {
  throw new CrdtError(
    'no-clock',
    'A register orders its writes by the time: bind with { now: Date.now }, or another clock.',
  )
}

/** Each problem is told once. */
function watch(type: AnyType, place: Place, onProblem: (error: CrdtError) => void): void {
  const told = new Set<string>()
  const tell = (): void => {
    for (const { path, error } of problemsOf(type, place)) {
      if (told.has(path)) continue
      told.add(path)
      onProblem(error)
    }
  }
  tell()
  place.subscribe(tell)
}

/** Where the document and the fields of a schema disagree about a type. */
interface Problem {
  readonly path: string
  readonly error: CrdtError
  /** Whether there is something of the schema's type too. */
  readonly isInUse: boolean
}

function problemsOf(type: AnyType, place: Place): Problem[] {
  return Array.from(type.fields ?? []).flatMap(([name, field]) => {
    const { path, node } = place.field(name)
    const other = otherKind(field, node)
    const below = problemsOf(field, place.field(name))
    if (other === undefined) return below
    const message = `'${path}' is a ${other} in this document, and a ${field.kind} in the schema: name it otherwise.`
    const error = new CrdtError('wrong-type', message)
    return [{ path, error, isInUse: holdsOwn(field, node) }, ...below]
  })
}

function holdsOwn(type: AnyType, node: Node | undefined): boolean {
  if (node === undefined) return false
  if (isText(type)) return node.hasText
  return isInner(type) ? node.children.size > 0 : node.slots.has(type.code ?? '')
}

function isText({ kind }: AnyType): boolean {
  return kind === 'text' || kind === 'richText'
}

function isInner({ kind }: AnyType): boolean {
  return kind === 'map' || kind === 'schema'
}

function otherKind(type: AnyType, node: Node | undefined): string | undefined {
  if (node === undefined) return undefined
  for (const code of node.slots.keys()) {
    if (code !== type.code && KIND_OF_CODE[code] !== undefined) return KIND_OF_CODE[code]
  }
  if (node.hasText && !isText(type)) return 'text'
  return node.children.size > 0 && !isInner(type) ? 'map' : undefined
}
