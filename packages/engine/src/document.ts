import { LIMITS } from '@rejoin/protocol'
import * as Y from 'yjs'

import { Extent } from './extent.ts'
import { decodeAnySize, EMPTY_UPDATE, type DecodedUpdate } from './gate.ts'
import { Held } from './held.ts'
import { integrate } from './integrating.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { mergeAll } from './merging.ts'

/**
 * A document as bytes: a compacted snapshot and the tail of updates since. Places in the tail are
 * numbered for as long as the document is in memory, so that a reader costs one number, its cursor;
 * whoever stands before the tail gets the whole document. It is never built into a `Y.Doc` here.
 *
 * Something that it builds on may be missing: it was lost with an id that was given up (rule L8), or is
 * on its way in another document's wake (rule L7). What builds on it is held back, and shown when that
 * comes, be it from a peer or from a client that still has it (rule L2).
 */
export class Document {
  readonly name: string
  #extent: Extent = new Extent()
  #snapshot: Uint8Array = EMPTY_UPDATE
  #tail: Uint8Array[] = []
  #tailBytes = 0
  /** The place of the first update of the tail. */
  #base = 0
  #whole: Uint8Array | undefined
  readonly #held = new Held()

  constructor(name: string) {
    this.name = name
  }

  /** The place after the last update: where a reader stands that has everything. */
  get end(): number {
    return this.#base + this.#tail.length
  }

  /** How far it reaches, without what is held back. */
  get extent(): Extent {
    return this.#extent
  }

  /** Whether nothing is held back. */
  get isWhole(): boolean {
    return this.#held.isEmpty
  }

  get isEmpty(): boolean {
    return this.#tail.length === 0 && this.#snapshot.length === EMPTY_UPDATE.length
  }

  /** Takes an update that lacks nothing; what waited for it is shown as well. */
  append(update: DecodedUpdate): void {
    this.#push(update)
    if (this.#held.isMetBy(this.#extent)) this.#fill()
  }

  #push(update: DecodedUpdate): void {
    this.#extent.add(update)
    // A copy: the bytes may be a view on a large network buffer, which would stay as long as they do.
    this.#tail.push(new Uint8Array(update.bytes))
    this.#tailBytes += update.bytes.length
    this.#whole = undefined
  }

  /**
   * Takes what the store holds, if anything. What was appended before it came stays, as it may be newer,
   * and only now shows whether it lacks something.
   */
  load(updates: readonly Uint8Array[]): void {
    const [only = EMPTY_UPDATE] = updates
    this.#snapshot = updates.length > 1 ? mergeAll(updates) : only
    this.#whole = undefined
    const extent = new Extent()
    let lacks = false
    for (const bytes of [this.#snapshot, ...this.#tail]) {
      const decoded = this.#decode(bytes)
      lacks ||= extent.lacks(decoded) !== undefined
      extent.add(decoded)
    }
    this.#extent = extent
    if (lacks) this.#split()
  }

  #decode(bytes: Uint8Array): DecodedUpdate {
    const decoded = decodeAnySize(bytes)
    if (!decoded.ok) throw new Error(`${this.name} is unreadable: ${decoded.rejection.reason}`)
    return decoded.value
  }

  /** Something is missing: shows what can be shown, and holds back the rest. */
  #split(): void {
    const all = this.whole()
    const { shown, isAll } = integrate([all])
    this.#base = this.end
    this.#snapshot = shown
    this.#tail = []
    this.#tailBytes = 0
    this.#whole = undefined
    this.#extent = new Extent()
    this.#extent.add(this.#decode(shown))
    if (!isAll) this.hold(this.#decode(all))
  }

  /** Takes an update that lacks something: shows what of it can be shown, and holds back the rest. */
  hold(update: DecodedUpdate): void {
    this.#held.add(update, this.#extent)
    if (this.#extent.growsBy(update)) this.#fill()
  }

  /** What of an update that lacks something can be shown without the rest of it, if anything. */
  partOf(update: DecodedUpdate): DecodedUpdate | undefined {
    if (!this.#extent.growsBy(update)) return undefined
    const { shown } = integrate([this.whole(), update.bytes])
    return this.#decode(Y.diffUpdate(shown, this.#extent.stateVector()))
  }

  /** Shows as much of what was held back as goes, since something has come. */
  #fill(): void {
    const held = this.#held.take()
    const { shown, isAll } = integrate([this.whole(), held])
    this.#push(this.#decode(Y.diffUpdate(shown, this.#extent.stateVector())))
    if (!isAll) this.#held.add(this.#decode(held), this.#extent)
  }

  /** The document as one update. */
  whole(): Uint8Array {
    if (this.#tail.length === 0) return this.#snapshot
    // The tail first: its many small updates would otherwise be sorted for each struct of the snapshot.
    this.#whole ??= mergeAll([this.#snapshot, mergeAll(this.#tail)])
    return this.#whole
  }

  /** All updates, those that are held back too. */
  all(): readonly Uint8Array[] {
    return [this.whole(), ...this.#held.updates]
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
