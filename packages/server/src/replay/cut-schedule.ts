/**
 * When links are cut during a replay: stretches of transactions, none overlapping, drawn from a seed
 * so that a run can be repeated. In each, one replica is unplugged from the others, or all are.
 */
export interface Stretch {
  /** Links are cut before this transaction is typed, and mended before `to`. */
  readonly from: number
  readonly to: number
  /** The replica that is unplugged, as an index, or `all`. */
  readonly unplugged: number | 'all'
}

/** Stretches in one replay: enough to see it happen, few enough to finish soon. */
const STRETCHES = 24

/** One stretch of four has all links cut. */
const ALL_SHARE = 0.25

export function drawStretches(
  transactionCount: number,
  replicaCount: number,
  random: () => number,
): Stretch[] {
  if (replicaCount < 2) return []
  const period = transactionCount / STRETCHES
  return Array.from({ length: STRETCHES }, (_, at) => {
    const from = Math.floor(period * (at + 0.4 * random()))
    const to = Math.floor(from + period * (0.2 + 0.3 * random()))
    const isAll = random() < ALL_SHARE
    const replica = Math.floor(random() * replicaCount)
    return { from, to, unplugged: isAll ? ('all' as const) : replica }
  }).filter(({ from, to }) => to > from)
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
