import { encodeReplicaMessage } from '@rejoin/protocol'

import type { Emit } from './events.ts'
import type { OpenLink } from './link.ts'

/** The neighbour by which this replica hangs in the tree of the broadcast: both push to each other what is new. */
export class Parent {
  readonly #emit: Emit
  #link: OpenLink | undefined

  constructor(emit: Emit) {
    this.#emit = emit
  }

  get link(): OpenLink | undefined {
    return this.#link
  }

  is(link: OpenLink): boolean {
    return this.#link === link
  }

  /** Its link has ended, or its place is not known to be worth anything any more. */
  forget(): void {
    this.#link = undefined
  }

  /** Hangs this replica onto `link`, and takes it off the one before; the root hangs onto nobody. */
  follow(link: OpenLink | undefined): void {
    const before = this.#link
    if (link === before) return
    this.#link = link
    // The root has none, and leaves its old one as it is until that has another.
    if (link === undefined) return
    this.#attach(link)
    if (before !== undefined) this.#detach(before)
  }

  #attach(link: OpenLink): void {
    link.isEager = true
    // Who was its child until it became the root, or came to be nearer to it, is that no more.
    link.isChild = false
    const graft = encodeReplicaMessage({ type: 'want', ranges: [], graft: true })
    this.#emit({ type: 'send', links: [link.id], frame: graft })
  }

  #detach(before: OpenLink): void {
    before.isEager = before.isChild
    const frame = encodeReplicaMessage({ type: 'prune' })
    this.#emit({ type: 'send', links: [before.id], frame })
  }
}
