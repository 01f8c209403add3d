/** What held from which moment on. */
export class Timeline<State> {
  readonly #times: number[] = []
  readonly #states: State[] = []

  /** Times only grow; at one time the last state counts. */
  add(ms: number, state: State): void {
    if (this.#times.at(-1) === ms) {
      this.#states[this.#states.length - 1] = state
      return
    }
    this.#times.push(ms)
    this.#states.push(state)
  }

  get last(): State | undefined {
    return this.#states.at(-1)
  }

  get times(): readonly number[] {
    return this.#times
  }

  get states(): readonly State[] {
    return this.#states
  }

  /** `undefined` before the first. */
  at(ms: number): State | undefined {
    return this.#states[countUpTo(this.#times, ms) - 1]
  }
}

/** How many of these sorted times are at `ms` or before. */
export function countUpTo(times: readonly number[], ms: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) <= ms) low = middle + 1
    else high = middle
  }
  return low
}
