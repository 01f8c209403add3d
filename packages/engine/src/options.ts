import type { Member } from '@rejoin/gossip'
import type { Heads, ReplicaId, RunId, Tags } from '@rejoin/protocol'

import type { Retention } from './trimming.ts'

/** What the store held when it was opened. */
export interface Stored {
  readonly replica: ReplicaId
  readonly heads: Heads
  readonly floors: Heads
  readonly members: Iterable<Member>
  readonly notes: ReadonlyMap<string, Uint8Array>
  /** Origins of which the log holds entries that can't stay there; see `Rollbacks`. */
  readonly cuts: readonly ReplicaId[]
}

/** What a new store holds. */
export function nothingStored(replica: ReplicaId): Stored {
  const none = new Map()
  return { replica, heads: none, floors: none, members: [], notes: none, cuts: [] }
}

export interface EngineOptions {
  readonly stored: Stored
  /** Chance's name for this run of the process. */
  readonly run: RunId
  readonly retention: Retention
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** What an operator says of this replica. */
  readonly tags: Tags
  /** Addresses of peers given by configuration. */
  readonly peers: readonly string[]
  readonly seed: number
  /** See `GossipOptions`. */
  readonly meshMax?: number | undefined
}
