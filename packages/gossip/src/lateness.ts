/**
 * How much later than the news of it an entry comes by the tree, in ms: smoothed, with the mean deviation,
 * as TCP does it with round trips (RFC 6298). Only entries that were announced before they were pushed
 * count; the others are never waited for.
 */
export class Lateness {
  #smoothed: number | undefined
  #deviation = 0

  record(ms: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = ms
      this.#deviation = ms / 2
      return
    }
    this.#deviation = (3 * this.#deviation + Math.abs(this.#smoothed - ms)) / 4
    this.#smoothed = (7 * this.#smoothed + ms) / 8
  }

  /** What hardly any entry exceeds; 0 while none was late. */
  get high(): number {
    return (this.#smoothed ?? 0) + 4 * this.#deviation
  }
}
