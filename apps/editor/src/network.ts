import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'

/**
 * What the cables between the page's replicas look like from the replicas' own reports, and which
 * replicas reach each other. Gossip goes round a cut cable through any other replica, so two
 * replicas are apart only when no chain of live cables joins them.
 */
export type CableState = 'live' | 'cut' | 'broken'

/** One replica as last heard of; `status` stays what it was when the replica stops answering. */
export interface Station {
  readonly letter: string
  /** The origin of its HTTP address. */
  readonly address: string
  readonly status: ReplicaStatus | undefined
  readonly answering: boolean
}

/** Cut if either end says so, live if both ends do, otherwise broken: it is tried again. */
export function cableState(a: Station, b: Station): CableState {
  const ends = [reportedState(a, b), reportedState(b, a)]
  if (ends.includes('cut')) return 'cut'
  return ends.every((end) => end === 'linked') ? 'live' : 'broken'
}

function reportedState(from: Station, to: Station): MemberStatus['state'] | undefined {
  if (!from.answering || from.status === undefined || to.status === undefined) return undefined
  const { replica } = to.status
  return from.status.members.find((member) => member.replica === replica)?.state
}

export interface Cable {
  /** Places of its ends in the row of replicas; `from` is less than `to`. */
  readonly from: number
  readonly to: number
  readonly state: CableState
}

/** One cable for each pair of replicas, in the order of the row. */
export function cablesOf(stations: readonly Station[]): Cable[] {
  return stations.flatMap((a, from) =>
    stations.slice(from + 1).map((b, offset) => {
      return { from, to: from + 1 + offset, state: cableState(a, b) }
    }),
  )
}

/** The replicas that reach each other over live cables, as groups of places; largest first. */
export function groupsOf(count: number, cables: readonly Cable[]): number[][] {
  const groups: number[][] = []
  const seen = new Set<number>()
  for (let start = 0; start < count; start++) {
    if (seen.has(start)) continue
    const group = [start]
    seen.add(start)
    // The group grows while it is walked: everything that it reaches joins its end.
    for (const place of group) {
      for (const next of neighbours(place, cables)) {
        if (seen.has(next)) continue
        seen.add(next)
        group.push(next)
      }
    }
    groups.push(group.toSorted((a, b) => a - b))
  }
  return groups.toSorted((a, b) => b.length - a.length)
}

function neighbours(place: number, cables: readonly Cable[]): number[] {
  return cables
    .filter((cable) => cable.state === 'live' && (cable.from === place || cable.to === place))
    .map((cable) => (cable.from === place ? cable.to : cable.from))
}
