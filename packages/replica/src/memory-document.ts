import type { StoredDocument } from './ports/store.ts'

/** A document's updates in memory, by their places. */
export class MemoryDocument {
  /** The place of the first update. */
  #base = 0
  #updates: Uint8Array[] = []

  copy(): MemoryDocument {
    const copy = new MemoryDocument()
    copy.#base = this.#base
    copy.#updates = [...this.#updates]
    return copy
  }

  append(update: Uint8Array): void {
    this.#updates.push(update)
  }

  read(): StoredDocument {
    return { updates: [...this.#updates], end: this.#base + this.#updates.length }
  }

  /** Puts `update` in the place of those before `end`, unless one is there that covers more. */
  replace(end: number, update: Uint8Array): void {
    if (end <= this.#base) return
    const later = this.#updates.slice(end - this.#base)
    this.#base = end - 1
    this.#updates = [update, ...later]
  }
}
