import { accept, reject, type Opened, type Result } from '@rejoin/protocol'
import * as Y from 'yjs'

/**
 * What one side has and the other lacks, in Yjs's terms. A state vector tells of insertions only: the
 * difference to one always carries every deletion of the doc, so deletions are compared by themselves.
 */
export type StateVector = ReadonlyMap<number, number>

export function decodeStateVector(bytes: Uint8Array): Result<StateVector> {
  try {
    return accept(Y.decodeStateVector(bytes))
  } catch (error) {
    return reject('malformed', `A state vector can't be decoded: ${String(error)}.`)
  }
}

/** Whether nothing was ever written to `doc`, here or elsewhere. */
export function isEmpty({ store }: Y.Doc): boolean {
  return store.clients.size === 0 && store.pendingStructs === null && store.pendingDs === null
}

/** Whether `doc` has every insertion that `vector` counts. */
export function hasAll(doc: Y.Doc, vector: StateVector): boolean {
  for (const [client, clock] of vector) if (Y.getState(doc.store, client) < clock) return false
  return true
}

/** Whether the replica that answered `opened` has all of `doc`, to which the answer was applied. */
export function holdsAll(opened: Opened, doc: Y.Doc): boolean {
  const lacking = Y.decodeUpdate(Y.encodeStateAsUpdate(doc, opened.stateVector))
  if (lacking.structs.length > 0) return false
  return Y.equalDeleteSets(lacking.ds, Y.decodeUpdate(opened.update).ds)
}
