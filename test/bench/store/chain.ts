import { createHash } from 'node:crypto'

import { encodeEntry, type Change, type ReplicaId, type SealedEntry } from '@rejoin/protocol'

/** Writes entries of one replica, chained; what is in them makes no difference to the store. */
export class Chain {
  readonly #origin: ReplicaId
  #seq = 0
  #hash = '0'.repeat(16)

  constructor(origin: ReplicaId) {
    this.#origin = origin
  }

  write(changes: readonly Change[]): SealedEntry {
    this.#seq += 1
    const entry = { dot: { replica: this.#origin, seq: this.#seq }, deps: new Map(), changes }
    const bytes = encodeEntry(entry)
    const hash = createHash('sha256').update(Buffer.from(this.#hash, 'hex')).update(bytes)
    this.#hash = hash.digest('hex').slice(0, 16)
    return { ...entry, bytes, hash: this.#hash }
  }
}
