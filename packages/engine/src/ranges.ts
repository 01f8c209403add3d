/**
 * A set of whole numbers as sorted, disjoint, non-touching half-open ranges: `[from, to, from, to,
 * …]`. Deletions of one Yjs client come mostly in runs, so this stays short.
 */
export class Ranges {
  readonly #ends: number[] = []

  add(from: number, to: number): void {
    if (to <= from) return
    const first = this.#firstEndingAtOrAfter(from)
    let last = first
    let start = from
    let end = to
    while (last < this.#ends.length && (this.#ends[last] as number) <= to) {
      start = Math.min(start, this.#ends[last] as number)
      end = Math.max(end, this.#ends[last + 1] as number)
      last += 2
    }
    this.#ends.splice(first, last - first, start, end)
  }

  /** Adds many ranges, in any order, in one pass over the set: one by one they would move it each. */
  addAll(ranges: readonly { readonly from: number; readonly to: number }[]): void {
    const held = this.#ends.splice(0)
    const all = ranges.filter(({ from, to }) => from < to)
    for (let at = 0; at < held.length; at += 2) {
      all.push({ from: held[at] as number, to: held[at + 1] as number })
    }
    all.sort((a, b) => a.from - b.from)
    for (const { from, to } of all) this.add(from, to)
  }

  /** Whether every number of `[from, to)` is in the set. */
  covers(from: number, to: number): boolean {
    if (to <= from) return true
    const at = this.#firstEndingAtOrAfter(from + 1)
    return (
      at < this.#ends.length &&
      (this.#ends[at] as number) <= from &&
      (this.#ends[at + 1] as number) >= to
    )
  }

  /** Where the first range starts (its place in `#ends`) whose end is at least `value`. */
  #firstEndingAtOrAfter(value: number): number {
    let low = 0
    let high = this.#ends.length / 2
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ends[middle * 2 + 1] as number) < value) low = middle + 1
      else high = middle
    }
    return low * 2
  }
}
