import { createHash } from 'node:crypto'

import {
  CHAIN_START,
  encodeEntry,
  replicaIdFromBytes,
  type Change,
  type ChainHash,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'
import * as Y from 'yjs'

/**
 * An origin made up for a test: it writes entries as a replica would, numbered without gaps and
 * chained by their hashes. Everything follows from its number, so a failing run repeats. A store
 * takes a hash as given, so any function of the bytes before it will do here.
 */
export class Author {
  readonly id: ReplicaId
  readonly written: SealedEntry[] = []
  #seq: number
  #hash: ChainHash = CHAIN_START

  /** `after` is the sequence number before its first entry. */
  constructor(number: number, after = 0) {
    this.id = replicaIdFromBytes(Uint8Array.of(0xa0, 0, 0, 0, 0, 0, number >> 8, number & 0xff))
    this.#seq = after
  }

  get head(): { seq: number; hash: ChainHash } {
    return { seq: this.#seq, hash: this.#hash }
  }

  write(changes: readonly Change[]): SealedEntry {
    this.#seq += 1
    const entry = { dot: { replica: this.id, seq: this.#seq }, deps: new Map(), changes }
    const bytes = encodeEntry(entry)
    this.#hash = createHash('sha256').update(this.#hash).update(bytes).digest('hex').slice(0, 16)
    const sealed = { ...entry, bytes, hash: this.#hash }
    this.written.push(sealed)
    return sealed
  }

  /** `count` entries, each of which changes `document` once. */
  writeMany(count: number, document: string): SealedEntry[] {
    return Array.from({ length: count }, (_, at) => this.write([change(document, `edit ${at}`)]))
  }

  bytesOf(from: number, to: number): Uint8Array[] {
    return this.written
      .filter(({ dot }) => dot.seq >= from && dot.seq <= to)
      .map(({ bytes }) => bytes)
  }
}

export function change(document: string, text: string): Change {
  return { document, update: updateOf(text) }
}

/** A real Yjs update that inserts `text`; equal texts make equal updates. */
export function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 1
  doc.getText().insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}
