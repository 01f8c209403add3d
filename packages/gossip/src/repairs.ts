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

/** Who was asked for a document in vain. */
interface Asked {
  /** How many entries each held then. */
  readonly links: Map<LinkId, number>
  /** How often they have been heard of since, and how often they must be until one is asked again. */
  heard: number
  patience: number
}

/**
 * Fetches documents that are damaged here from a peer (rule S3), one at a time. Only a peer will do
 * that holds everything which has left this replica's own log: the rest of a document can be found in
 * there. One that can't help is asked again when it holds more than it did; or after a while, which doubles, as
 * it may have been helped itself.
 */
export class Repairs {
  readonly #links: Links
  readonly #emit: Emit
  /** Damaged documents, and what a helper must hold. */
  readonly #wanted = new Map<string, Version>()
  readonly #asked = new Map<string, Asked>()
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
    for (const asked of this.#asked.values()) this.#heardFrom(link, asked)
    this.#askIfItCan(link)
  }

  #heardFrom(link: OpenLink, asked: Asked): void {
    const held = asked.links.get(link.id)
    if (held === undefined) return
    asked.heard += 1
    if (entriesOf(link) > held) asked.patience = GOSSIP_LIMITS.patienceMin
    else if (asked.heard < asked.patience) return
    else asked.patience = Math.min(2 * asked.patience, GOSSIP_LIMITS.patienceMax)
    asked.heard = 0
    asked.links.delete(link.id)
  }

  #askIfItCan(link: OpenLink): void {
    if (this.#running !== undefined || this.#isBusy || link.blocked || link.fetching) return
    const theirs = link.theirs ?? new Map()
    for (const [document, needs] of this.#wanted) {
      const patience = GOSSIP_LIMITS.patienceMin
      const asked = this.#asked.get(document) ?? { links: new Map(), heard: 0, patience }
      if (!covers(theirs, needs) || asked.links.has(link.id)) continue
      asked.links.set(link.id, entriesOf(link))
      this.#remember(document, asked)
      const assembly = new Assembly()
      this.#running = { link, document, assembly, updates: [], upTo: EMPTY_VERSION }
      link.fetching = true
      return this.#ask()
    }
  }

  #remember(document: string, asked: Asked): void {
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
    for (const { links } of this.#asked.values()) links.delete(link.id)
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

/** How many entries a peer says that it holds. */
function entriesOf({ theirs }: OpenLink): number {
  let entries = 0
  for (const seq of theirs?.values() ?? []) entries += seq
  return entries
}
