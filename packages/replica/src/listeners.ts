/** Those who want to hear of one kind of thing. */
export class Listeners<T> {
  readonly #listeners = new Set<(told: T) => void>()

  /** Returns the undo. */
  add(listener: (told: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(told: T): void {
    for (const listener of this.#listeners) listener(told)
  }
}
