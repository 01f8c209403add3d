import type { Gossip } from '@rejoin/gossip'
import { countBeyond, join, type Version } from '@rejoin/protocol'

/** What a replica knows of everybody's versions at one moment. */
export interface Stability {
  /** `R`: the pointwise minimum over the members, a lower bound of the true one (rule L6). */
  readonly stable: Version
  /** `U`: the pointwise maximum. */
  readonly union: Version
  /** Entries in `U \ R`. */
  readonly divergence: number
}

/**
 * `R` and `U` as this replica knows them. A configured peer that was never met counts as a member
 * that holds nothing, since nobody knows what it has.
 */
export function stabilityOf(own: Version, gossip: Gossip): Stability {
  const stable = gossip.stable(own)
  const union = join([own, ...[...gossip.membership.all()].map(({ version }) => version)])
  return { stable, union, divergence: countBeyond(union, stable) }
}
