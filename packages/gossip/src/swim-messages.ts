import type { ReplicaId } from '@rejoin/protocol'

/** What failure detectors say to each other (Das, Gupta, Motivala 2002; the nack is Lifeguard's). */
export type SwimMessage =
  | { readonly type: 'ping'; readonly seq: number }
  /** The answer to the ping or the request of that number. */
  | { readonly type: 'ack'; readonly seq: number }
  /** The request is being worked on, without success so far: this relay lives and was heard. */
  | { readonly type: 'nack'; readonly seq: number }
  /** Ping `target` for the sender, who can't reach it. */
  | { readonly type: 'ping-req'; readonly seq: number; readonly target: ReplicaId }

/** A timer that comes back with another token than its newest is stale, and ignored. */
export interface SwimTimer {
  readonly kind: 'probe' | 'relay'
  readonly key: string | number
  readonly token: number
}
