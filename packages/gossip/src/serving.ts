import {
  encodeReplicaMessage,
  LIMITS,
  type Allow,
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
import { bytesOf, SendWindow } from './send-window.ts'

/** Somebody who asks for entries, on one link. */
interface Asker {
  readonly window: SendWindow
  /** What it has asked for and was not sent, one range of each origin, in the order of their turns. */
  readonly ranges: Map<ReplicaId, Range>
  /** Whether a chunk for it is being read, or waits to be sent. */
  isBusy: boolean
  /** The range that ends with the chunk that waits to be sent. */
  ending: Range | undefined
}

/**
 * Answers `want`s out of the log, chunk after chunk, the origins by turns. Of each link one chunk at a time
 * is read and sent, and none while its queue or its window is full: so a peer that reads slowly, or
 * not at all, costs one chunk and what its window allows.
 */
export class Serving {
  readonly #links: Links
  readonly #log: LogView
  readonly #broadcast: Plumtree
  readonly #emit: Emit
  readonly #askers = new Map<LinkId, Asker>()

  constructor(options: { links: Links; log: LogView; broadcast: Plumtree; emit: Emit }) {
    this.#links = options.links
    this.#log = options.log
    this.#broadcast = options.broadcast
    this.#emit = options.emit
  }

  asked(link: OpenLink, { ranges }: Want): void {
    const asker = this.#askerOf(link.id)
    for (const { origin, from, to } of ranges) {
      asker.ranges.delete(origin)
      if (to < from || asker.ranges.size >= LIMITS.wantRangesMax) continue
      asker.ranges.set(origin, { origin, from, to })
      this.#broadcast.asked(link, origin, from)
    }
    this.#dropTrimmed(link.id, asker)
    this.#next(link, asker)
  }

  #askerOf(id: LinkId): Asker {
    const known = this.#askers.get(id)
    if (known !== undefined) return known
    const asker = { window: new SendWindow(), ranges: new Map(), isBusy: false, ending: undefined }
    this.#askers.set(id, asker)
    return asker
  }

  /** What has left the log can't be served; the asker is told, and fetches documents (rule L7). */
  #dropTrimmed(id: LinkId, { ranges }: Asker): void {
    const floors = new Map<ReplicaId, Head>()
    for (const { origin, from } of ranges.values()) {
      const floor = this.#log.floors.get(origin)
      if (floor === undefined || from > floor.seq) continue
      floors.set(origin, floor)
      ranges.delete(origin)
    }
    this.#behind(id, floors)
  }

  #behind(id: LinkId, floors: Heads): void {
    if (floors.size === 0) return
    const frame = encodeReplicaMessage({ type: 'behind', floors })
    this.#emit({ type: 'send', links: [id], frame })
  }

  /** The asker can take more. */
  allowed(link: OpenLink, { bytes }: Allow): void {
    const asker = this.#askerOf(link.id)
    asker.window.allow(bytes)
    this.#next(link, asker)
  }

  /** The link's queue has room again. */
  drained(link: OpenLink): void {
    const asker = this.#askers.get(link.id)
    if (asker !== undefined) this.#next(link, asker)
  }

  /** The log has answered: `found` is empty when it does not hold the range. */
  read(id: LinkId, range: Range, found: Found): void {
    const asker = this.#askers.get(id)
    const link = this.#links.get(id)
    if (asker === undefined || link?.replica === undefined) return this.ended(id)
    asker.isBusy = false
    // It may have been taken back meanwhile, or asked for from elsewhere on.
    if (asker.ranges.get(range.origin)?.from === range.from) this.#found(id, asker, range, found)
    this.#next(link as OpenLink, asker)
  }

  #found(id: LinkId, asker: Asker, { origin, from }: Range, found: Found): void {
    if (found.entries.length > 0) return this.#send(id, asker, origin, found)
    asker.ranges.delete(origin)
    // The log is damaged there: what it held is in the documents, up to its head.
    const head = this.#log.heads.get(origin)
    if (head !== undefined && head.seq >= from) this.#behind(id, new Map([[origin, head]]))
  }

  #send(id: LinkId, asker: Asker, origin: ReplicaId, found: Found): void {
    const { from, to } = asker.ranges.get(origin) as Range
    const next = from + found.entries.length
    const rest = { origin, from: next, to }
    asker.window.sent(bytesOf(found.entries))
    asker.isBusy = true
    // Its next turn comes after those of all others.
    asker.ranges.delete(origin)
    if (this.#lengthOf(rest) > 0) asker.ranges.set(origin, rest)
    else asker.ending = { origin, from, to: next - 1 }
    const frame = encodeReplicaMessage({ type: 'entries', ...found })
    this.#emit({ type: 'serve', link: id, frame })
  }

  /** A chunk has been handed to the network: what is pushed from now on comes after it. */
  served(link: OpenLink, now: number): void {
    const asker = this.#askers.get(link.id)
    if (asker === undefined) return
    const { ending } = asker
    asker.isBusy = false
    asker.ending = undefined
    if (ending !== undefined) this.#broadcast.served(link, ending.origin, ending.to, now)
    this.#next(link, asker)
  }

  ended(id: LinkId): void {
    this.#askers.delete(id)
  }

  #next(link: OpenLink, asker: Asker): void {
    if (link.blocked || asker.isBusy || !asker.window.isOpen) return
    this.#dropTrimmed(link.id, asker)
    for (const range of asker.ranges.values()) {
      const length = Math.min(this.#lengthOf(range), this.#turnOf(range, asker))
      if (length > 0) return this.#read(link.id, asker, range, length)
      // What this replica does not hold itself it can't serve.
      asker.ranges.delete(range.origin)
    }
  }

  #read(link: LinkId, asker: Asker, range: Range, length: number): void {
    asker.isBusy = true
    const bytesMax = GOSSIP_LIMITS.chunkBytesMax
    const to = range.from + length - 1
    this.#emit({ type: 'read', link, range: { ...range, to }, bytesMax })
  }

  /** Entries that are held of a range. */
  #lengthOf({ origin, from, to }: Range): number {
    const held = this.#log.heads.get(origin)?.seq ?? 0
    return Math.max(0, Math.min(to, held) - from + 1)
  }

  /** How many entries of a range are to be sent before it is another's turn. */
  #turnOf(range: Range, { ranges }: Asker): number {
    if (ranges.size === 1) return LIMITS.entriesPerFrameMax
    let missing = 0
    for (const each of ranges.values()) missing += this.#lengthOf(each)
    const { servingRoundEntries, servingTurnEntriesMin } = GOSSIP_LIMITS
    const share = Math.floor((servingRoundEntries * this.#lengthOf(range)) / missing)
    return Math.max(servingTurnEntriesMin, share)
  }
}
