import type { ReplicaId } from './replica-id.ts'

/**
 * A version says what a replica has: for each origin the highest sequence number up to which it
 * holds everything, without gaps (rule L2). An origin that is absent stands at 0. Versions form a
 * lattice under pointwise minimum (`meet`) and maximum (`join`); `R` is the meet of the members'
 * versions and `U` their join.
 */
export type Version = ReadonlyMap<ReplicaId, number>

/** The name of an entry: its origin and its place in that origin's sequence, from 1. */
export interface Dot {
  readonly replica: ReplicaId
  readonly seq: number
}

export const EMPTY_VERSION: Version = new Map()

export function seqOf(version: Version, replica: ReplicaId): number {
  return version.get(replica) ?? 0
}

/** Whether a holder of `version` has everything that `needed` names. */
export function covers(version: Version, needed: Version): boolean {
  for (const [replica, seq] of needed) if (seqOf(version, replica) < seq) return false
  return true
}

export function equalVersions(a: Version, b: Version): boolean {
  return covers(a, b) && covers(b, a)
}

/** The pointwise minimum: what all of them have. Nobody at all has nothing. */
export function meet(versions: Iterable<Version>): Version {
  let result: Map<ReplicaId, number> | undefined
  for (const version of versions) {
    if (result === undefined) {
      result = new Map(version)
      continue
    }
    for (const [replica, seq] of result) {
      const least = Math.min(seq, seqOf(version, replica))
      if (least === 0) result.delete(replica)
      else result.set(replica, least)
    }
  }
  return result ?? EMPTY_VERSION
}

/** The pointwise maximum: what any of them has. */
export function join(versions: Iterable<Version>): Version {
  const result = new Map<ReplicaId, number>()
  for (const version of versions) {
    for (const [replica, seq] of version) {
      if (seqOf(result, replica) < seq) result.set(replica, seq)
    }
  }
  return result
}

/** How many entries `upper` has that `lower` lacks: the divergence, when these are `U` and `R`. */
export function countBeyond(upper: Version, lower: Version): number {
  let count = 0
  for (const [replica, seq] of upper) count += Math.max(0, seq - seqOf(lower, replica))
  return count
}

/** A version as plain JSON, origins in order, for status pages and transcripts. */
export function versionToJSON(version: Version): Record<string, number> {
  return Object.fromEntries([...version].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
