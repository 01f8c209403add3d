import type { Change } from '@rejoin/protocol'
import * as Y from 'yjs'

/** Updates merged at once: Yjs sorts all of them anew for every struct that it writes. */
const GROUP_MAX = 64

/** One update that holds what `updates` hold; merged in groups, since Yjs's own way is quadratic. */
export function mergeAll(updates: readonly Uint8Array[]): Uint8Array {
  let merged = [...updates]
  while (merged.length > GROUP_MAX) {
    const groups: Uint8Array[] = []
    for (let at = 0; at < merged.length; at += GROUP_MAX) {
      groups.push(Y.mergeUpdates(merged.slice(at, at + GROUP_MAX)))
    }
    merged = groups
  }
  return Y.mergeUpdates(merged)
}

/** The updates of each document, in their order. */
export function byDocument(changes: readonly Change[]): Map<string, Uint8Array[]> {
  const updates = new Map<string, Uint8Array[]>()
  for (const { document, update } of changes) {
    const others = updates.get(document)
    if (others === undefined) updates.set(document, [update])
    else others.push(update)
  }
  return updates
}
