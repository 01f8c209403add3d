import { LIMITS } from '@rejoin/protocol'
import * as Y from 'yjs'

import { Extent } from './extent.ts'
import { decodeAnySize, EMPTY_UPDATE, type DecodedUpdate } from './gate.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { mergeAll } from './merging.ts'

/**
 * A document as bytes: a compacted snapshot and the tail of updates since. Places in the tail are
 * numbered for as long as the document is in memory, so that a reader costs one number, its cursor;
 * whoever stands before the tail gets the whole document. It is never built into a `Y.Doc` here.
 */
export class Document {
  readonly name: string
  readonly extent: Extent = new Extent()
  #snapshot: Uint8Array = EMPTY_UPDATE
  #tail: Uint8Array[] = []
  #tailBytes = 0
  /** The place of the first update of the tail. */
  #base = 0
  #whole: Uint8Array | undefined

  constructor(name: string) {
    this.name = name
  }

  /** The place after the last update: where a reader stands that has everything. */
  get end(): number {
    return this.#base + this.#tail.length
  }

  get isEmpty(): boolean {
    return this.#tail.length === 0 && this.#snapshot.length === EMPTY_UPDATE.length
  }

  append(update: DecodedUpdate): void {
    this.extent.add(update)
    // A copy: the bytes may be a view on a large network buffer, which would stay as long as they do.
    this.#tail.push(new Uint8Array(update.bytes))
    this.#tailBytes += update.bytes.length
    this.#whole = undefined
  }

  /** Takes what the store holds; what was appended before it came stays, as it may be newer. */
  load(updates: readonly Uint8Array[]): void {
    const [only] = updates
    if (only === undefined) return
    this.#snapshot = updates.length === 1 ? only : mergeAll(updates)
    this.#whole = undefined
    const decoded = decodeAnySize(this.#snapshot)
    if (!decoded.ok) throw new Error(`${this.name} is unreadable: ${decoded.rejection.reason}`)
    this.#checkWhole(decoded.value)
    this.extent.add(decoded.value)
  }

  /**
   * Nothing is stored that builds on something that is not (rule L2): what is missing was lost, or is on
   * its way under another number than was said (rule L1). Throws then.
   */
  #checkWhole(stored: DecodedUpdate): void {
    const extent = new Extent()
    let lacks = extent.lacks(stored) !== undefined
    extent.add(stored)
    for (const bytes of this.#tail) {
      const decoded = decodeAnySize(bytes)
      lacks ||= !decoded.ok || extent.lacks(decoded.value) !== undefined
      if (decoded.ok) extent.add(decoded.value)
    }
    if (lacks) throw new Error(`${this.name} is damaged: something that it builds on is missing.`)
  }

  /** The document as one update. */
  whole(): Uint8Array {
    if (this.#tail.length === 0) return this.#snapshot
    // The tail first: its many small updates would otherwise be sorted for each struct of the snapshot.
    this.#whole ??= mergeAll([this.#snapshot, mergeAll(this.#tail)])
    return this.#whole
  }

  /** All that a holder of `stateVector` lacks; every deletion is in it, as Yjs can't tell. */
  since(stateVector: Uint8Array): Uint8Array {
    const whole = this.whole()
    return stateVector.length === 1 && stateVector[0] === 0
      ? whole
      : Y.diffUpdate(whole, stateVector)
  }

  /** What a reader lacks that stands at `cursor`: one merged update, or several if it is large. */
  from(cursor: number): Uint8Array[] {
    if (cursor < this.#base) return [this.whole()]
    const runs: Uint8Array[][] = []
    let bytes = Number.POSITIVE_INFINITY
    for (const update of this.#tail.slice(cursor - this.#base)) {
      bytes += update.length
      if (bytes > LIMITS.updateBytesMax) {
        runs.push([])
        bytes = update.length
      }
      runs.at(-1)?.push(update)
    }
    return runs.map((run) => (run.length === 1 ? (run[0] as Uint8Array) : mergeAll(run)))
  }

  /** Whether the tail has outgrown the snapshot, so that compacting pays for itself. */
  get wantsCompaction(): boolean {
    return (
      this.#tail.length >= ENGINE_LIMITS.compactUpdates &&
      this.#tailBytes * 2 >= this.#snapshot.length
    )
  }

  /** What to compact: everything up to the place `end`. */
  toCompact(): { updates: Uint8Array[]; end: number } {
    return { updates: [this.#snapshot, ...this.#tail], end: this.end }
  }

  /** Everything up to the place `end` is now `snapshot`, which holds just the same. */
  compacted(snapshot: Uint8Array, end: number): void {
    this.#snapshot = snapshot
    this.#tail = this.#tail.slice(end - this.#base)
    this.#tailBytes = this.#tail.reduce((bytes, update) => bytes + update.length, 0)
    this.#base = end
    this.#whole = undefined
  }
}
