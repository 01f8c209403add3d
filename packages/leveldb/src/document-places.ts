import { encodeStateVectorFromUpdate } from 'yjs'

import type { UpdateKeys } from './keys.ts'
import { encodeVector, type Clocks, type DocumentRecord } from './values.ts'

/** A document's record with our clocks: where its next update goes. */
export type Place = DocumentRecord & {
  readonly clocks: Clocks
  /** Once it was written to. */
  readonly keys?: PlaceKeys
}

export interface PlaceKeys {
  readonly record: Uint8Array
  readonly updates: UpdateKeys
}

/** About 6 MB with names of 50 characters; the document used longest ago is forgotten beyond it. */
export const REMEMBERED_MAX = 16_384

/** Reads under way at once while places are looked up. */
const READS_MAX = 32

/**
 * Where the next update of each document goes. The database itself says it, at the cost of a read; the
 * documents written last are remembered here. What is remembered is never ahead of the disk: a
 * place moves on only once the batch that used it is durable.
 */
export class DocumentPlaces {
  /** Looks into the database; `undefined` for a document that is not there. */
  readonly #find: (document: string) => Promise<Place | undefined>
  /** The one used last comes last. */
  readonly #remembered = new Map<string, Place>()

  constructor(find: (document: string) => Promise<Place | undefined>) {
    this.#find = find
  }

  /** The places of those that exist. */
  async lookUp(documents: Iterable<string>): Promise<Map<string, Place>> {
    const places = new Map<string, Place>()
    const unknown: string[] = []
    for (const document of documents) {
      const place = this.#remembered.get(document)
      if (place === undefined) unknown.push(document)
      else places.set(document, place)
    }
    for (let at = 0; at < unknown.length; at += READS_MAX) {
      const some = unknown.slice(at, at + READS_MAX)
      const found = await Promise.all(some.map((document) => this.#find(document)))
      for (const [index, place] of found.entries()) {
        if (place !== undefined) places.set(some[index] as string, place)
      }
    }
    return places
  }

  /** To be called once the updates before these places are durable. */
  remember(places: ReadonlyMap<string, Place>): void {
    for (const [document, place] of places) {
      this.#remembered.delete(document)
      this.#remembered.set(document, place)
    }
    for (const document of this.#remembered.keys()) {
      if (this.#remembered.size <= REMEMBERED_MAX) return
      this.#remembered.delete(document)
    }
  }
}

/** The place of a document whose first update is `update`. Throws where that is no Yjs update. */
export function newPlace(update: Uint8Array): Place {
  const vector = encodeVector(encodeStateVectorFromUpdate(update))
  return { vector, clocks: { first: 0, next: 0 } }
}
