import type { ReplicaId } from '@rejoin/protocol'

import type { SimulatedLink } from '../simulated-link.ts'
import type { SimulatedReplica } from '../simulated-replica.ts'
import type { World } from '../world.ts'

/**
 * What a world says to whoever watches it: what is done to it, and what crosses its links. What comes of
 * that the watcher sees by looking, since a world hides nothing.
 */
export type Recorded =
  /** Something may have changed: a look is worth while. */
  | { readonly type: 'stepped' }
  /** A frame is on its way, until `arrival` in ms. */
  | {
      readonly type: 'sent'
      readonly link: SimulatedLink
      readonly frame: Uint8Array
      readonly arrival: number
    }
  /** It arrives; or the link ended before it could. */
  | { readonly type: 'arrived' | 'lost'; readonly link: SimulatedLink; readonly frame: Uint8Array }
  /** It was sent into a half-open link, and never arrives. */
  | { readonly type: 'swallowed'; readonly link: SimulatedLink; readonly frame: Uint8Array }
  /** It comes once more. */
  | { readonly type: 'repeated'; readonly link: SimulatedLink; readonly frame: Uint8Array }
  /** A replica closes a link, and says why. */
  | { readonly type: 'closed'; readonly link: SimulatedLink; readonly code: string }
  | { readonly type: 'backed-up'; readonly replica: SimulatedReplica }
  | { readonly type: 'compacted'; readonly replica: SimulatedReplica; readonly document: string }
  /** An id that is nobody's any more is removed by hand. */
  | { readonly type: 'removed'; readonly id: ReplicaId }
  /** Only these will be well until the faults end. */
  | { readonly type: 'core'; readonly replicas: readonly SimulatedReplica[] }
  | { readonly type: 'stays-broken'; readonly replica: SimulatedReplica; readonly way: string }
  | { readonly type: 'faults-end' }

export type Scribe = (event: Recorded) => void

/** Begins to watch a world that is about to be filled. It draws no chance and changes nothing. */
export type Watch = (world: World) => Scribe
