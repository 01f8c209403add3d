import * as prng from 'lib0/prng'

/** Chance from a seed. */
export class Random {
  readonly #generator: prng.PRNG

  constructor(seed: number) {
    this.#generator = prng.create(seed)
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return prng.int32(this.#generator, 0, count - 1)
  }

  between(least: number, most: number): number {
    return prng.int32(this.#generator, least, most)
  }

  chance(share: number): boolean {
    return prng.real53(this.#generator) < share
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.below(from.length)]
  }

  /** One of them, which there are. */
  of<T>(...from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] as T
  }
}
