import type { Change } from '@rejoin/protocol'

import type { Writing } from './batches.ts'
import { newPlace, type Place, type PlaceKeys } from './document-places.ts'
import { stateVectorKey, UpdateKeys } from './keys.ts'
import { seal } from './seal.ts'
import { encodeDocumentRecord } from './values.ts'

/**
 * Puts each change at its document's place, and each document's record once, behind its last change.
 * `places` has those that exist, and afterwards all of them, moved on.
 */
export function putChanges(
  writing: Writing,
  places: Map<string, Place>,
  changes: Iterable<Change>,
): void {
  const touched = new Set<string>()
  for (const { document, update } of changes) {
    const place = places.get(document) ?? newPlace(update)
    const { first, next } = place.clocks
    const { vector, keys = keysOf(document) } = place
    const key = keys.updates.at(next)
    writing.put(key, seal(key, update))
    places.set(document, { vector, keys, clocks: { first, next: next + 1 } })
    touched.add(document)
  }
  for (const document of touched) putRecord(writing, document, places.get(document) as Place)
}

function keysOf(document: string): PlaceKeys {
  return { record: stateVectorKey(document), updates: new UpdateKeys(document) }
}

export function putRecord(writing: Writing, document: string, place: Place): void {
  const key = place.keys?.record ?? stateVectorKey(document)
  writing.put(key, encodeDocumentRecord(key, place))
}
