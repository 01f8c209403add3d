/**
 * Chance from a seed (mulberry32): equal seeds draw equal numbers, so a run can be replayed. Only
 * jitter hangs on it, nothing secret.
 */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** The next number, at least 0 and under 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** `value` give or take a quarter. */
  jitter(value: number): number {
    return Math.round(value * (0.75 + this.next() / 2))
  }

  /** One of `from`; `undefined` if there is none. */
  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.next() * from.length)]
  }

  /** At most `count` of `from`, in a random order. */
  sample<T>(from: readonly T[], count: number): T[] {
    const left = [...from]
    const drawn: T[] = []
    while (drawn.length < count && left.length > 0) {
      drawn.push(...left.splice(Math.floor(this.next() * left.length), 1))
    }
    return drawn
  }
}
