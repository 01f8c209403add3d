import { seqOf, type Heads, type ReplicaId, type Version } from '@rejoin/protocol'

/** How much of the log is kept, in bytes. */
export interface Retention {
  /** Stable entries stay up to here: for peers that come back soon, and to repair documents from. */
  readonly keepBytes: number
  /** Beyond this also entries leave that somebody may lack; who does is brought up by documents. */
  readonly maxBytes: number
}

/** A log that is cut to its bound is cut a little below it, so as not to be cut with every entry. */
const SLACK = 0.9

/**
 * What is to leave a log of `bytes` bytes: entries are old in the order of their numbers, and each
 * origin gives up its share. Stable ones go when the log is over `keepBytes`, any when it is over
 * `maxBytes` (rule L7). Sizes are taken for even, as the store tells only their sum.
 */
export function floorFor(
  log: { readonly bytes: number; readonly heads: Heads; readonly floors: Heads },
  stable: Version,
  { keepBytes, maxBytes }: Retention,
): Version {
  const floor = new Map<ReplicaId, number>()
  const stableShare = shareBeyond(log.bytes, keepBytes)
  const anyShare = shareBeyond(log.bytes, maxBytes)
  if (stableShare === 0) return floor
  for (const [origin, { seq }] of log.heads) {
    const from = log.floors.get(origin)?.seq ?? 0
    const ofShare = (share: number): number => from + Math.ceil((seq - from) * share)
    const leaves = Math.max(
      Math.min(ofShare(stableShare), seqOf(stable, origin)),
      ofShare(anyShare),
    )
    if (leaves > from) floor.set(origin, leaves)
  }
  return floor
}

/** Which share of `bytes` has to go so that `bound` is kept. */
function shareBeyond(bytes: number, bound: number): number {
  return bytes <= bound ? 0 : 1 - (bound * SLACK) / bytes
}
