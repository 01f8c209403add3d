import {
  encodeReplicaMessage,
  LIMITS,
  seqOf,
  type Dot,
  type Range,
  type ReplicaId,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'

/** What the log has made of entries that a link brought. */
export interface Brought {
  readonly origin: ReplicaId
  /** The last that it brought. */
  readonly upTo: number
  readonly isFresh: boolean
  readonly isPushed: boolean
}

/**
 * `going`: more of it is to come. `ended`: all of it is here. `dropped`: what comes does not join on any
 * more, and was taken back.
 */
export type Progress = 'going' | 'ended' | 'dropped'

/**
 * What peers are asked for (`want`): of each origin one range, of one peer. It comes chunk after chunk, as
 * long as the peer is allowed to send (`ReceiveWindow`), until all of it is here. Where a chunk was
 * dropped at a bound, those after it are of no use: the range is taken back. So it is when nothing comes.
 */
export class Asking {
  readonly #links: Links
  readonly #log: LogView
  readonly #emit: Emit
  /** Origins of which something was dropped at a bound. */
  readonly #dropped = new Set<ReplicaId>()

  constructor(options: { links: Links; log: LogView; emit: Emit }) {
    this.#links = options.links
    this.#log = options.log
    this.#emit = options.emit
  }

  /** How many more ranges a link may be asked for; none for a while after it did not answer. */
  roomOn(link: OpenLink, now: number): number {
    return now < link.restsUntil ? 0 : LIMITS.wantRangesMax - link.wanted.size
  }

  want(link: OpenLink, ranges: readonly Range[], graft: boolean, now: number): void {
    if (ranges.length === 0) return
    if (link.wanted.size === 0) link.answeredAt = now
    for (const { origin, from, to } of ranges) link.wanted.set(origin, { from, to })
    this.#say(link, ranges, graft)
  }

  #say(link: OpenLink, ranges: readonly Range[], graft: boolean): void {
    const frame = encodeReplicaMessage({ type: 'want', ranges, graft })
    this.#emit({ type: 'send', links: [link.id], frame })
  }

  /** Whether some peer was asked for entries of `origin`, and has not brought them all. */
  isAsked(origin: ReplicaId): boolean {
    for (const { wanted } of this.#links.open()) {
      const range = wanted.get(origin)
      if (range === undefined) continue
      if (this.#log.reached(origin) < range.to) return true
      wanted.delete(origin)
    }
    return false
  }

  /**
   * Whether entries of `origin` would be dropped once more: something was, at the bound for those that wait
   * for what they depend on, and others still wait.
   */
  isFull(origin: ReplicaId): boolean {
    if (!this.#dropped.has(origin)) return false
    if (this.#log.reached(origin) > seqOf(this.#log.applied, origin)) return true
    this.#dropped.delete(origin)
    return false
  }

  /** Whether something was dropped that is to be asked for again; forgets what then need not wait any more. */
  reviewDropped(): boolean {
    const wasDropped = this.#dropped.size > 0
    for (const origin of this.#dropped) this.isFull(origin)
    return wasDropped
  }

  /** A link has brought entries; `undefined` when it was not asked for them. */
  took(link: OpenLink, brought: Brought, now: number): Progress | undefined {
    const { origin, upTo, isPushed } = brought
    if (!isPushed) this.#count(link, brought, now)
    const range = link.wanted.get(origin)
    if (range === undefined) return undefined
    const reached = this.#log.reached(origin)
    if (reached >= range.to) {
      link.wanted.delete(origin)
      link.answeredAt = now
      return 'ended'
    }
    if (isPushed) return 'going'
    if (reached < upTo || this.#log.isBlocked(origin)) {
      this.#dropped.add(origin)
      this.#takeBack(link, [origin], now)
      return 'dropped'
    }
    link.answeredAt = now
    return 'going'
  }

  #count(link: OpenLink, { origin, upTo, isFresh }: Brought, now: number): void {
    link.window.took(isFresh ? { replica: origin, seq: upTo } : undefined)
    this.#allow(link, now)
  }

  /** More is durable here. */
  advanced(now: number): void {
    for (const link of this.#links.open()) this.#allow(link, now)
  }

  #allow(link: OpenLink, now: number): void {
    const bytes = link.window.allowance((upTo) => this.#isUnderWay(upTo))
    if (bytes === 0) return
    // The peer may have waited for this.
    link.answeredAt = now
    const frame = encodeReplicaMessage({ type: 'allow', bytes })
    this.#emit({ type: 'send', links: [link.id], frame })
  }

  /** What waits for what it depends on is on no way yet, and has a bound of its own. */
  #isUnderWay({ replica, seq }: Dot): boolean {
    const durable = this.#log.heads.get(replica)?.seq ?? 0
    return seq > durable && seq <= seqOf(this.#log.applied, replica)
  }

  /** Takes back what was asked of links that have not answered in time; answers these. */
  expire(now: number): OpenLink[] {
    const silent = [...this.#links.open()].filter(({ wanted, answeredAt, window }) => {
      // Where this replica's own disk is slow, it is the peer that waits.
      const isLate = now - answeredAt >= GOSSIP_LIMITS.wantMs && !window.isUnderWay
      return wanted.size > 0 && isLate
    })
    for (const link of silent) {
      link.restsUntil = now + GOSSIP_LIMITS.restMs
      this.#takeBack(link, [...link.wanted.keys()], now)
    }
    return silent
  }

  /** What a link brings of `origin` is of no use: it is to send no more of it. */
  refused(link: OpenLink, origin: ReplicaId, now: number): void {
    if (link.wanted.has(origin)) this.#takeBack(link, [origin], now)
  }

  #takeBack(link: OpenLink, origins: readonly ReplicaId[], now: number): void {
    for (const origin of origins) link.wanted.delete(origin)
    const nothing = origins.map((origin) => {
      const to = this.#log.reached(origin)
      return { origin, from: to + 1, to }
    })
    this.#say(link, nothing, false)
    link.window.forgive()
    this.#allow(link, now)
  }

  /** A link does not bring what it was asked for of these. */
  gaveUp({ wanted }: LinkState, origins: Iterable<ReplicaId>): void {
    for (const origin of origins) wanted.delete(origin)
  }
}
