import type { Entries, Heads, Range, Rejection, ReplicaId, SealedEntry } from '@rejoin/protocol'

/** A link's name, given by the shell and never used twice in one run. */
export type LinkId = number

/** Everything that gossip hears. `frame`s are bytes from outside and may be anything. */
export type GossipEvent =
  | { readonly type: 'started' }
  /** A link is open; `dialled` is the address when this replica dialled it. */
  | { readonly type: 'linked'; readonly link: LinkId; readonly dialled?: string }
  | { readonly type: 'frame'; readonly link: LinkId; readonly frame: Uint8Array }
  | { readonly type: 'unlinked'; readonly link: LinkId }
  | { readonly type: 'dial-failed'; readonly address: string }
  /** A link's queue is over, or again under, its bound. */
  | { readonly type: 'blocked'; readonly link: LinkId }
  | { readonly type: 'drained'; readonly link: LinkId }
  /** More is durable here; `own` are this replica's new entries, in order. */
  | { readonly type: 'advanced'; readonly own: readonly SealedEntry[] }
  /** The log has taken in, or buffered, the entries that a link brought. */
  | { readonly type: 'took'; readonly link: LinkId; readonly origin: ReplicaId }
  /** The log refused what a link brought. */
  | { readonly type: 'refused'; readonly link: LinkId; readonly rejection: Rejection }
  /** The answer to a `read` effect. */
  | { readonly type: 'read'; readonly link: LinkId; readonly range: Range; readonly found: Found }
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
export type Found = Pick<Entries, 'previous' | 'entries'>

/** Everything that gossip asks for. */
export type GossipEffect =
  | { readonly type: 'dial'; readonly address: string }
  | { readonly type: 'send'; readonly links: readonly LinkId[]; readonly frame: Uint8Array }
  | { readonly type: 'close'; readonly link: LinkId; readonly rejection: Rejection }
  | { readonly type: 'schedule'; readonly timer: GossipTimer; readonly delayMs: number }
  /** Entries for the log; answered with `took` or `refused`. */
  | { readonly type: 'entries'; readonly link: LinkId; readonly message: Entries }
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
  /** What is known of these members has changed. */
  | { readonly type: 'members'; readonly changed: readonly ReplicaId[] }
  /** A link has greeted, and can be told of presence. */
  | { readonly type: 'greeted'; readonly link: LinkId }
  /** A link has opened or ended, or was cut or mended. */
  | { readonly type: 'links' }
  /** Input from outside was refused; for the counters. */
  | { readonly type: 'rejected'; readonly rejection: Rejection }

/** A timer that comes back with a token older than its component's last one is stale, and ignored. */
export interface GossipTimer {
  readonly kind: 'dial' | 'heartbeat' | 'greeting' | 'announce' | 'graft'
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
}
