import {
  covers,
  EMPTY_VERSION,
  encodeReplicaMessage,
  join,
  type Change,
  type Documents,
  type Version,
} from '@rejoin/protocol'

import { Assembly } from './assembly.ts'
import type { Emit, LinkId } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'

/** A conversation with a helper. */
interface Running {
  readonly link: OpenLink
  readonly document: string
  readonly assembly: Assembly
  readonly updates: Change[]
  /** What the document holds at most. */
  upTo: Version
}

/**
 * Fetches documents that are damaged here from a peer (rule S3), one at a time. Only a peer will do
 * that holds everything which has left this replica's own log: the rest of a document can be found in
 * there. One that can't help is not asked again before it is heard of anew.
 */
export class Repairs {
  readonly #links: Links
  readonly #emit: Emit
  /** Damaged documents, and what a helper must hold. */
  readonly #wanted = new Map<string, Version>()
  /** Who was asked for which, and has not been heard of since. */
  readonly #asked = new Map<string, Set<LinkId>>()
  #running: Running | undefined
  /** Whether what was fetched last is not in its place yet: one document at a time is in memory. */
  #isBusy = false

  constructor(options: { links: Links; emit: Emit }) {
    this.#links = options.links
    this.#emit = options.emit
  }

  want(document: string, needs: Version): void {
    if (this.#wanted.size >= GOSSIP_LIMITS.repairsMax && !this.#wanted.has(document)) return
    this.#wanted.set(document, needs)
    this.#askAnybody()
  }

  #askAnybody(): void {
    for (const link of this.#links.open()) this.#askIfItCan(link)
  }

  /** A peer has told what it holds: it may help now, though it could not before. */
  heard(link: OpenLink): void {
    for (const asked of this.#asked.values()) asked.delete(link.id)
    this.#askIfItCan(link)
  }

  #askIfItCan(link: OpenLink): void {
    if (this.#running !== undefined || this.#isBusy || link.blocked || link.fetching) return
    const theirs = link.theirs ?? new Map()
    for (const [document, needs] of this.#wanted) {
      const asked = this.#asked.get(document) ?? new Set()
      if (!covers(theirs, needs) || asked.has(link.id)) continue
      this.#remember(document, asked.add(link.id))
      const assembly = new Assembly()
      this.#running = { link, document, assembly, updates: [], upTo: EMPTY_VERSION }
      link.fetching = true
      return this.#ask()
    }
  }

  #remember(document: string, asked: Set<LinkId>): void {
    this.#asked.set(document, asked)
    const [oldest = ''] = this.#asked.keys()
    // Who is forgotten may be asked once too often.
    if (this.#asked.size > GOSSIP_LIMITS.repairsMax) this.#asked.delete(oldest)
  }

  /** Takes an answer; `false` when it was none to a question from here. */
  documents(link: OpenLink, message: Documents): boolean {
    const running = this.#running
    if (running?.link !== link) return false
    if (message.pieces.length === 0 && !message.done) {
      this.#running = undefined
      link.fetching = false
      return true
    }
    const taken = running.assembly.take(message.pieces)
    if (!taken.ok) {
      this.#links.refuse(link, taken.rejection)
      return true
    }
    running.updates.push(...taken.value)
    running.upTo = join([running.upTo, message.upTo])
    if (!message.done) this.#ask()
    else this.#finish(running)
    return true
  }

  #finish({ link, document, updates, upTo }: Running): void {
    this.#running = undefined
    link.fetching = false
    this.#wanted.delete(document)
    this.#isBusy = true
    const own = updates.filter((change) => change.document === document)
    this.#emit({ type: 'fetched', document, updates: own.map(({ update }) => update), upTo })
  }

  /** What was fetched last of `document` is in its place, or of no use. */
  repaired(document: string, isDone: boolean): void {
    this.#isBusy = false
    if (isDone) this.#asked.delete(document)
    this.#askAnybody()
  }

  ended(link: { readonly id: number }): void {
    for (const asked of this.#asked.values()) asked.delete(link.id)
    if (this.#running?.link.id !== link.id) return
    this.#running = undefined
    this.#askAnybody()
  }

  #ask(): void {
    const { link, document, assembly } = this.#running as Running
    const frame = encodeReplicaMessage({ type: 'fetch', only: true, document, skip: assembly.skip })
    this.#emit({ type: 'send', links: [link.id], frame })
  }
}
