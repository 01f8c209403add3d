import {
  encodeReplicaMessage,
  type ChainHash,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'

import type { Broadcast } from './broadcast.ts'
import type { Emit, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'

/**
 * Eager push: an own entry goes to every peer as soon as it is durable here (rule L3), in one frame
 * that all of them share. A peer gets it only while it stands just before it; one that has fallen
 * behind, or whose queue is full, asks for what it lacks until it has caught up.
 */
export class EagerPush implements Broadcast {
  readonly #self: ReplicaId
  readonly #links: Links
  readonly #log: LogView
  readonly #emit: Emit

  constructor(options: { self: ReplicaId; links: Links; log: LogView; emit: Emit }) {
    this.#self = options.self
    this.#links = options.links
    this.#log = options.log
    this.#emit = options.emit
  }

  publish(entries: readonly SealedEntry[], before: ChainHash): void {
    const [first] = entries
    const last = entries.at(-1)
    if (first === undefined || last === undefined) return
    const upToDate = [...this.#links.open()].filter(
      (link) => link.pushed === first.dot.seq - 1 && !link.blocked,
    )
    if (upToDate.length === 0) return
    for (const link of upToDate) link.pushed = last.dot.seq
    const links = upToDate.map(({ id }) => id)
    for (const frame of framesOf(entries, before)) this.#emit({ type: 'send', links, frame })
  }

  caughtUp(link: OpenLink, seq: number): void {
    const head = this.#log.heads.get(this.#self)?.seq ?? 0
    if (seq === head && (link.pushed ?? 0) < seq) link.pushed = seq
    if (head === 0) link.pushed = 0
  }
}

/** Cuts consecutive entries into frames of about `pushBytesMax`. */
function* framesOf(entries: readonly SealedEntry[], before: ChainHash): Generator<Uint8Array> {
  let previous = before
  for (let from = 0; from < entries.length;) {
    let bytes = 0
    let to = from
    do {
      bytes += entries[to]?.bytes.length ?? 0
      to += 1
    } while (to < entries.length && bytes < GOSSIP_LIMITS.pushBytesMax)
    const chunk = entries.slice(from, to)
    yield encodeReplicaMessage({
      type: 'entries',
      previous,
      entries: chunk.map((entry) => entry.bytes),
    })
    previous = chunk.at(-1)?.hash ?? previous
    from = to
  }
}
