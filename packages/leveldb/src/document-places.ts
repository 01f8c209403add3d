import type { Database } from './database.ts'
import { clockOf, stateVectorKey, updatesOf } from './keys.ts'

/**
 * Where the next update of a document goes. The database itself says it, at the cost of a seek; the
 * documents written last are remembered here. What is remembered is never ahead of the disk: a
 * place moves on only once the batch that used it is durable.
 */
export interface Place {
  /** The clock of the next update. */
  readonly clock: number
  /** Whether the document has its state vector key, and so is listed and counted. */
  readonly listed: boolean
}

/** About 2 MB with names of 50 characters; the document used longest ago is forgotten beyond it. */
export const REMEMBERED_MAX = 16_384

/** Seeks under way at once while places are looked up. */
const SEEKS_MAX = 32

export class DocumentPlaces {
  readonly #database: Database
  /** Next clocks of listed documents; the one used last comes last. */
  readonly #remembered = new Map<string, number>()

  constructor(database: Database) {
    this.#database = database
  }

  async lookUp(documents: Iterable<string>): Promise<Map<string, Place>> {
    const places = new Map<string, Place>()
    const unknown: string[] = []
    for (const document of documents) {
      const clock = this.#remembered.get(document)
      if (clock === undefined) unknown.push(document)
      else places.set(document, { clock, listed: true })
    }
    for (let at = 0; at < unknown.length; at += SEEKS_MAX) {
      const some = unknown.slice(at, at + SEEKS_MAX)
      const found = await Promise.all(some.map((document) => this.#seek(document)))
      for (const [document, place] of found) places.set(document, place)
    }
    return places
  }

  /** To be called once the updates before these places are durable. */
  remember(places: ReadonlyMap<string, Place>): void {
    for (const [document, { clock }] of places) {
      this.#remembered.delete(document)
      this.#remembered.set(document, clock)
    }
    for (const document of this.#remembered.keys()) {
      if (this.#remembered.size <= REMEMBERED_MAX) return
      this.#remembered.delete(document)
    }
  }

  // The two keys are looked up apart, since y-leveldb writes and deletes them apart.
  async #seek(document: string): Promise<[string, Place]> {
    const last = this.#database.keys({ ...updatesOf(document), reverse: true, limit: 1 })
    const [[key], listed] = await Promise.all([
      last.all(),
      this.#database.has(stateVectorKey(document)),
    ])
    return [document, { clock: key === undefined ? 0 : clockOf(key) + 1, listed }]
  }
}
