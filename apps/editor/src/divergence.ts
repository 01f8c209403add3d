import { countBeyond, join, meet, seqOf, type ReplicaId, type Version } from '@rejoin/protocol'

/**
 * R, U and what lies between them, for the replicas of the page (design §2). What a replica has only
 * ever grows, so the last version seen of one that no longer answers is a lower bound of what it
 * holds: R computed with it never claims too much.
 */
export interface Divergence {
  /** R: what every replica has. */
  readonly stable: Version
  /** U: what any replica has. */
  readonly union: Version
  /** Entries in U that are not in R. */
  readonly entries: number
}

export function divergenceOf(versions: readonly Version[]): Divergence {
  const stable = meet(versions)
  const union = join(versions)
  return { stable, union, entries: countBeyond(union, stable) }
}

/** All the entries that a holder of `version` has. */
export function countEntries(version: Version): number {
  let count = 0
  for (const seq of version.values()) count += seq
  return count
}

/** Cells in the longest lane; one cell stands for as many entries as it must for all to fit. */
export const LANE_CELLS = 16

/** One origin's entries at one replica, as cells: those it has, then those it lacks. */
export interface Lane {
  readonly seq: number
  readonly heldCells: number
  readonly missingCells: number
}

/**
 * Entries in one cell. The gap between R and U takes at most three quarters of a lane, so that the
 * end of what everybody has stays in sight.
 */
export function entriesPerCell({ stable, union }: Divergence): number {
  let gapMax = 0
  for (const [origin, seq] of union) gapMax = Math.max(gapMax, seq - seqOf(stable, origin))
  return Math.max(1, Math.ceil(gapMax / (LANE_CELLS * 0.75)))
}

export function laneOf(version: Version, origin: ReplicaId, divergence: Divergence): Lane {
  const perCell = entriesPerCell(divergence)
  const seq = seqOf(version, origin)
  const newest = seqOf(divergence.union, origin)
  const cells = Math.min(LANE_CELLS, Math.ceil(newest / perCell))
  const missingCells = Math.min(cells, Math.ceil((newest - seq) / perCell))
  return { seq, heldCells: cells - missingCells, missingCells }
}

/** Entries made at one origin that have not reached everybody. */
export interface Gap {
  readonly origin: ReplicaId
  readonly entries: number
}

export function gapsOf({ stable, union }: Divergence): Gap[] {
  const gaps: Gap[] = []
  for (const [origin, seq] of union) {
    const entries = seq - seqOf(stable, origin)
    if (entries > 0) gaps.push({ origin, entries })
  }
  return gaps.toSorted((a, b) => (a.origin < b.origin ? -1 : 1))
}
