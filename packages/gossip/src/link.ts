import type { ReplicaId, Version } from '@rejoin/protocol'

import type { LinkId } from './events.ts'

/** A range that a link was asked for and has not wholly brought. */
export interface Wanted {
  readonly from: number
  readonly to: number
  readonly askedAt: number
}

/** One link and what gossip remembers of it. It is open once `replica` is known. */
export interface LinkState {
  readonly id: LinkId
  /** The address that this replica dialled, or `undefined` when the peer dialled. */
  readonly dialled: string | undefined
  replica: ReplicaId | undefined
  heardAt: number
  /** The link's queue is full: the peer is told nothing until it drains, and then catches up. */
  blocked: boolean
  /** What the peer said that it holds; it counts from its first `have` on. */
  theirs: Map<ReplicaId, number> | undefined
  /** The durable sequence numbers that the peer was told of. */
  readonly told: Map<ReplicaId, number>
  /** The members' versions that the peer was told of, or told us. */
  readonly toldMembers: Map<ReplicaId, Version>
  /** The last own entry sent on this link in sequence; `undefined` while the peer has to ask. */
  pushed: number | undefined
  readonly wanted: Map<ReplicaId, Wanted>
  /** Origins of which the peer holds another history: they are not asked for until that is settled. */
  readonly disputed: Set<ReplicaId>
  /** Whether documents that it was asked for are on their way; it answers one question at a time. */
  fetching: boolean
}

export function newLink(id: LinkId, dialled: string | undefined, now: number): LinkState {
  return {
    id,
    dialled,
    replica: undefined,
    heardAt: now,
    blocked: false,
    theirs: undefined,
    told: new Map(),
    toldMembers: new Map(),
    pushed: undefined,
    wanted: new Map(),
    disputed: new Set(),
    fetching: false,
  }
}

/** A link after its `hello`. */
export type OpenLink = LinkState & { replica: ReplicaId }
