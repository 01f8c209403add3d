import type { ChainHash, ReplicaId, RunId, Tags } from '@rejoin/protocol'

import type { LogView } from './events.ts'
import type { RememberedMembers } from './remembered-members.ts'

export interface GossipOptions {
  readonly self: ReplicaId
  /** This run of the process; another run with the same id shows that a directory was copied. */
  readonly run: RunId
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** What an operator says of this replica. */
  readonly tags: Tags
  /** Addresses given by configuration. */
  readonly peers: readonly string[]
  /** Members remembered from earlier runs. */
  readonly members: RememberedMembers
  readonly log: LogView
  /** What it asked to be kept. */
  readonly notes: ReadonlyMap<string, Uint8Array>
  /** Where this replica's own chain stands: the hash of its last durable entry. */
  readonly chain: ChainHash
  /** Seeds the jitter of its timers. */
  readonly seed: number
  /** Up to so many members everybody has a link to everybody; fewer than usual where few are to act as many. */
  readonly meshMax?: number | undefined
  /** Left out: yes. Without it failures are detected by plain SWIM, to compare with. */
  readonly lifeguard?: boolean
}
