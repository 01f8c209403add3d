import type { Extent, Need } from './extent.ts'
import { decodeAnySize, type DecodedUpdate } from './gate.ts'
import { mergeAll } from './merging.ts'

/** Bytes of updates that are kept one by one before they are merged, so that what comes twice is held once. */
const LOOSE_BYTES_MAX = 65_536

/**
 * What of a document is held back, as something that it builds on is missing, maybe among other things that
 * are shown. Nothing of it can be shown before one of its needs is met: whoever adds to it sees to that.
 */
export class Held {
  #updates: Uint8Array[] = []
  #needs: Need[] = []
  /** Of the updates since they were merged. */
  #looseBytes = 0
  #mergedBytes = 0

  get isEmpty(): boolean {
    return this.#updates.length === 0
  }

  get updates(): readonly Uint8Array[] {
    return this.#updates
  }

  /** Takes an update of which something is lacking in what is shown, which reaches as far as `shown`. */
  add(update: DecodedUpdate, shown: Extent): void {
    // A copy: the bytes may be a view on a large network buffer.
    this.#updates.push(new Uint8Array(update.bytes))
    this.#looseBytes += update.bytes.length
    this.#needs.push(...shown.lacking(update))
    if (this.#looseBytes > Math.max(LOOSE_BYTES_MAX, this.#mergedBytes)) this.#merge(shown)
  }

  #merge(shown: Extent): void {
    const merged = mergeAll(this.#updates)
    const decoded = decodeAnySize(merged)
    if (!decoded.ok) throw new Error('What is held back does not decode once it is merged.')
    this.#updates = [merged]
    this.#needs = shown.lacking(decoded.value)
    this.#mergedBytes = merged.length
    this.#looseBytes = 0
  }

  /** Whether something that was lacking has come, so that more of it may be shown. */
  isMetBy(shown: Extent): boolean {
    return this.#needs.some((need) => shown.meets(need))
  }

  /** Takes all of it out, as one update. */
  take(): Uint8Array {
    const merged = mergeAll(this.#updates)
    this.#updates = []
    this.#needs = []
    this.#looseBytes = 0
    this.#mergedBytes = 0
    return merged
  }
}
