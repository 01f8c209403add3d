/**
 * The documents of one client connection: which are open, and which wait for the replica's answer.
 * An opening is a short frame whose answer may be a whole document, so each document has one under
 * way at a time. Of those that come meanwhile the last is kept: it says most of what the client has.
 */
export class Openings {
  readonly #documents: Map<string, Opening> = new Map()
  #unanswered = 0
  /** Of those, the ones that the client has left since and not opened again. */
  #gone = 0

  /** Documents whose opening is not answered yet. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** Documents that are open or opening. */
  get documents(): number {
    return this.#documents.size - this.#gone
  }

  has(document: string): boolean {
    const known = this.#documents.get(document)
    return known !== undefined && !isGone(known)
  }

  /** Whether to pass this opening on now; otherwise an answer will say when. */
  begin(document: string, stateVector: Uint8Array): boolean {
    const known = this.#documents.get(document) ?? newOpening()
    this.#documents.set(document, known)
    if (known.waiting) {
      if (isGone(known)) this.#gone--
      known.next = stateVector
      return false
    }
    known.waiting = true
    this.#unanswered++
    return true
  }

  /** The replica has opened the document. */
  succeeded(document: string): Answered {
    return this.#answered(document, true)
  }

  /** The replica has refused. A refusal of what was no opening may be reported here too. */
  failed(document: string): Answered {
    return this.#answered(document, false)
  }

  /**
   * Whether to leave the document now. While its opening is under way the answer will say when:
   * until then it costs the replica as much as before, so it must go on counting as unanswered.
   */
  left(document: string): boolean {
    const known = this.#documents.get(document)
    if (known?.waiting === true) {
      if (!isGone(known)) this.#gone++
      known.left = true
      known.next = undefined
      return false
    }
    this.#documents.delete(document)
    return true
  }

  #answered(document: string, isOpen: boolean): Answered {
    const known = this.#documents.get(document)
    if (known?.waiting !== true) return { wanted: true, next: undefined }
    const { left, next } = known
    if (isGone(known)) this.#gone--
    known.waiting = false
    known.left = false
    known.next = undefined
    known.open = !left && (known.open || isOpen)
    this.#unanswered--
    if (!known.open && next === undefined) this.#documents.delete(document)
    return { wanted: !left, next }
  }
}

/** What is to be done now that the replica has answered. */
export interface Answered {
  /** Otherwise the client has left since, and the document is to be left. */
  readonly wanted: boolean
  /** The state vector with which to open the document again, where that was asked for. */
  readonly next: Uint8Array | undefined
}

interface Opening {
  open: boolean
  waiting: boolean
  /** The client has left since the opening under way was passed on. */
  left: boolean
  next: Uint8Array | undefined
}

function isGone({ left, next }: Opening): boolean {
  return left && next === undefined
}

function newOpening(): Opening {
  return { open: false, waiting: false, left: false, next: undefined }
}
