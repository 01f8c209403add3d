import {
  encodeReplicaMessage,
  LIMITS,
  type ReplicaId,
  type ReplicaMessage,
  type SealedEntry,
  type Series,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import type { FlatTree } from './flat-tree.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Shape } from './overlay.ts'
import type { Pace } from './pace.ts'
import type { Parent } from './parent.ts'
import { RecentEntries, type Stretch } from './recent-entries.ts'

/** Entries that a link brought, pushed or asked for; `fresh` are those that were news. */
export interface Taken {
  readonly origin: ReplicaId
  /** The last that it brought. */
  readonly upTo: number
  readonly fresh: Stretch
  readonly isPushed: boolean
}

/** New entries of one origin that wait to be pushed. */
interface Pending extends Stretch {
  readonly origin: ReplicaId
}

export interface PlumtreeOptions {
  readonly links: Links
  readonly log: LogView
  readonly pace: Pace
  readonly self: ReplicaId
  readonly tree: FlatTree
  readonly parent: Parent
  readonly shape: () => Shape
  readonly emit: Emit
}

/**
 * Plumtree (Leitão, Pereira, Rodrigues 2007): new entries are pushed along a tree, eagerly, and only
 * told of on the other links, lazily (`have`). A link on which something comes a second time is pruned
 * from the tree; one that told of something which did not come by the tree in time is grafted onto it
 * (`AntiEntropy` asks). `FlatTree` keeps the tree flat. A peer is pushed what follows on what it holds and
 * nothing else: one that has fallen behind, or whose queue is full, asks.
 *
 * In a small full mesh the origin itself pushes to all, and nobody passes on. In a larger one the tree is a
 * `Star`.
 */
export class Plumtree {
  readonly #with: PlumtreeOptions
  readonly #recent = new RecentEntries()
  readonly #pending = new Map<ReplicaId, Pending>()
  /** By which link the newest entry of each origin came. */
  readonly #arrivals = new Map<ReplicaId, OpenLink>()
  #isDue = false
  #flushedAt = Number.NEGATIVE_INFINITY

  constructor(options: PlumtreeOptions) {
    this.#with = options
  }

  /** Own entries have become durable (rule L3), in order. */
  publish(stretch: Stretch, now: number): void {
    const [first] = stretch.entries
    if (first === undefined) return
    this.#recent.add(stretch)
    if (this.#with.shape() === 'tree') this.#with.tree.made(now)
    this.#add(first.dot.replica, stretch)
    this.#flush(now)
  }

  /** A link has brought entries. */
  took(link: OpenLink, { origin, upTo, fresh, isPushed }: Taken, now: number): void {
    const shape = this.#with.shape()
    setMost(link.pushed, origin, upTo)
    if (fresh.entries.length === 0) {
      const isTwice = isPushed && this.#with.log.reached(origin) >= upTo
      if (isTwice && shape !== 'direct') this.#cameTwice(link, origin, now)
      return
    }
    this.#recent.add(fresh)
    if (shape === 'direct') return
    this.#arrivals.set(origin, link)
    this.#add(origin, fresh)
    this.#schedule(now)
  }

  #add(origin: ReplicaId, { before, entries }: Stretch): void {
    const pending = this.#pending.get(origin)
    const joins = pending !== undefined && pending.entries.at(-1)?.hash === before
    const all = joins ? { ...pending, entries: [...pending.entries, ...entries] } : undefined
    this.#pending.set(origin, all ?? { origin, before, entries })
  }

  /** Under load, what comes from several sides within a part of a round trip goes on in one frame. */
  #schedule(now: number): void {
    const delayMs = this.#flushedAt + this.#with.pace.relayMs - now
    if (delayMs <= 0) return this.#flush(now)
    if (this.#isDue) return
    this.#isDue = true
    const timer = { kind: 'push', key: 0, token: 0 } as const
    this.#with.emit({ type: 'schedule', timer, delayMs })
  }

  timer(now: number): void {
    this.#isDue = false
    this.#flush(now)
  }

  #flush(now: number): void {
    this.#flushedAt = now
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    if (pending.length === 0) return
    const frames = new Map<string, { links: OpenLink[]; series: Series[] }>()
    for (const link of this.#with.links.open()) {
      if (link.blocked || link.theirs === undefined) continue
      const due = pending.map((each) => this.#dueTo(link, each))
      const key = due.map((each) => each?.entries[0]?.dot.seq ?? '').join()
      const shared = frames.get(key)
      if (shared !== undefined) shared.links.push(link)
      else frames.set(key, { links: [link], series: due.flatMap((each) => [...piecesOf(each)]) })
    }
    for (const { links, series } of frames.values()) this.#push(links, series, now)
  }

  /**
   * What of the pending entries is to be pushed on the link, together with the few before them that the
   * peer may lack yet; nothing to one that is far behind, or waits for what it asked for.
   */
  #dueTo(link: OpenLink, pending: Pending): Stretch | undefined {
    const { origin, entries } = pending
    if (!link.isEager && !this.#isForAll(origin)) return undefined
    const first = (entries[0] as SealedEntry).dot.seq
    const stands = link.pushed.get(origin) ?? 0
    const from = stands - (first - 1)
    if (stands === ASKING || from >= entries.length || from < -GOSSIP_LIMITS.gapMax)
      return undefined
    const due = from < 0 ? this.#recent.after(origin, stands) : tailOf(pending, from)
    if (due !== undefined) setMost(link.pushed, origin, (due.entries.at(-1) as SealedEntry).dot.seq)
    return due
  }

  /** Whether what is new of `origin` is pushed to everybody from here, as nobody else does it. */
  #isForAll(origin: ReplicaId): boolean {
    const { self, parent, shape } = this.#with
    if (shape() === 'direct') return true
    return shape() === 'star' && origin === self && parent.link === undefined
  }

  #push(links: readonly OpenLink[], series: readonly Series[], now: number): void {
    if (links.length === 0) return
    for (const link of links) link.awaitedSince ??= now
    const ids = links.map(({ id }) => id)
    for (const some of inFrames(series)) {
      const frame = encodeReplicaMessage({ type: 'push', series: some })
      this.#with.emit({ type: 'send', links: ids, frame })
    }
  }

  /** The peer says that it holds `origin` up to `seq`. */
  holds(link: OpenLink, origin: ReplicaId, seq: number): void {
    setMost(link.pushed, origin, seq)
  }

  /** The peer asks for entries of `origin` from `seq` on: it does not have them, whatever it was pushed. */
  asked(link: OpenLink, origin: ReplicaId, seq: number): void {
    if ((link.pushed.get(origin) ?? 0) >= seq) link.pushed.set(origin, ASKING)
  }

  /**
   * The peer has just been given what it asked for, up to `seq`. Under load the newest entries are always
   * a little ahead of that; if these few are still at hand, they are pushed, and pushing goes on from there.
   */
  served(link: OpenLink, origin: ReplicaId, seq: number, now: number): void {
    if ((link.pushed.get(origin) ?? 0) > seq) return
    link.pushed.set(origin, seq)
    const rest = this.#recent.after(origin, seq)
    const head = this.#with.log.heads.get(origin)?.seq ?? 0
    if (rest === undefined || link.blocked || (rest.entries.at(-1)?.dot.seq ?? 0) < head) return
    link.pushed.set(origin, seq + rest.entries.length)
    this.#push([link], [...piecesOf(rest)], now)
  }

  /** This replica wants to be pushed what is new, or the peer does. */
  grafted(link: OpenLink): void {
    link.isEager = true
  }

  /** The peer hangs onto this replica; in a star it is pushed what went by while it said so. */
  adopted(link: OpenLink, now: number): void {
    link.isEager = true
    link.isChild = true
    if (this.#with.shape() === 'star') this.#pushNewest(link, this.#recent.origins(), now)
  }

  /** This replica hangs onto the peer, which may be the only one not to know what it made lately. */
  followed(link: OpenLink, now: number): void {
    this.#pushNewest(link, [this.#with.self], now)
  }

  #pushNewest(link: OpenLink, origins: Iterable<ReplicaId>, now: number): void {
    if (link.blocked || link.theirs === undefined) return
    const series: Series[] = []
    for (const origin of origins) {
      const stands = link.pushed.get(origin) ?? 0
      const rest = stands === ASKING ? undefined : this.#recent.after(origin, stands)
      if (rest === undefined || rest.entries.length > GOSSIP_LIMITS.gapMax) continue
      link.pushed.set(origin, stands + rest.entries.length)
      series.push(...piecesOf(rest))
    }
    if (series.length > 0) this.#push([link], series, now)
  }

  /**
   * What was pushed had come already: a link is none of the tree, and its other end is told. The parent's is
   * one, so that it is then the link by which it came first.
   */
  #cameTwice(link: OpenLink, origin: ReplicaId, now: number): void {
    const extra = this.#with.parent.is(link) ? this.#firstOf(origin) : link
    // What is still under way of it comes twice too, and need not be said again.
    if (extra === undefined || now - extra.prunedAt < this.#with.pace.graftMs) return
    this.#prune(extra, now)
  }

  /** By which link the newest of `origin` came first, if that is another than the parent's. */
  #firstOf(origin: ReplicaId): OpenLink | undefined {
    const first = this.#arrivals.get(origin)
    if (first === undefined || this.#with.parent.is(first)) return undefined
    return this.#with.links.get(first.id) === first ? first : undefined
  }

  /** A child goes on to be pushed to, and is told by it that it must have another link besides. */
  #prune(link: OpenLink, now: number): void {
    link.prunedAt = now
    if (!link.isChild) link.isEager = false
    this.#send(link, { type: 'prune' })
  }

  /**
   * What the peer is pushed comes to it twice, or it has another parent. If it is the parent here, this
   * replica gets what is new by some link that is neither its nor a child's.
   */
  pruned(link: OpenLink, now: number): void {
    const { parent, links } = this.#with
    link.isChild = false
    link.isEager = parent.is(link)
    if (!link.isEager) return
    for (const other of links.open()) {
      if (other.isEager && !other.isChild && !parent.is(other)) this.#prune(other, now)
    }
  }

  /** Entries of `origin` were rolled back. */
  forget(origin: ReplicaId): void {
    this.#recent.forget(origin)
    this.#pending.delete(origin)
    this.#arrivals.delete(origin)
    for (const { pushed } of this.#with.links.open()) pushed.delete(origin)
  }

  #send(link: LinkState, message: ReplicaMessage): void {
    this.#with.emit({ type: 'send', links: [link.id], frame: encodeReplicaMessage(message) })
  }
}

const NOTHING: Stretch = { before: '', entries: [] }

/** The peer has asked for entries of an origin, and is pushed nothing of it until it has got them. */
const ASKING = -1

function setMost(pushed: Map<ReplicaId, number>, origin: ReplicaId, seq: number): void {
  if ((pushed.get(origin) ?? 0) < seq) pushed.set(origin, seq)
}

/** A stretch without its first `from` entries. */
function tailOf({ before, entries }: Stretch, from: number): Stretch {
  const last = entries[from - 1]
  return last === undefined
    ? { before, entries }
    : { before: last.hash, entries: entries.slice(from) }
}

/** Cuts a stretch into series of about `pushBytesMax`, or one larger entry. */
function* piecesOf({ before, entries }: Stretch = NOTHING): Generator<Series> {
  let previous = before
  let piece: Uint8Array[] = []
  let bytes = 0
  for (const entry of entries) {
    piece.push(entry.bytes)
    bytes += entry.bytes.length
    if (bytes < GOSSIP_LIMITS.pushBytesMax && piece.length < LIMITS.entriesPerFrameMax) continue
    yield { previous, entries: piece }
    previous = entry.hash
    piece = []
    bytes = 0
  }
  if (piece.length > 0) yield { previous, entries: piece }
}

/** Packs series into frames of about `pushBytesMax`. */
function* inFrames(series: readonly Series[]): Generator<Series[]> {
  let frame: Series[] = []
  let bytes = 0
  for (const each of series) {
    const size = each.entries.reduce((sum, entry) => sum + entry.length, 0)
    const isFull =
      bytes + size > GOSSIP_LIMITS.pushBytesMax || frame.length === LIMITS.seriesPerFrameMax
    if (frame.length > 0 && isFull) {
      yield frame
      frame = []
      bytes = 0
    }
    frame.push(each)
    bytes += size
  }
  if (frame.length > 0) yield frame
}
