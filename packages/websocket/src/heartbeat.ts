/**
 * One timer for all sockets: an idle connection should cost no timer of its own. The timer runs
 * only while somebody listens, and never keeps the process alive.
 */
export class Heartbeat {
  readonly #periodMs: number
  readonly #listeners: Set<() => void> = new Set()
  #timer: NodeJS.Timeout | undefined

  constructor(periodMs: number) {
    this.#periodMs = periodMs
  }

  /** Calls `listener` every period, until the function that is returned is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#timer ??= setInterval(() => this.#beat(), this.#periodMs).unref()
    return () => this.#remove(listener)
  }

  #beat(): void {
    for (const listener of this.#listeners) listener()
  }

  #remove(listener: () => void): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
