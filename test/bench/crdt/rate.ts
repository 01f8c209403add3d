const WARM_MS = 60
const COUNTED_MS = 150
const ROUNDS_MIN = 3

/** Per second, the median of several rounds after some that warm up. What `prepare` takes is not counted. */
export function rate(prepare: () => () => number): number {
  rounds(prepare, WARM_MS)
  return median(rounds(prepare, COUNTED_MS))
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >>> 1] ?? 0
}

function rounds(prepare: () => () => number, atLeastMs: number): number[] {
  const rates: number[] = []
  for (let spentMs = 0; rates.length < ROUNDS_MIN || spentMs < atLeastMs;) {
    const run = prepare()
    const from = performance.now()
    const done = run()
    const tookMs = performance.now() - from
    rates.push((done / tookMs) * 1_000)
    spentMs += tookMs
  }
  return rates
}
