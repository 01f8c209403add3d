import type { ChainHash, SealedEntry } from '@rejoin/protocol'

import type { OpenLink } from './link.ts'

/**
 * A broadcast brings new entries to the peers quickly; it may fail to, since anti-entropy finds
 * what it missed. Eager push to all is the one there is; a tree takes its place behind these three.
 */
export interface Broadcast {
  /** Own entries have become durable, in order; `before` is the chain hash before the first. */
  publish(entries: readonly SealedEntry[], before: ChainHash): void
  /** The peer says that it holds this replica's entries up to `seq`. */
  holds(link: OpenLink, seq: number): void
  /** The peer has just been given those that it asked for, up to `seq`. */
  served(link: OpenLink, seq: number): void
}
