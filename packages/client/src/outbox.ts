import type { Pending } from './open-document.ts'

/**
 * The account of a document's edits that are not durable yet, without their bytes: the doc has those.
 * Edits are numbered as they are made. Each is in one batch: the one that waits, or one that is in
 * flight under a ref. A connection that ends turns all batches into one that waits, so nothing is
 * forgotten until a replica has answered for it. Edit 0 stands for what the doc held when it was
 * opened: until a replica has said what it lacks of that, nothing is settled.
 */
interface Batch {
  /** The number of its oldest edit. */
  readonly first: number
  readonly edits: number
  readonly bytes: number
}

interface SentBatch extends Batch {
  readonly ref: number
}

/** With so many batches unanswered, further edits wait and are merged. */
const IN_FLIGHT_MAX = 1_000

export class Outbox {
  #made = 0
  #waiting: Batch | undefined = { first: 0, edits: 0, bytes: 0 }
  /** Rising in `ref` and in `first`; all older than what waits. */
  #inFlight: SentBatch[] = []

  /** The number of the newest edit. */
  get made(): number {
    return this.#made
  }

  /** Every edit up to this one was answered for: acknowledged or refused. */
  get answeredThrough(): number {
    const oldest = this.#inFlight[0] ?? this.#waiting
    return oldest === undefined ? this.#made : oldest.first - 1
  }

  get pending(): Pending {
    let { edits, bytes } = this.#waiting ?? { edits: 0, bytes: 0 }
    for (const batch of this.#inFlight) {
      edits += batch.edits
      bytes += batch.bytes
    }
    return { edits, bytes }
  }

  /** Whether an edit waits: edit 0 alone does not count. */
  get editsWait(): boolean {
    return this.#waiting !== undefined && this.#waiting.edits > 0
  }

  get inFlight(): number {
    return this.#inFlight.length
  }

  get hasRoom(): boolean {
    return this.#inFlight.length < IN_FLIGHT_MAX
  }

  /** One more edit was made, and waits. */
  add(bytes: number): void {
    this.#made++
    const {
      first,
      edits,
      bytes: before,
    } = this.#waiting ?? { first: this.#made, edits: 0, bytes: 0 }
    this.#waiting = { first, edits: edits + 1, bytes: before + bytes }
  }

  /**
   * All that waits went out under `ref`, as `bytes`. Something that was sent while no edit waited (an
   * old doc's content, or what a replica asked for) counts as one edit.
   */
  sent(ref: number, bytes: number): void {
    if (this.#waiting === undefined) this.add(bytes)
    const { first, edits } = this.#waiting ?? { first: this.#made, edits: 1 }
    this.#inFlight.push({ ref, first, edits: Math.max(edits, 1), bytes })
    this.#waiting = undefined
  }

  /** The replica holds all of it already, and no edit waits for its word that it is durable. */
  nothingToSend(): void {
    this.#waiting = undefined
  }

  /** The connection ended: nothing in flight will be answered. */
  recall(): void {
    if (this.#inFlight.length === 0) return
    const { edits, bytes } = this.pending
    const first = this.answeredThrough + 1
    this.#inFlight = []
    this.#waiting = { first, edits, bytes }
  }

  acked(ref: number): void {
    const answered = this.#inFlight.findIndex((batch) => batch.ref > ref)
    this.#inFlight.splice(0, answered === -1 ? this.#inFlight.length : answered)
  }

  /** The number of the oldest edit refused, or `undefined` where `ref` is not in flight. */
  refused(ref: number): number | undefined {
    const batch = this.#inFlight.find((candidate) => candidate.ref === ref)
    this.#inFlight = this.#inFlight.filter((candidate) => candidate !== batch)
    return batch?.first
  }
}
