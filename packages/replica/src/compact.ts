import * as Y from 'yjs'

/**
 * One update that holds what `updates` hold together, compacted: through a `Y.Doc`, since merging
 * alone keeps every keystroke apart. `undefined` when Yjs can't integrate them; the document then
 * stays as it is.
 */
export function compact(updates: readonly Uint8Array[]): Uint8Array | undefined {
  const doc = new Y.Doc()
  try {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
    return Y.encodeStateAsUpdate(doc)
  } catch {
    return undefined
  } finally {
    doc.destroy()
  }
}
