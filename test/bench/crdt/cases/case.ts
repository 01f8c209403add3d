import { bind, schema, type Type } from '@rejoin/crdt'
import type * as Y from 'yjs'

import type { Random } from '../random.ts'

/** A value in a document, and what a writer does to it again and again. */
export interface Subject {
  /** Change number `at`, counted over all writers. */
  act(at: number, random: Random): void
  read(): unknown
}

export type Open = (doc: Y.Doc, writer: string) => Subject

/** One type under one kind of use, beside what is otherwise written for it on plain Yjs. */
export interface Case {
  readonly name: string
  /** What is alive in the document, however many changes were made. */
  readonly live: string
  readonly ours: Open
  readonly naive: Open
  readonly naiveIs: string
  /** What becomes of concurrent changes in the naive one. */
  readonly naiveVerdict: string
  /** What the value must be after changes number 0 to `changes` - 1, where that is known. */
  readonly expected?: (changes: number) => unknown
  /** Where more changes would take too long to measure how the document grows. */
  readonly opsMax?: number
  /** The same, of the naive one alone. */
  readonly naiveOpsMax?: number
}

export function ours<V>(
  type: Type<V, unknown>,
  act: (view: V, at: number, random: Random) => void,
): Open {
  return (doc, writer) => {
    const whole = bind(schema({ it: type }), doc, { writer, now: Date.now })
    const view = (whole as { readonly it: V }).it
    return { act: (at, random) => act(view, at, random), read: () => type.read(view) }
  }
}

/** On a root `Y.Map`. */
export function onMap(
  act: (map: Y.Map<unknown>, at: number, random: Random, writer: string) => void,
): Open {
  return (doc, writer) => {
    const map = doc.getMap('it')
    return { act: (at, random) => act(map, at, random, writer), read: () => map.toJSON() }
  }
}

/** On a root `Y.Array`. */
export function onArray(act: (array: Y.Array<unknown>, at: number, random: Random) => void): Open {
  return (doc) => {
    const array = doc.getArray('it')
    return { act: (at, random) => act(array, at, random), read: () => array.toJSON() }
  }
}
