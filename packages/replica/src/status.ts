import type { Backlog, LinkView, MemberChange, MessageCounts } from '@rejoin/engine'
import type { RejectionCode, ReplicaId } from '@rejoin/protocol'

import type { LinkTraffic } from './driven-link.ts'
import type { StoreProblem } from './ports/store.ts'

/** What a replica knows of itself and the others; plain JSON, as `GET /status` serves it. */
export interface ReplicaStatus {
  readonly replica: ReplicaId
  /** Where others dial this replica, if they can. */
  readonly address: string | null
  /** What an operator says of it. */
  readonly tags: Readonly<Record<string, string>>
  /** How often it had to tell anew where it is, what its tags are, or that it is alive. */
  readonly incarnation: number
  /** How far it can trust its own judgement of others (Lifeguard): 0 is well, and the worst is 7. */
  readonly health: number
  /** What it holds durably: origin → highest sequence number without gaps. */
  readonly version: Record<string, number>
  /** `R(t)` as far as this replica knows: a lower bound. */
  readonly stable: Record<string, number>
  /** `U(t)` as far as this replica knows. */
  readonly union: Record<string, number>
  /** Entries in `U \ R`. */
  readonly divergence: number
  readonly members: readonly MemberStatus[]
  /** Documents stored. */
  readonly documents: number
  /** Why no edit can be made durable; `null` while all is well. */
  readonly readOnly: string | null
  /** Entries that have left the log of each origin: up to here they are in the documents only. */
  readonly floors: Record<string, number>
  readonly store: StoreStatus
  /** What waits here: for the disk, for what it depends on, or for what it builds on. */
  readonly backlog: Backlog
  /** Messages of the application, since this replica has its id and runs. */
  readonly messages: MessageCounts
  /** Refused input since the start, by code. */
  readonly rejections: Partial<Record<RejectionCode, number>>
}

/** How the store is. */
export interface StoreStatus {
  /** What was found wrong when it was opened, and what was done about it. */
  readonly problems: readonly StoreProblem[]
  /** Documents that can't be read, and are not repaired yet. */
  readonly damaged: readonly string[]
  /** Documents that can't be compacted, and why: they are served as they are, and only grow. */
  readonly incompactible: readonly { readonly document: string; readonly reason: string }[]
  /** How long the commit under way has taken, in ms; `null` when there is none. */
  readonly committingMs: number | null
}

/** Something that has happened to a member, for people and programs that watch the cluster. */
export interface MemberEvent {
  readonly change: MemberChange
  readonly replica: ReplicaId
  /** Where it can be dialled; empty when it can't. */
  readonly address: string
  readonly tags: Readonly<Record<string, string>>
}

/** What an application told all replicas that are up. */
export interface Message {
  readonly from: ReplicaId
  readonly topic: string
  readonly payload: Uint8Array
}

export type MessageListener = (message: Message) => void

export type MemberListener = (event: MemberEvent) => void

export interface MemberStatus {
  /** `null` for a configured address whose replica was never met. */
  readonly replica: ReplicaId | null
  readonly address: string
  /**
   * `linked`: a link is open. `cut`: this replica refuses the link until it is mended.
   * `unreachable`: no link now; it is tried again. `apart`: no link is kept to it, since where there are
   * many each replica has only a few.
   */
  readonly state: LinkView['state']
  /**
   * What is believed of it: `suspect` did not answer and may refute that, `failed` did not refute it in
   * time. `null` where it was never met.
   */
  readonly health: 'alive' | 'suspect' | 'failed' | null
  /** Which of its own statements that belief is about; only the member itself raises it. */
  readonly incarnation: number
  /** What an operator says of it. */
  readonly tags: Readonly<Record<string, string>>
  /** There and back, in ms, smoothed; `null` where no link has measured it yet. */
  readonly roundTripMs: number | null
  /** Of the link that is open, since it opened. */
  readonly traffic: LinkTraffic | null
  /** The newest version that it is known to hold durably. */
  readonly version: Record<string, number>
}
