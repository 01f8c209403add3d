/**
 * The documents of one client connection: which are open, and which wait for the replica's answer.
 * An opening is a short frame whose answer may be a whole document, so each document has one under
 * way at a time. Of those that come meanwhile the last is kept: it says most of what the client has.
 */
export class Openings {
  readonly #documents: Map<string, Opening> = new Map()
  #unanswered = 0

  /** Documents whose opening is not answered yet. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** Documents that are open or opening. */
  get documents(): number {
    return this.#documents.size
  }

  has(document: string): boolean {
    return this.#documents.has(document)
  }

  /** Whether to pass this opening on now; otherwise an answer will say when. */
  begin(document: string, stateVector: Uint8Array): boolean {
    const known = this.#documents.get(document) ?? newOpening()
    this.#documents.set(document, known)
    if (known.waiting) {
      known.next = stateVector
      return false
    }
    known.waiting = true
    this.#unanswered++
    return true
  }

  /** Returns the state vector with which to open the document again, where that was asked for. */
  succeeded(document: string): Uint8Array | undefined {
    const known = this.#documents.get(document)
    if (known !== undefined) known.open = true
    return this.#answered(known)
  }

  /** As `succeeded`. A refusal of what was no opening may be reported here too, and is ignored. */
  failed(document: string): Uint8Array | undefined {
    const known = this.#documents.get(document)
    const next = this.#answered(known)
    if (known !== undefined && !known.open && next === undefined) this.#documents.delete(document)
    return next
  }

  /** Its opening, if it is under way, needs no answer. */
  left(document: string): void {
    this.#answered(this.#documents.get(document))
    this.#documents.delete(document)
  }

  #answered(known: Opening | undefined): Uint8Array | undefined {
    if (known === undefined || !known.waiting) return undefined
    const { next } = known
    known.waiting = false
    known.next = undefined
    this.#unanswered--
    return next
  }
}

interface Opening {
  open: boolean
  waiting: boolean
  next: Uint8Array | undefined
}

function newOpening(): Opening {
  return { open: false, waiting: false, next: undefined }
}
