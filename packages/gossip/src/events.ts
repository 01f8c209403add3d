import type {
  ChainHash,
  Change,
  Heads,
  MemberRecord,
  Range,
  Rejection,
  RejectionCode,
  ReplicaId,
  SealedEntry,
  Series,
  Tags,
  Version,
} from '@rejoin/protocol'

/** A link's name, given by the shell and never used twice in one run. */
export type LinkId = number

/** Everything that gossip hears. `frame`s are bytes from outside and may be anything. */
export type GossipEvent =
  | { readonly type: 'started' }
  /** A link is open; `dialled` is the address when this replica dialled it. */
  | { readonly type: 'linked'; readonly link: LinkId; readonly dialled?: string }
  | { readonly type: 'frame'; readonly link: LinkId; readonly frame: Uint8Array }
  /** `code` says why the peer closed it, where it did. */
  | { readonly type: 'unlinked'; readonly link: LinkId; readonly code?: RejectionCode }
  | { readonly type: 'dial-failed'; readonly address: string }
  /** A link's queue is over, or again under, its bound. */
  | { readonly type: 'blocked'; readonly link: LinkId }
  | { readonly type: 'drained'; readonly link: LinkId }
  /** What a `serve` effect brought has been handed to the network. */
  | { readonly type: 'served'; readonly link: LinkId }
  /** More is durable here; `own` are this replica's new entries, in order. */
  | { readonly type: 'advanced'; readonly own: readonly SealedEntry[] }
  /**
   * The log has taken in, or buffered, the entries up to `upTo` that a link brought, pushed or asked for:
   * `fresh` are those that were news, which come after the chain hash `before`.
   */
  | {
      readonly type: 'took'
      readonly link: LinkId
      readonly origin: ReplicaId
      readonly upTo: number
      readonly before: ChainHash
      readonly fresh: readonly SealedEntry[]
      readonly isPushed: boolean
    }
  /** The log refused what a link brought. */
  | { readonly type: 'refused'; readonly link: LinkId; readonly rejection: Rejection }
  /** What a link brought does not continue this replica's chain of `origin` after `seq`. */
  | {
      readonly type: 'forked'
      readonly link: LinkId
      readonly origin: ReplicaId
      readonly seq: number
    }
  /** The entries of `origin` that a peer disputes are gone from the log, as a `rollback` asked. */
  | { readonly type: 'rolled-back'; readonly origin: ReplicaId }
  /** The answer to a `read` effect. */
  | { readonly type: 'read'; readonly link: LinkId; readonly range: Range; readonly found: Found }
  /** The answer to a `read-documents` effect; `found` is missing when a document is damaged here. */
  | { readonly type: 'documents-read'; readonly link: LinkId; readonly found?: FoundDocuments }
  /** What the `snapshots` effect of this number brought is durable. */
  | { readonly type: 'snapshots-stored'; readonly chunk: number }
  /** What documents held of `origin` beyond its entries, which are lost, was published in own ones. */
  | { readonly type: 'published'; readonly origin: ReplicaId }
  /** Whether anything can be made durable here: while not, what peers bring is dropped. */
  | { readonly type: 'storage'; readonly isWell: boolean }
  /** A document is damaged here; a peer may help that holds what `needs` says. */
  | { readonly type: 'damaged'; readonly document: string; readonly needs: Version }
  /** What was `fetched` is of no use, or with `isDone` no longer needed. */
  | { readonly type: 'repaired'; readonly document: string; readonly isDone: boolean }
  /** The id `replica` is given up or removed, for good. */
  | { readonly type: 'retire'; readonly replica: ReplicaId; readonly state: 'left' | 'removed' }
  /** This replica says something else of itself. */
  | { readonly type: 'retag'; readonly tags: Tags }
  /** This replica leaves for good: its peers are told, and that was the last event that is taken. */
  | { readonly type: 'farewell' }
  /** A message of the application, to all replicas that are up. */
  | { readonly type: 'broadcast'; readonly topic: string; readonly payload: Uint8Array }
  | { readonly type: 'timer'; readonly timer: GossipTimer }
  | { readonly type: 'cut'; readonly peer: ReplicaId }
  | { readonly type: 'mended'; readonly peer: ReplicaId }
  /** Presence to pass on: to one link, or to every peer but the one that it came from. */
  | {
      readonly type: 'presence'
      readonly document: string
      readonly update: Uint8Array
      readonly only?: LinkId
      readonly except?: LinkId
    }

/** What the log holds of a range: entries from its start on, and the chain hash before them. */
export type Found = Series

/** A document's updates, in an order in which none lacks anything. */
export interface WholeDocument {
  readonly document: string
  readonly updates: readonly Uint8Array[]
}

export interface FoundDocuments {
  readonly documents: readonly WholeDocument[]
  /** Whether there are none after these. */
  readonly done: boolean
}

/** Everything that gossip asks for. */
export type GossipEffect =
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'send'; readonly links: readonly LinkId[]; readonly frame: Uint8Array }
  /**
   * A frame that is large and in no hurry: it is sent once little waits on the link, so that what is
   * small and urgent never waits for more than one of them. Answered with `served`; one is under way at a time.
   */
  | { readonly type: 'serve'; readonly link: LinkId; readonly frame: Uint8Array }
  | { readonly type: 'close'; readonly link: LinkId; readonly rejection: Rejection }
  | { readonly type: 'schedule'; readonly timer: GossipTimer; readonly delayMs: number }
  /** Entries for the log; answered with `took` or `refused`. */
  | {
      readonly type: 'entries'
      readonly link: LinkId
      readonly series: Series
      readonly isPushed: boolean
    }
  | {
      readonly type: 'presence'
      readonly link: LinkId
      readonly document: string
      readonly update: Uint8Array
    }
  /** A read of the log, answered with the event `read`. */
  | {
      readonly type: 'read'
      readonly link: LinkId
      readonly range: Range
      readonly bytesMax: number
    }
  /**
   * Read whole documents, of about `bytesMax` bytes: those after `document` in the store's order, or
   * `document` only. Answered with `documents-read`.
   */
  | {
      readonly type: 'read-documents'
      readonly link: LinkId
      readonly only: boolean
      readonly document: string
      readonly bytesMax: number
    }
  /**
   * States of documents from a peer that is ahead of this replica's log, to be made durable together
   * with `notes`; the log then goes on after `jumps`. Documents may hold what `ahead` says from now on.
   * With a `doubt`, what is here and not in them is to be published. Answered with `snapshots-stored` or
   * `refused`.
   */
  | {
      readonly type: 'snapshots'
      readonly link: LinkId
      /** The number by which it is answered: each has a higher one than those before. */
      readonly chunk: number
      readonly documents: readonly Change[]
      readonly notes: ReadonlyMap<string, Uint8Array>
      readonly jumps: Heads
      readonly ahead: Version
      readonly doubt: Doubt | undefined
    }
  /** Documents may hold what `ahead` says and no more; `notes` are to be made durable. */
  | {
      readonly type: 'ahead'
      readonly ahead: Version
      readonly notes: ReadonlyMap<string, Uint8Array>
    }
  /** A damaged document as a peer has it, which holds at most what `upTo` says. Answered with `repaired`. */
  | {
      readonly type: 'fetched'
      readonly document: string
      readonly updates: readonly Uint8Array[]
      readonly upTo: Version
    }
  /**
   * Of `origin` this replica holds another history after `seq` than others do: publish those entries'
   * changes anew, and drop them. Answered with `rolled-back`.
   */
  | { readonly type: 'rollback'; readonly origin: ReplicaId; readonly seq: number }
  /**
   * This replica's id can't be used any longer (rule L8): what it has of its own after `keep` may
   * collide with other entries, and is to be published under a new one.
   */
  | { readonly type: 'disowned'; readonly keep: number; readonly reason: string }
  /** What is known of these members has changed, or of what they all hold. */
  | { readonly type: 'members'; readonly changed: readonly ReplicaId[] }
  /** Something that people are told of has happened to a member. */
  | { readonly type: 'member'; readonly change: MemberChange; readonly member: MemberRecord }
  /** A message of the application has come, or is this replica's own. */
  | {
      readonly type: 'message'
      readonly from: ReplicaId
      readonly topic: string
      readonly payload: Uint8Array
    }
  /** A link has greeted, and can be told of presence. */
  | { readonly type: 'greeted'; readonly link: LinkId }
  /** A link has opened or ended, or was cut or mended. */
  | { readonly type: 'links' }
  /** Input from outside was refused; for the counters. */
  | { readonly type: 'rejected'; readonly rejection: Rejection }

/** Which documents these are of all those of a source that may have another history than this replica. */
export interface Doubt {
  /** Whether they are the first of a conversation, which goes on after document `after`. */
  readonly isFirst: boolean
  readonly after: string
  /** The document of which more is to come. */
  readonly unfinished: string | undefined
  readonly isLast: boolean
}

/**
 * `joined`: it was not known before. `failed`: it did not answer, nor refute that in time. `reachable`: it
 * had failed and is back. `updated`: it has another address or other tags. `left`, `removed`: it is no
 * member any more.
 */
export type MemberChange = 'joined' | 'failed' | 'reachable' | 'updated' | 'left' | 'removed'

/** A timer that comes back with a token older than its component's last one is stale, and ignored. */
export interface GossipTimer {
  readonly kind:
    | 'dial'
    | 'heartbeat'
    | 'greeting'
    | 'announce'
    | 'graft'
    | 'news'
    | 'push'
    | 'census'
    | 'seek'
    | 'shuffle'
    | 'repair'
    | 'probe'
    | 'relay'
    | 'suspicion'
  readonly key: string | number
  readonly token: number
}

export type Emit = (effect: GossipEffect) => void

/** What gossip may see of the log. */
export interface LogView {
  /** How far the log holds an origin, counting entries that only wait for what they depend on. */
  reached(origin: ReplicaId): number
  /** What is durable. */
  readonly heads: Heads
  /** What has left the log. */
  readonly floors: Heads
  /** What documents hold by entries, durable or on the way to it. */
  readonly applied: Version
  /** What documents may hold beyond it, as some came whole. */
  readonly ahead: Version
  /** Whether the entries of `origin` are being rolled back: none are to be asked for. */
  isBlocked(origin: ReplicaId): boolean
}
