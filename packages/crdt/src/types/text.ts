import * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import type { Place } from '../ledger/place.ts'
import type { Type } from '../type.ts'

type Root = Y.Text | Y.XmlFragment

/**
 * Yjs's own text, handed through: any editor binding takes it. It is the root type of the document
 * that its path names (`notes`, or `carts/ann/notes`), so that copies which begin it concurrently
 * write into one. In a map, a removal of the key deletes the characters that it saw.
 */
export function text(): Type<Y.Text, string> {
  return rootType('text', Y.Text, (view) => view.toString())
}

/** Yjs's rich text, handed through as `text` is: what ProseMirror's and Tiptap's bindings take. */
export function richText(): Type<Y.XmlFragment, string> {
  return rootType('richText', Y.XmlFragment, (view) => view.toString())
}

function rootType<R extends Root>(
  kind: string,
  Kind: new () => R,
  show: (view: R) => string,
): Type<R, string> {
  const open = ({ ledger: { doc }, path }: Place): R => {
    try {
      return doc.get(path, Kind as never)
    } catch {
      const there = doc.share.get(path)?.constructor.name ?? 'something else'
      throw new CrdtError('wrong-type', `'${path}' is ${there} in this document, and ${kind} here.`)
    }
  }
  return { kind, open, read: show }
}
