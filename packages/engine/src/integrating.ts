import * as Y from 'yjs'

/**
 * What of some updates can be shown: everything whose foundations are there too. The rest waits in a way
 * that only a `Y.Doc` can tell, struct by struct, so one is built; that is for documents of which
 * something is missing, and for nothing else.
 */
export function integrate(updates: readonly Uint8Array[]): { shown: Uint8Array; isAll: boolean } {
  const doc = new Y.Doc({ gc: false, guid: '' })
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const { store } = doc
  const isAll = store.pendingStructs === null && store.pendingDs === null
  // What waits would be encoded with the rest.
  store.pendingStructs = null
  store.pendingDs = null
  const shown = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return { shown, isAll }
}
