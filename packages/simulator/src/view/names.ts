import type { ReplicaId, Version } from '@rejoin/protocol'

import type { NameOf } from '../trace.ts'
import type { Origin, Seqs } from './page/recording.ts'

const ID_SHOWN = 6

/** Every id that is seen, by the place at which a recording lists it. */
export class Names {
  readonly origins: Origin[] = []
  readonly #places = new Map<ReplicaId, number>()
  readonly #nameOf: NameOf

  constructor(nameOf: NameOf) {
    this.#nameOf = nameOf
  }

  placeOf(id: ReplicaId): number {
    const known = this.#places.get(id)
    if (known !== undefined) return known
    const place = this.origins.length
    this.#places.set(id, place)
    // A trace puts a point between such a name and a sequence number.
    const name = this.#nameOf(id).replace(/\.$/, '')
    this.origins.push({ name, id: id.slice(-ID_SHOWN) })
    return place
  }

  seqsOf(version: Version): Seqs {
    const seqs: number[] = []
    for (const [id, seq] of version) seqs[this.placeOf(id)] = seq
    return Array.from(seqs, (seq: number | undefined) => seq ?? 0)
  }

  /** How entries are called: `b3` or `b3–b5`, and with a point after a name that ends in a number. */
  entriesText(origin: number, from: number, to: number): string {
    const name = this.origins[origin]?.name ?? '?'
    const stem = /\d$/.test(name) ? `${name}.` : name
    return from === to ? `${stem}${to}` : `${stem}${from}–${to}`
  }
}
