import { accept, reject, type Change, type Piece, type Result } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/** Puts the pieces of documents together again, in the order in which they were cut. */
export class Assembly {
  #parts: Uint8Array[] = []
  #bytes = 0
  /** The last document that is whole; `undefined` before the first. */
  document: string | undefined
  /** Bytes that have come of the one after it. */
  skip = 0

  /** The updates that are whole with these pieces. */
  take(pieces: readonly Piece[]): Result<Change[]> {
    const whole: Change[] = []
    for (const { document, bytes, left, last } of pieces) {
      if (this.#bytes + bytes.length + left > GOSSIP_LIMITS.documentUpdateBytesMax) {
        return reject('too-large', `An update of "${document}" is over the limit for one update.`)
      }
      this.#parts.push(bytes)
      this.#bytes += bytes.length
      this.skip += bytes.length
      if (left > 0) continue
      if (this.#bytes > 0) whole.push({ document, update: this.#joined() })
      this.#parts = []
      this.#bytes = 0
      if (last) this.#finish(document)
    }
    return accept(whole)
  }

  #finish(document: string): void {
    this.document = document
    this.skip = 0
  }

  #joined(): Uint8Array {
    const joined = new Uint8Array(this.#bytes)
    let at = 0
    for (const part of this.#parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  }
}
