import { LIMITS, type Piece } from '@rejoin/protocol'

import type { WholeDocument } from './events.ts'

/** Documents on their way to one link, cut into chunks of about the same size. */
export class DocumentQueue {
  readonly #documents: WholeDocument[]
  /** Which update of the first document is next, and how many bytes of it are gone. */
  #update = 0
  #offset = 0
  /** The last document that is gone whole. */
  sent: string
  /** Bytes that are gone of the one after it. */
  skip = 0

  constructor(sent: string, documents: readonly WholeDocument[]) {
    this.sent = sent
    this.#documents = [...documents]
  }

  get isEmpty(): boolean {
    return this.#documents.length === 0
  }

  /** The next pieces, of `bytesMax` bytes together. */
  take(bytesMax: number): Piece[] {
    const pieces: Piece[] = []
    let bytesLeft = bytesMax
    while (bytesLeft > 0 && pieces.length < LIMITS.piecesPerFrameMax) {
      const [first] = this.#documents
      if (first === undefined) break
      const piece = this.#next(first, bytesLeft)
      pieces.push(piece)
      // A piece costs its frame something even where it is empty.
      bytesLeft -= piece.bytes.length + piece.document.length
    }
    return pieces
  }

  #next({ document, updates }: WholeDocument, bytesMax: number): Piece {
    const update = updates[this.#update] ?? new Uint8Array()
    const bytes = update.subarray(this.#offset, this.#offset + bytesMax)
    this.#offset += bytes.length
    this.skip += bytes.length
    const left = update.length - this.#offset
    const last = this.#update >= updates.length - 1
    if (left === 0) {
      this.#update += 1
      this.#offset = 0
    }
    if (left === 0 && last) this.#finish(document)
    return { document, bytes, left, last }
  }

  #finish(document: string): void {
    this.#documents.shift()
    this.#update = 0
    this.skip = 0
    this.sent = document
  }
}
