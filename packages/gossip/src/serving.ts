import {
  encodeReplicaMessage,
  LIMITS,
  type Head,
  type Heads,
  type Range,
  type ReplicaId,
  type Want,
} from '@rejoin/protocol'

import type { Emit, Found, LinkId, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Plumtree } from './plumtree.ts'

/**
 * Answers `want`s out of the log: one read under way a link, each answer one bounded frame, and none
 * while the link's queue is full. The asker asks on from where an answer ends, so a peer that reads
 * slowly, or not at all, costs its queue and one chunk.
 */
export class Serving {
  readonly #links: Links
  readonly #log: LogView
  readonly #broadcast: Plumtree
  readonly #emit: Emit
  readonly #waiting = new Map<LinkId, Range[]>()
  readonly #reading = new Set<LinkId>()

  constructor(options: { links: Links; log: LogView; broadcast: Plumtree; emit: Emit }) {
    this.#links = options.links
    this.#log = options.log
    this.#broadcast = options.broadcast
    this.#emit = options.emit
  }

  asked(link: OpenLink, { ranges }: Want): void {
    this.#tellFloors(link, ranges)
    const waiting = this.#waiting.get(link.id) ?? []
    waiting.push(...ranges.slice(0, GOSSIP_LIMITS.servingRangesMax - waiting.length))
    for (const { origin, from } of ranges) this.#broadcast.asked(link, origin, from)
    this.#waiting.set(link.id, waiting)
    this.#next(link)
  }

  /** What has left the log can't be served; the asker is told, and fetches documents (rule L7). */
  #tellFloors(link: OpenLink, ranges: readonly Range[]): void {
    const floors = new Map<ReplicaId, Head>()
    for (const { origin, from } of ranges) {
      const floor = this.#log.floors.get(origin)
      if (floor !== undefined && from <= floor.seq) floors.set(origin, floor)
    }
    this.#behind(link.id, floors)
  }

  #behind(id: LinkId, floors: Heads): void {
    if (floors.size === 0) return
    const frame = encodeReplicaMessage({ type: 'behind', floors })
    this.#emit({ type: 'send', links: [id], frame })
  }

  /** The link's queue has room again. */
  drained(link: OpenLink): void {
    this.#next(link)
  }

  /** The log has answered: `found` is empty when it does not hold the range. */
  read(id: LinkId, range: Range, found: Found, now: number): void {
    this.#reading.delete(id)
    const link = this.#links.get(id)
    if (link?.replica === undefined) return this.ended(id)
    if (found.entries.length > 0) {
      const frame = encodeReplicaMessage({ type: 'entries', ...found })
      this.#emit({ type: 'send', links: [id], frame })
      const last = range.from + found.entries.length - 1
      this.#broadcast.served(link as OpenLink, range.origin, last, now)
    } else {
      // The log is damaged there: what it held is in the documents, up to its head.
      const head = this.#log.heads.get(range.origin)
      if (head !== undefined) this.#behind(id, new Map([[range.origin, head]]))
    }
    this.#next(link as OpenLink)
  }

  ended(id: LinkId): void {
    this.#waiting.delete(id)
    this.#reading.delete(id)
  }

  #next(link: OpenLink): void {
    if (link.blocked || this.#reading.has(link.id)) return
    const waiting = this.#waiting.get(link.id) ?? []
    for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
      const held = this.#log.heads.get(range.origin)?.seq ?? 0
      const floor = this.#log.floors.get(range.origin)?.seq ?? 0
      if (range.from <= floor) continue
      const to = Math.min(range.to, held, range.from + LIMITS.entriesPerFrameMax - 1)
      if (to < range.from) continue
      const bytesMax = GOSSIP_LIMITS.chunkBytesMax
      this.#reading.add(link.id)
      return this.#emit({ type: 'read', link: link.id, range: { ...range, to }, bytesMax })
    }
    this.#waiting.delete(link.id)
  }
}
