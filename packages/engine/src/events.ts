import type {
  Found,
  FoundDocuments,
  GossipEvent,
  GossipTimer,
  LinkId,
  Member,
  MemberChange,
  WholeDocument,
} from '@rejoin/gossip'
import type {
  Change,
  Dot,
  Head,
  Heads,
  MemberRecord,
  Range,
  Rejection,
  ReplicaId,
  SealedEntry,
  Tags,
  Version,
} from '@rejoin/protocol'

/** A session's name, given by the shell and never used twice in one run. */
export type SessionId = number

/** One commit: all of it becomes durable, or none. */
export interface Batch {
  readonly id: number
  /** Each comes after all that it depends on. */
  readonly entries: readonly SealedEntry[]
  readonly members: readonly Member[]
  /** Documents that came whole, from a peer. */
  readonly snapshots: readonly Change[]
  /** Origins whose log goes on after these heads, since their entries came as documents. */
  readonly jumps: Heads
  /** What is to be found again after a restart; no bytes forget a note. */
  readonly notes: ReadonlyMap<string, Uint8Array>
}

/** An entry in the log, outside of any chain. */
export interface LooseEntry {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** Everything that a replica hears. Updates, state vectors and frames may be any bytes. */
export type EngineEvent =
  | { readonly type: 'started' }
  | SessionEvent
  | StoreEvent
  | LinkEvent
  /** A member's id is removed, or it has left, for good. */
  | { readonly type: 'retire'; readonly replica: ReplicaId; readonly state: 'left' | 'removed' }
  /** This replica says something else of itself. */
  | { readonly type: 'retag'; readonly tags: Tags }
  /** This replica leaves for good, and takes no more events. */
  | { readonly type: 'farewell' }
  /** A message of the application, to all replicas that are up. */
  | { readonly type: 'broadcast'; readonly topic: string; readonly payload: Uint8Array }
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
  /** `damaged` when the store holds it, and can't read it. */
  | {
      readonly type: 'load-failed'
      readonly document: string
      readonly reason: string
      readonly damaged: boolean
    }
  /** The store was opened anew after a failure. What failed may be in it all the same, a trim too. */
  | { readonly type: 'reopened'; readonly heads: Heads; readonly floors: Heads }
  /** A document was found damaged by somebody else than a reader. */
  | { readonly type: 'damaged'; readonly document: string }
  /** Of entries up to `missing` what is left of a document may lack some. */
  | {
      readonly type: 'salvaged'
      readonly document: string
      readonly updates: readonly Uint8Array[]
      readonly end: number
      readonly missing: Version
    }
  | { readonly type: 'replaced'; readonly document: string; readonly done: boolean }
  /** Documents after those read before; `after` is the last of them, and there may be none. */
  | {
      readonly type: 'all-read'
      readonly documents: readonly WholeDocument[]
      readonly after: string
      readonly isLast: boolean
    }
  | { readonly type: 'loose'; readonly origin: ReplicaId; readonly entries: readonly LooseEntry[] }
  | { readonly type: 'was-cut'; readonly origin: ReplicaId; readonly head: Head }
  | { readonly type: 'measured'; readonly logBytes: number }
  | { readonly type: 'trimmed'; readonly floors: Heads }
  | {
      readonly type: 'documents-read'
      readonly link: LinkId
      readonly found?: FoundDocuments
    }
  | { readonly type: 'read'; readonly link: LinkId; readonly range: Range; readonly found: Found }
  /** `snapshot` is missing when it failed; with `isHopeless` because the document can't be compacted. */
  | {
      readonly type: 'compacted'
      readonly document: string
      readonly end: number
      readonly snapshot?: Uint8Array
      readonly isHopeless?: boolean
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
  | 'served'
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
  /** Read whole documents; answered with `documents-read`. */
  | {
      readonly type: 'read-documents'
      readonly link: LinkId
      readonly only: boolean
      readonly document: string
      readonly bytesMax: number
    }
  /** Read what is left of a damaged document; answered with `salvaged`. */
  | { readonly type: 'salvage'; readonly document: string }
  /** Put `update` in the place of what is stored before `end`; answered with `replaced`. */
  | {
      readonly type: 'replace'
      readonly document: string
      readonly end: number
      readonly update: Uint8Array
    }
  /** Read whole documents after `after`, in the store's order; answered with `all-read`. */
  | { readonly type: 'read-all'; readonly after: string; readonly bytesMax: number }
  /** Read entries after `seq`, those beyond a gap too; answered with `loose`. */
  | {
      readonly type: 'read-loose'
      readonly origin: ReplicaId
      readonly seq: number
      readonly bytesMax: number
    }
  /** Drop the entries after `seq`, and with 0 the floor too; answered with `was-cut`. */
  | { readonly type: 'cut-log'; readonly origin: ReplicaId; readonly seq: number }
  /** Say how large the log is; answered with `measured`. */
  | { readonly type: 'measure' }
  /** Drop entries up to `floor`; answered with `trimmed`. */
  | { readonly type: 'trim'; readonly floor: Version }
  /** Take a new id, and start again with what the store then holds; this engine is at its end. */
  | { readonly type: 'renew'; readonly keep: number; readonly reason: string }
  /** Make one update of these that holds the same; answered with `compacted`. */
  | {
      readonly type: 'compact'
      readonly document: string
      readonly updates: readonly Uint8Array[]
      readonly end: number
    }
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'send'; readonly links: readonly LinkId[]; readonly frame: Uint8Array }
  /** A large frame, to be sent once little waits on the link; answered with `served`. */
  | { readonly type: 'serve'; readonly link: LinkId; readonly frame: Uint8Array }
  | { readonly type: 'close'; readonly link: LinkId; readonly rejection: Rejection }
  | { readonly type: 'schedule'; readonly timer: EngineTimer; readonly delayMs: number }
  /** Input from outside was refused; for the counters. */
  | { readonly type: 'rejected'; readonly rejection: Rejection }
  /** What `status` shows has changed. */
  | { readonly type: 'status' }
  /** Something that people are told of has happened to a member. */
  | { readonly type: 'member'; readonly change: MemberChange; readonly member: MemberRecord }
  /** A message of the application has come, or is this replica's own. */
  | {
      readonly type: 'message'
      readonly from: ReplicaId
      readonly topic: string
      readonly payload: Uint8Array
    }

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
  /** The log may have grown too large. */
  | { readonly kind: 'trim' }

export type Emit = (effect: EngineEffect) => void
