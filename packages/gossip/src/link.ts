import type { ReplicaId, RunId, TreePosition, Version, Wish } from '@rejoin/protocol'

import type { LinkId } from './events.ts'
import { ReceiveWindow } from './receive-window.ts'

/** A range that a link was asked for and has not wholly brought. */
export interface Wanted {
  readonly from: number
  readonly to: number
}

/** One link and what gossip remembers of it. It is open once `replica` is known. */
export interface LinkState {
  readonly id: LinkId
  /** The address that this replica dialled, or `undefined` when the peer dialled. */
  readonly dialled: string | undefined
  /** What whoever dialled wants of it. */
  wish: Wish
  replica: ReplicaId | undefined
  /** Where the peer can be dialled; empty when it can't. */
  address: string
  readonly openedAt: number
  heardAt: number
  /** The link's queue is full: the peer is told nothing until it drains, and then catches up. */
  blocked: boolean
  /** Whether the peer knows every member that this replica knew when they began to compare (rule L6). */
  isAgreed: boolean
  /** What the peer said that it holds; it counts from its first `have` on. */
  theirs: Map<ReplicaId, number> | undefined
  /** The durable sequence numbers that the peer was told of. */
  readonly told: Map<ReplicaId, number>
  /** The members' versions that the peer was told of, or told us. */
  readonly toldMembers: Map<ReplicaId, Version>
  /** Plumtree: whether what is new is pushed to the peer; else it is only told of it. */
  isEager: boolean
  /** Where the peer stands in the tree of the broadcast. */
  position: TreePosition | undefined
  /** Where this replica stands, as the peer was told. */
  toldPosition: TreePosition | undefined
  /** Whether this replica is the peer's parent in that tree. */
  isChild: boolean
  /** In which run of its process the peer greeted. */
  run: RunId | undefined
  /** When the peer was last told that what it pushes comes twice. */
  prunedAt: number
  /** Of each origin the last entry that the peer was pushed, or said it holds, without a gap. */
  readonly pushed: Map<ReplicaId, number>
  readonly wanted: Map<ReplicaId, Wanted>
  /** When it last brought something of that, or was asked. */
  answeredAt: number
  /** Until then it is not asked, as it did not answer. */
  restsUntil: number
  readonly window: ReceiveWindow
  /** Origins of which the peer holds another history: they are not asked for until that is settled. */
  readonly disputed: Set<ReplicaId>
  /** Whether documents that it was asked for are on their way; it answers one question at a time. */
  fetching: boolean
  /** What the peer's part of the census went beyond, when it last told of it. */
  censusBase: Uint8Array | undefined
  /** Since when the peer has been pushed something and has not been heard, in ms. */
  awaitedSince: number | undefined
}

/** The link `id` begins; `dialled` is an address, and what it was dialled for. */
export function newLink(
  id: LinkId,
  dialled: { readonly address: string; readonly wish: Wish } | undefined,
  now: number,
): LinkState {
  return {
    id,
    dialled: dialled?.address,
    wish: dialled?.wish ?? 'neighbour',
    replica: undefined,
    address: '',
    openedAt: now,
    heardAt: now,
    blocked: false,
    isAgreed: false,
    theirs: undefined,
    told: new Map(),
    toldMembers: new Map(),
    isEager: true,
    isChild: false,
    run: undefined,
    prunedAt: Number.NEGATIVE_INFINITY,
    position: undefined,
    toldPosition: undefined,
    pushed: new Map(),
    wanted: new Map(),
    answeredAt: now,
    restsUntil: now,
    window: new ReceiveWindow(),
    disputed: new Set(),
    fetching: false,
    censusBase: undefined,
    awaitedSince: undefined,
  }
}

/** A link after its `hello`. */
export type OpenLink = LinkState & { replica: ReplicaId }
