import {
  encodeReplicaMessage,
  LIMITS,
  type Have,
  type Pushed,
  type ReplicaId,
  type ReplicaMessage,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Pace } from './pace.ts'
import { RecentEntries, type Stretch } from './recent-entries.ts'
import { TreeRoot } from './tree-root.ts'

/** Where the newest entry of an origin came from, and by how many links. */
interface Arrival {
  readonly seq: number
  readonly hops: number
  readonly link: number | undefined
}

/** New entries of one origin that wait to be pushed. */
interface Pending {
  before: Stretch['before']
  entries: Stretch['entries']
  hops: number
}

export interface PlumtreeOptions {
  readonly links: Links
  readonly log: LogView
  readonly pace: Pace
  /** Whether everybody has a link to everybody. */
  readonly isMesh: () => boolean
  readonly emit: Emit
}

/**
 * Plumtree (Leitão, Pereira, Rodrigues 2007): new entries are pushed along a tree, eagerly, and only
 * told of on the other links, lazily (`have`). A link on which something comes a second time is pruned
 * from the tree; one that told of something which did not come by the tree in time is grafted onto it
 * (`AntiEntropy` asks), and so is one that would have been much shorter. A peer is pushed what follows
 * on what it holds and nothing else: one that has fallen behind, or whose queue is full, asks.
 *
 * In a full mesh everybody is one link away from the origin: it pushes to all, and nobody passes on.
 */
export class Plumtree {
  readonly #with: PlumtreeOptions
  readonly #recent = new RecentEntries()
  readonly #arrivals = new Map<ReplicaId, Arrival>()
  readonly #pending = new Map<ReplicaId, Pending>()
  readonly #root = new TreeRoot()
  #isDue = false
  #flushedAt = Number.NEGATIVE_INFINITY

  constructor(options: PlumtreeOptions) {
    this.#with = options
  }

  /** Own entries have become durable (rule L3), in order. */
  publish(stretch: Stretch, now: number): void {
    const [first] = stretch.entries
    if (first === undefined) return
    this.#root.sent(first.dot.replica, now)
    this.#arrived(stretch, 0, undefined)
    this.#add(stretch, 1)
    this.#flush(now)
  }

  /** A link has brought entries; `fresh` are those that were news, and it pushed them by `hops` links. */
  took(link: OpenLink, fresh: Stretch, hops: number, now: number): void {
    const [first] = fresh.entries
    if (first === undefined) {
      if (hops > 0 && !this.#with.isMesh()) this.#prune(link)
      return
    }
    this.#root.sent(first.dot.replica, now)
    this.#arrived(fresh, hops, link)
    if (this.#with.isMesh()) return
    this.#add(fresh, hops + 1)
    this.#schedule(now)
  }

  #arrived(fresh: Stretch, hops: number, link: OpenLink | undefined): void {
    this.#recent.add(fresh)
    const { replica, seq } = (fresh.entries.at(-1) as Stretch['entries'][number]).dot
    this.#arrivals.set(replica, { seq, hops, link: link?.id })
    if (link !== undefined) setMost(link.pushed, replica, seq)
  }

  #add({ before, entries }: Stretch, hops: number): void {
    const origin = (entries[0] as Stretch['entries'][number]).dot.replica
    const pending = this.#pending.get(origin)
    if (pending?.entries.at(-1)?.hash !== before) {
      this.#pending.set(origin, { before, entries, hops })
    } else {
      pending.entries = [...pending.entries, ...entries]
      pending.hops = Math.max(pending.hops, hops)
    }
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
    const pending = [...this.#pending].map(([origin, each]) => ({ origin, ...each }))
    this.#pending.clear()
    if (pending.length === 0) return
    const frames = new Map<string, { links: OpenLink[]; series: Pushed[] }>()
    for (const link of this.#with.links.open()) {
      if (!link.isEager && !this.#with.isMesh()) continue
      const due = pending.map((each) => this.#dueTo(link, each))
      const key = due.join()
      const shared = frames.get(key)
      if (shared !== undefined) shared.links.push(link)
      else frames.set(key, { links: [link], series: seriesOf(pending, due) })
    }
    for (const { links, series } of frames.values()) this.#push(links, series, now)
  }

  /** From which of the pending entries on the link is to be pushed them; -1 for none. */
  #dueTo(link: OpenLink, { origin, entries }: { origin: ReplicaId } & Pending): number {
    const first = (entries[0] as Stretch['entries'][number]).dot.seq
    const stands = link.pushed.get(origin) ?? 0
    const from = stands - (first - 1)
    if (link.blocked || link.theirs === undefined || from < 0 || from >= entries.length) return -1
    link.pushed.set(origin, first - 1 + entries.length)
    return from
  }

  #push(links: readonly OpenLink[], series: readonly Pushed[], now: number): void {
    if (links.length === 0) return
    for (const link of links) link.awaitedSince ??= now
    const ids = links.map(({ id }) => id)
    for (const some of inFrames(series)) {
      const frame = encodeReplicaMessage({ type: 'push', series: some })
      this.#with.emit({ type: 'send', links: ids, frame })
    }
  }

  /** The peer asks for entries of `origin` from `seq` on: it does not have them, whatever it was pushed. */
  asked(link: OpenLink, origin: ReplicaId, seq: number): void {
    if ((link.pushed.get(origin) ?? 0) >= seq) link.pushed.set(origin, seq - 1)
  }

  /** The peer says that it holds `origin` up to `seq`. */
  holds(link: OpenLink, origin: ReplicaId, seq: number): void {
    setMost(link.pushed, origin, seq)
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
    const hops = (this.#arrivals.get(origin)?.hops ?? 0) + 1
    this.#push([link], [...piecesOf(rest, hops)], now)
  }

  /** By how many links whoever is told of the newest entry of `origin` would have got it; 0: unknown. */
  hopsOf(origin: ReplicaId): number {
    const arrival = this.#arrivals.get(origin)
    return arrival?.seq === this.#with.log.heads.get(origin)?.seq ? (arrival?.hops ?? -1) + 1 : 0
  }

  /**
   * A peer tells of what has come already: if its link is shorter, it takes the other's place. All look at
   * one origin's entries alone, so that the tree is as flat as can be seen from there, whoever sends.
   */
  heard(link: OpenLink, { heads, hops }: Have): void {
    const origin = this.#root.origin
    if (link.isEager || origin === undefined || this.#with.isMesh()) return
    const [came, arrival] = [hops.get(origin), this.#arrivals.get(origin)]
    if (came === undefined || arrival?.link === undefined) return
    if (arrival.seq !== heads.get(origin)?.seq) return
    if (came > arrival.hops - GOSSIP_LIMITS.optimiseHops) return
    const parent = this.#with.links.get(arrival.link)
    this.#arrivals.set(origin, { ...arrival, hops: came, link: link.id })
    this.graft(link)
    if (parent?.replica !== undefined) this.#prune(parent as OpenLink)
  }

  /** Makes the link one of the tree, and has the peer do so too. */
  graft(link: OpenLink): void {
    link.isEager = true
    this.#send(link, { type: 'want', ranges: [], graft: true })
  }

  grafted(link: OpenLink): void {
    link.isEager = true
  }

  #prune(link: OpenLink): void {
    link.isEager = false
    this.#send(link, { type: 'prune' })
  }

  pruned(link: OpenLink): void {
    link.isEager = false
  }

  /** Entries of `origin` were rolled back. */
  forget(origin: ReplicaId): void {
    this.#recent.forget(origin)
    this.#arrivals.delete(origin)
    this.#pending.delete(origin)
    for (const { pushed } of this.#with.links.open()) pushed.delete(origin)
  }

  #send(link: LinkState, message: ReplicaMessage): void {
    this.#with.emit({ type: 'send', links: [link.id], frame: encodeReplicaMessage(message) })
  }
}

function setMost(pushed: Map<ReplicaId, number>, origin: ReplicaId, seq: number): void {
  if ((pushed.get(origin) ?? 0) < seq) pushed.set(origin, seq)
}

function seriesOf(pending: readonly Pending[], due: readonly number[]): Pushed[] {
  return pending.flatMap(({ before, entries, hops }, at) => {
    const from = due[at] ?? -1
    if (from < 0) return []
    const previous = from === 0 ? before : (entries[from - 1]?.hash ?? before)
    return [...piecesOf({ before: previous, entries: entries.slice(from) }, hops)]
  })
}

/** Cuts a stretch into series of about `pushBytesMax`, or one larger entry. */
function* piecesOf({ before, entries }: Stretch, hops: number): Generator<Pushed> {
  let previous = before
  let piece: Uint8Array[] = []
  let bytes = 0
  for (const entry of entries) {
    piece.push(entry.bytes)
    bytes += entry.bytes.length
    if (bytes < GOSSIP_LIMITS.pushBytesMax && piece.length < LIMITS.entriesPerFrameMax) continue
    yield { previous, entries: piece, hops }
    previous = entry.hash
    piece = []
    bytes = 0
  }
  if (piece.length > 0) yield { previous, entries: piece, hops }
}

/** Packs series into frames of about `pushBytesMax`. */
function* inFrames(series: readonly Pushed[]): Generator<Pushed[]> {
  let frame: Pushed[] = []
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
