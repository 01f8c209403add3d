import { seqOf, type Version } from '@rejoin/protocol'

/**
 * Which replicas got whose entries between two looks at their versions: what the sparks on the
 * cables show. The way that gossip took is not reported, so a spark takes the direct cable.
 */
export interface Arrival {
  /** Places in the row of replicas. */
  readonly from: number
  readonly to: number
}

/** `origins[place]` is the replica at a place, as far as it is known. */
export function arrivals(
  origins: readonly (string | undefined)[],
  before: readonly Version[],
  after: readonly Version[],
): Arrival[] {
  return after.flatMap((version, to) => {
    const old = before[to]
    if (old === undefined) return []
    return [...version].flatMap(([origin, seq]) => {
      const from = origins.indexOf(origin)
      return from >= 0 && from !== to && seq > seqOf(old, origin) ? [{ from, to }] : []
    })
  })
}
