/** How one entry spreads: when each replica accepted it, and over how many hops it came. */
export class Spread {
  readonly sentAt: number
  /** How many replicas have it, its sender included. */
  reached = 0
  readonly #at: Int32Array
  readonly #hops: Uint16Array

  constructor(replicas: number, sender: number, now: number) {
    this.sentAt = now
    this.#at = new Int32Array(replicas).fill(-1)
    this.#hops = new Uint16Array(replicas)
    this.#take(sender, 0, now)
  }

  /** `replica` has accepted the entry, as `from` had sent it. */
  accepted(replica: number, from: number, now: number): void {
    this.#take(replica, (this.#hops[from] ?? 0) + 1, now)
  }

  #take(replica: number, hops: number, now: number): void {
    this.reached += 1
    this.#at[replica] = now
    this.#hops[replica] = hops
  }

  /** How many of `replicas` had it `withinMs` after it was sent. */
  reachedOf(replicas: readonly number[], withinMs: number): number {
    const end = this.sentAt + withinMs
    return replicas.filter((replica) => this.has(replica) && this.#atOf(replica) <= end).length
  }

  has(replica: number): boolean {
    return this.#atOf(replica) >= 0
  }

  #atOf(replica: number): number {
    return this.#at[replica] ?? -1
  }

  /** From sending to when the last of those that have it had it, in ms. */
  get lastMs(): number {
    return greatest(this.#at) - this.sentAt
  }

  /** From sending to when `share` of `replicas` had it, in ms; `Infinity` while fewer have it. */
  shareMs(replicas: readonly number[], share: number): number {
    const needed = Math.ceil(replicas.length * share)
    const times = replicas.map((replica) => this.#atOf(replica)).filter((at) => at >= 0)
    if (times.length < needed) return Infinity
    return (times.toSorted((a, b) => a - b)[needed - 1] ?? 0) - this.sentAt
  }

  /** The most hops over which it came to anybody. */
  get lastHop(): number {
    return greatest(this.#hops)
  }
}

function greatest(numbers: Int32Array | Uint16Array): number {
  let most = 0
  for (const each of numbers) if (each > most) most = each
  return most
}
