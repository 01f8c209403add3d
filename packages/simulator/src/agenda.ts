import { Chance } from '@rejoin/gossip'

import { Violation } from './violation.ts'

/** What happens at one moment, or within one second, at most: more is a loop that never ends. */
const WITHIN_SECOND_MAX = 200_000

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/**
 * Virtual time: what is due runs in order of its time, and at equal times in the order it was set. Between
 * one and the next all that goes on in promises comes to its end, so that code which awaits is as
 * repeatable as any other, and takes no time.
 */
export class Agenda {
  now = 0
  readonly chance: Chance
  readonly #heap: Due[] = []
  #order = 0
  #second = 0
  #withinSecond = 0
  #error: Error | undefined

  constructor(seed: number) {
    this.chance = new Chance(seed)
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.chance.next() * (high - low + 1))
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.between(0, from.length - 1)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  happens(probability: number): boolean {
    return this.chance.next() < probability
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run)
  }

  at(at: number, run: () => void): void {
    this.#order += 1
    this.#heap.push({ at, order: this.#order, run })
    this.#up(this.#heap.length - 1)
  }

  /** What went wrong where a throw would be caught, or be nobody's: it ends the history. */
  fail(error: Error): void {
    this.#error ??= error
  }

  /** Runs everything that is due within `ms` of virtual time. */
  async run(ms: number): Promise<void> {
    const end = this.now + ms
    await this.#settle()
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst()
      this.now = next.at
      this.#count()
      next.run()
      await this.#settle()
    }
    this.now = end
  }

  /** Waits for the turn that follows when nothing is left to be done in promises. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#error !== undefined) throw this.#error
  }

  #count(): void {
    const second = Math.floor(this.now / 1_000)
    this.#withinSecond = second === this.#second ? this.#withinSecond + 1 : 0
    this.#second = second
    if (this.#withinSecond > WITHIN_SECOND_MAX) {
      throw new Violation('L6', `${WITHIN_SECOND_MAX} things happened within a second`)
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    let at = 0
    for (;;) {
      const [left, right] = [at * 2 + 1, at * 2 + 2]
      let least = at
      if (this.#before(left, least)) least = left
      if (this.#before(right, least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >>> 1
      if (!this.#before(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #before(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]]
    if (left === undefined || right === undefined) return false
    return left.at === right.at ? left.order < right.order : left.at < right.at
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#heap[a], this.#heap[b]]
    if (left === undefined || right === undefined) return
    this.#heap[a] = right
    this.#heap[b] = left
  }
}
