import {
  CHAIN_START,
  EMPTY_VERSION,
  encodeReplicaMessage,
  equalVersions,
  join,
  seqOf,
  type Have,
  type Head,
  type Heads,
  type Range,
  type ReplicaId,
  type Version,
  versionOf,
} from '@rejoin/protocol'

import type { Asking, Brought } from './asking.ts'
import type { CatchUp } from './catch-up.ts'
import type { Emit, GossipTimer, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import type { Pace } from './pace.ts'
import { fingerprintOfVersion, isSameFingerprint } from './fingerprint-bytes.ts'
import { isFar, type FlatTree } from './flat-tree.ts'
import type { Plumtree } from './plumtree.ts'
import type { Roster } from './roster.ts'

export interface AntiEntropyOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly roster: Roster
  readonly broadcast: Plumtree
  readonly tree: FlatTree
  readonly log: LogView
  readonly catchUp: CatchUp
  readonly asking: Asking
  readonly pace: Pace
  readonly emit: Emit
}

/**
 * Anti-entropy by version exchange: peers tell each other what they hold (`have`), and whoever sees
 * that it lacks something asks for it (see `Asking`).
 * Just after a link opens what is missing is asked for at once; later it is first given a little time to
 * arrive by broadcast. What the members are known to hold is told too, while there are few.
 */
export class AntiEntropy {
  readonly #self: ReplicaId
  readonly #links: Links
  readonly #membership: Membership
  readonly #log: LogView
  readonly #catchUp: CatchUp
  readonly #asking: Asking
  readonly #emit: Emit
  readonly #with: AntiEntropyOptions
  #announceToken = 0
  #announcing = false
  #canStore = true
  readonly #grafting = new Set<number>()
  /** What was announced and has not come yet: since when. */
  readonly #announced = new Map<ReplicaId, { seq: number; at: number }>()

  constructor(options: AntiEntropyOptions) {
    this.#self = options.self
    this.#links = options.links
    this.#membership = options.membership
    this.#log = options.log
    this.#catchUp = options.catchUp
    this.#asking = options.asking
    this.#emit = options.emit
    this.#with = options
  }

  /** Something that peers should know of has changed; they hear of it soon. */
  changed(): void {
    if (this.#announcing) return
    this.#announcing = true
    this.#announceToken += 1
    const timer = { kind: 'announce', key: 0, token: this.#announceToken } as const
    this.#emit({ type: 'schedule', timer, delayMs: this.#with.pace.announceMs })
  }

  announceTimer(timer: GossipTimer): void {
    if (timer.token !== this.#announceToken) return
    this.#announcing = false
    for (const link of this.#links.open()) this.#tell(link, false)
  }

  /** Tells a peer everything: on opening the link, and when it asks. */
  tellAll(link: OpenLink): void {
    this.#tell(link, true)
  }

  /** Tells peers with every heartbeat what there is: all of it, or where that is much its fingerprint. */
  beat(): void {
    const { heads } = this.#log
    const isMuch = heads.size > GOSSIP_LIMITS.beatHeadsMax
    const sum = isMuch ? fingerprintOfVersion(versionOf(heads)) : undefined
    for (const link of this.#links.open()) {
      this.#tell(link, !isMuch)
      if (sum === undefined || !link.isAgreed || link.blocked) continue
      this.#say(link, { heads: new Map(), members: new Map(), sum })
    }
  }

  /** A peer's fingerprint shows whether it was understood; if not, it is asked for everything. */
  #checkSum(link: OpenLink, sum: Uint8Array): void {
    if (isSameFingerprint(sum, fingerprintOfVersion(link.theirs ?? EMPTY_VERSION))) return
    const frame = encodeReplicaMessage({ type: 'want', ranges: [], graft: false })
    this.#emit({ type: 'send', links: [link.id], frame })
  }

  /** Not before the peer knows the members whose versions it may count (rule L6). */
  #tell(link: OpenLink, all: boolean): void {
    if (!link.isAgreed || link.blocked) return
    this.#with.roster.flush()
    const heads = new Map<ReplicaId, Head>()
    for (const [origin, head] of this.#log.heads) {
      if (!all && seqOf(link.told, origin) === head.seq) continue
      heads.set(origin, head)
      link.told.set(origin, head.seq)
    }
    // What was rolled back to nothing is told of as such, once.
    for (const [origin, seq] of link.told) {
      if (seq === 0 || this.#log.heads.has(origin)) continue
      heads.set(origin, { seq: 0, hash: CHAIN_START })
      link.told.set(origin, 0)
    }
    const members = this.#versionsFor(link, all)
    const isMoved = isFar(link.toldPosition, this.#with.tree.position)
    if (!all && !isMoved && heads.size === 0 && members.size === 0) return
    this.#say(link, { heads, members })
  }

  /** Every `have` says where this replica stands, as one without says that it stands nowhere. */
  #say(link: OpenLink, said: Pick<Have, 'heads' | 'members' | 'sum'>): void {
    const { position } = this.#with.tree
    link.toldPosition = position
    const standing = position === undefined ? {} : { position }
    const frame = encodeReplicaMessage({ type: 'have', ...said, ...standing })
    this.#emit({ type: 'send', links: [link.id], frame })
  }

  #versionsFor(link: OpenLink, all: boolean): Map<ReplicaId, Version> {
    const members = new Map<ReplicaId, Version>()
    // Where there are more than this they are counted in a census.
    if (this.#membership.size > GOSSIP_LIMITS.toldVersionsMax) return members
    for (const { replica, version } of this.#membership.all()) {
      if (replica === link.replica) continue
      if (!all && link.toldMembers.get(replica) === version) continue
      members.set(replica, version)
      link.toldMembers.set(replica, version)
    }
    return members
  }

  /** Takes a peer's `have`. */
  heard(link: OpenLink, have: Have, now: number): void {
    const first = link.theirs === undefined
    link.theirs ??= new Map()
    for (const [origin, { seq }] of have.heads) {
      link.theirs.set(origin, seq)
      if (!first && seq > this.#log.reached(origin)) this.#expect(origin, seq, now)
    }
    if (have.sum !== undefined) this.#checkSum(link, have.sum)
    this.#remind(link, have, first)
    this.#learn(link, have)
    if (first) this.ask(link, now)
    else if (this.#missingFrom(link, now).length > 0) this.#scheduleGraft(link)
  }

  /** A peer that has less of anything than it had has lost it, and is told so (rules L6, L8). */
  #remind(link: OpenLink, { heads }: Have, isComplete: boolean): void {
    const version = this.#heldBy(link.replica)
    const isLess =
      [...heads].some(([origin, { seq }]) => seq < seqOf(version, origin)) ||
      (isComplete && [...version.keys()].some((origin) => !heads.has(origin)))
    if (!isLess) return
    const members = new Map([[link.replica, version]])
    this.#say(link, { heads: new Map(), members })
  }

  /** What a replica once held, as far as is known here: documents that came whole tell of its own entries too. */
  #heldBy(replica: ReplicaId): Version {
    const known = this.#membership.get(replica)?.version ?? EMPTY_VERSION
    const own = seqOf(this.#log.ahead, replica)
    return own > seqOf(known, replica) ? join([known, new Map([[replica, own]])]) : known
  }

  #learn(link: OpenLink, have: Have): void {
    const version = versionOf(have.heads)
    let news = this.#membership.learned(link.replica, version)
    for (const [replica, theirs] of have.members) {
      if (this.#membership.learned(replica, theirs)) news = true
      const known = this.#membership.get(replica)
      // What the peer told us it knows; if we know no more, there is nothing to tell it back.
      if (known !== undefined && equalVersions(known.version, theirs)) {
        link.toldMembers.set(replica, known.version)
      }
    }
    if (news) this.changed()
  }

  #scheduleGraft(link: OpenLink, delayMs: number = this.#with.pace.graftMs): void {
    if (this.#grafting.has(link.id)) return
    this.#grafting.add(link.id)
    const timer = { kind: 'graft', key: link.id, token: 0 } as const
    this.#emit({ type: 'schedule', timer, delayMs })
  }

  graftTimer(timer: GossipTimer, now: number): void {
    this.#grafting.delete(timer.key as number)
    const link = this.#links.get(timer.key as number)
    if (link?.replica === undefined) return
    if (link.restsUntil > now) return this.#scheduleGraft(link as OpenLink, link.restsUntil - now)
    const late: Range[] = []
    let restMs = Number.POSITIVE_INFINITY
    for (const range of this.#missingFrom(link as OpenLink, now)) {
      const waitMs = this.#waitFor(range, now)
      if (waitMs <= 0) late.push(range)
      else restMs = Math.min(restMs, waitMs)
    }
    if (restMs < Number.POSITIVE_INFINITY) this.#scheduleGraft(link as OpenLink, restMs)
    if (late.length > 0) this.#with.broadcast.grafted(link as OpenLink)
    this.#asking.want(link as OpenLink, late, true, now)
  }

  /** How much longer entries that were announced may be on their way by the broadcast, in ms. */
  #waitFor({ origin, to }: Range, now: number): number {
    this.#expect(origin, to, now)
    const { at } = this.#announced.get(origin) as { at: number }
    return at + this.#with.pace.graftMs - now
  }

  /** Asks a peer for all that it has and this replica lacks, less what is asked for already. */
  ask(link: OpenLink, now: number): void {
    this.#asking.want(link, this.#missingFrom(link, now), false, now)
  }

  #missingFrom(link: OpenLink, now: number): Range[] {
    this.#expire(now)
    const ranges: Range[] = []
    if (!this.#canStore) return ranges
    const room = this.#asking.roomOn(link, now)
    for (const [origin, to] of link.theirs ?? []) {
      if (ranges.length >= room) break
      const from = this.#log.reached(origin) + 1
      if (origin === this.#self || to < from || this.#isHeldUp(link, origin)) continue
      if (!this.#asking.isAsked(origin)) ranges.push({ origin, from, to })
    }
    return ranges
  }

  /** What a link was asked for and did not bring in time is asked of the others. */
  #expire(now: number): void {
    if (this.#asking.expire(now).length === 0) return
    for (const link of this.#links.open()) this.#scheduleGraft(link)
  }

  /** Whether entries of `origin` are not to be asked of this link now. */
  #isHeldUp(link: OpenLink, origin: ReplicaId): boolean {
    if (link.disputed.has(origin) || this.#log.isBlocked(origin)) return true
    return this.#catchUp.covers(origin) || this.#asking.isFull(origin)
  }

  #expect(origin: ReplicaId, seq: number, at: number): void {
    const known = this.#announced.get(origin)
    // What was expected before may have come as documents.
    if (known !== undefined && this.#log.reached(origin) < known.seq) return
    this.#announced.set(origin, { seq, at })
  }

  #came(origin: ReplicaId, isPushed: boolean, now: number): void {
    const expected = this.#announced.get(origin)
    if (expected === undefined || this.#log.reached(origin) < expected.seq) return
    this.#announced.delete(origin)
    if (isPushed) this.#with.pace.lateness.record(now - expected.at)
  }

  /** A link has brought entries: once all that it was asked for is here, it is asked for the rest. */
  took(link: OpenLink, brought: Brought, now: number): void {
    this.#came(brought.origin, brought.isPushed, now)
    const progress = this.#asking.took(link, brought, now)
    if (progress === 'ended') this.ask(link, now)
    // What was dropped at a bound would only be dropped again if it came at once.
    if (this.#asking.reviewDropped()) this.#scheduleGraft(link)
  }

  /** More is durable here: peers hear of it, and may send more. */
  advanced(now: number): void {
    this.#asking.advanced(now)
    this.changed()
  }

  /** What a link brings of `origin` is another history. */
  forked(link: OpenLink, origin: ReplicaId, now: number): void {
    this.#asking.refused(link, origin, now)
  }

  /** A peer's log begins after `floors`: it does not bring what it was asked for of these. */
  behind(link: OpenLink, floors: Heads): void {
    this.#asking.gaveUp(link, floors.keys())
    this.#scheduleGraft(link)
  }

  /** Whether what peers bring can be stored here: while not, they are asked for nothing (rule S2). */
  storage(isWell: boolean): void {
    this.#canStore = isWell
    if (isWell) this.goOn()
  }

  /** What held entries up is gone: they are asked for. */
  goOn(): void {
    for (const link of this.#links.open()) this.#scheduleGraft(link)
  }

  /** A link has ended: what it was asked for is asked of the others. */
  ended({ wanted }: LinkState): void {
    if (wanted.size === 0) return
    for (const link of this.#links.open()) this.#scheduleGraft(link)
  }

  /** The link's queue has room again: the peer hears what it was not told meanwhile. */
  drained(link: OpenLink): void {
    this.#tell(link, false)
  }
}
