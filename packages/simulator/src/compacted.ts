import * as Y from 'yjs'

/** What lists of updates made; such a list is never changed. */
const MADE = new WeakMap<readonly Uint8Array[], Uint8Array>()

/** One update that holds what all of these do. */
export function compacted(updates: readonly Uint8Array[]): Uint8Array {
  const made = MADE.get(updates) ?? compactedAnew(updates)
  MADE.set(updates, made)
  return made
}

function compactedAnew(updates: readonly Uint8Array[]): Uint8Array {
  const doc = passingDoc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const state = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return state
}

/** A document that nobody refers to: a name of its own would take 32 random numbers. */
export function passingDoc(): Y.Doc {
  return new Y.Doc({ guid: '' })
}
