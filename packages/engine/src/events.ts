import type { Found, GossipEvent, GossipTimer, LinkId, Member } from '@rejoin/gossip'
import type { Dot, Range, Rejection, SealedEntry } from '@rejoin/protocol'

/** A session's name, given by the shell and never used twice in one run. */
export type SessionId = number

/** One commit: all of it becomes durable, or none. */
export interface Batch {
  readonly id: number
  /** Each comes after all that it depends on. */
  readonly entries: readonly SealedEntry[]
  readonly members: readonly Member[]
}

/** Everything that a replica hears. Updates, state vectors and frames may be any bytes. */
export type EngineEvent =
  | { readonly type: 'started' }
  | SessionEvent
  | StoreEvent
  | LinkEvent
  | { readonly type: 'timer'; readonly timer: EngineTimer }

/** What the owner of a session says; `session` was named by `attached`. */
export type SessionEvent =
  | { readonly type: 'attached'; readonly session: SessionId }
  | {
      readonly type: 'open'
      readonly session: SessionId
      readonly document: string
      readonly stateVector: Uint8Array
    }
  | {
      readonly type: 'edit'
      readonly session: SessionId
      readonly document: string
      readonly ref: number
      readonly update: Uint8Array
    }
  | {
      readonly type: 'presence'
      readonly session: SessionId
      readonly document: string
      readonly update: Uint8Array
    }
  | { readonly type: 'leave'; readonly session: SessionId; readonly document: string }
  | { readonly type: 'paused'; readonly session: SessionId }
  | { readonly type: 'resumed'; readonly session: SessionId }
  | { readonly type: 'detached'; readonly session: SessionId }

export type StoreEvent =
  | { readonly type: 'committed'; readonly batch: number }
  | { readonly type: 'commit-failed'; readonly batch: number; readonly reason: string }
  | { readonly type: 'loaded'; readonly document: string; readonly updates: readonly Uint8Array[] }
  | { readonly type: 'load-failed'; readonly document: string; readonly reason: string }
  | { readonly type: 'read'; readonly link: LinkId; readonly range: Range; readonly found: Found }
  /** `snapshot` is missing when the document can't be compacted. */
  | {
      readonly type: 'compacted'
      readonly document: string
      readonly end: number
      readonly snapshot?: Uint8Array
    }

/** What gossip hears of links. */
export type LinkEvent = Extract<GossipEvent, { type: LinkEventType }>

type LinkEventType =
  | 'linked'
  | 'frame'
  | 'unlinked'
  | 'dial-failed'
  | 'blocked'
  | 'drained'
  | 'cut'
  | 'mended'

/** Everything that a replica asks for, in order. */
export type EngineEffect =
  | SessionEffect
  /** Make this durable; answered with `committed` or `commit-failed`. One is under way at a time. */
  | { readonly type: 'commit'; readonly batch: Batch }
  /** Read a document's updates; answered with `loaded` or `load-failed`. */
  | { readonly type: 'load'; readonly document: string }
  /** Read the log; answered with `read`. */
  | {
      readonly type: 'read'
      readonly link: LinkId
      readonly range: Range
      readonly bytesMax: number
    }
  /** Make one update of these that holds the same; answered with `compacted`. */
  | {
      readonly type: 'compact'
      readonly document: string
      readonly updates: readonly Uint8Array[]
      readonly end: number
    }
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'send'; readonly links: readonly LinkId[]; readonly frame: Uint8Array }
  | { readonly type: 'close'; readonly link: LinkId; readonly rejection: Rejection }
  | { readonly type: 'schedule'; readonly timer: EngineTimer; readonly delayMs: number }
  /** Input from outside was refused; for the counters. */
  | { readonly type: 'rejected'; readonly rejection: Rejection }
  /** What `status` shows has changed. */
  | { readonly type: 'status' }

export type SessionEffect =
  | {
      readonly type: 'opened'
      readonly session: SessionId
      readonly document: string
      readonly update: Uint8Array
      readonly stateVector: Uint8Array
    }
  /** The same bytes for all these sessions. */
  | {
      readonly type: 'update'
      readonly sessions: readonly SessionId[]
      readonly document: string
      readonly update: Uint8Array
    }
  | {
      readonly type: 'presence'
      readonly sessions: readonly SessionId[]
      readonly document: string
      readonly update: Uint8Array
    }
  | {
      readonly type: 'ack'
      readonly session: SessionId
      readonly document: string
      readonly ref: number
      readonly dot: Dot
    }
  | {
      readonly type: 'ask'
      readonly session: SessionId
      readonly document: string
      readonly stateVector: Uint8Array
    }
  | {
      readonly type: 'refused'
      readonly session: SessionId
      readonly document: string
      readonly ref: number
      readonly rejection: Rejection
    }
  /** The session is over; the engine has forgotten it. */
  | { readonly type: 'ended'; readonly session: SessionId; readonly rejection: Rejection }

export type EngineTimer =
  | { readonly kind: 'gossip'; readonly timer: GossipTimer }
  /** What was accepted in this turn becomes one commit. */
  | { readonly kind: 'seal' }
  | { readonly kind: 'flush'; readonly document: string; readonly token: number }
  | { readonly kind: 'presence' }

export type Emit = (effect: EngineEffect) => void
