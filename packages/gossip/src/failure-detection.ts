import {
  encodeReplicaMessage,
  type MemberRecord,
  type ReplicaId,
  type ReplicaMessage,
} from '@rejoin/protocol'

import type { Chance } from './chance.ts'
import type { Dialling } from './dialling.ts'
import type { Emit, GossipTimer } from './events.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import { LocalHealth } from './local-health.ts'
import type { Membership } from './membership.ts'
import type { Shape } from './overlay.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'
import type { Roster } from './roster.ts'
import type { RoundTrips } from './round-trips.ts'
import { Suspicions, type SuspicionTimer } from './suspicions.ts'
import type { SwimMessage, SwimTimer } from './swim-messages.ts'
import { Swim } from './swim.ts'

export interface FailureDetectionOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly roster: Roster
  readonly dialling: Dialling
  readonly roundTrips: RoundTrips
  readonly chance: Chance
  readonly shape: () => Shape
  /** Without it this is plain SWIM, to compare with. */
  readonly lifeguard: boolean
  readonly emit: Emit
}

/**
 * What becomes of a member that does not answer: its neighbours accuse it (`Swim`), which everybody
 * hears of (`Roster`); it may refute that; and who does not, in time (`Suspicions`), has failed. A failed
 * member still counts, as it holds what it holds. When it is back it says so under a higher incarnation.
 * A connection that closes says nothing by itself; but when the peer can't be reached anew, it is accused
 * at once.
 */
export class FailureDetection {
  readonly health: LocalHealth = new LocalHealth()
  readonly #with: FailureDetectionOptions
  readonly #swim: Swim
  readonly #suspicions: Suspicions
  /** Visits under way for relays, by address. */
  readonly #visits = new Map<string, number[]>()
  #startedAt = 0

  constructor(options: FailureDetectionOptions) {
    const { links, emit, membership, lifeguard } = options
    this.#with = options
    const schedule = (timer: SwimTimer | SuspicionTimer, delayMs: number): void => {
      emit({ type: 'schedule', timer, delayMs: Math.round(delayMs) })
    }
    this.#swim = new Swim({
      ...options,
      health: this.health,
      neighbours: () => [...links.open()].map(({ replica }) => replica),
      send: (to, message) => this.#say(to, message),
      visit: (target, seq) => this.#visit(target, seq),
      accuse: (target, now) => this.#unanswered(target, now),
      broken: (target) => this.#broken(target),
      schedule,
    })
    this.#suspicions = new Suspicions({
      members: () => membership.size,
      failed: (member, incarnation) => this.#failed(member, incarnation),
      schedule,
      lifeguard,
    })
  }

  started(now: number): void {
    this.#startedAt = now
    this.#swim.started(now)
  }

  timer(timer: GossipTimer, now: number): void {
    if (timer.kind === 'suspicion') return this.#suspicions.timer(timer as SuspicionTimer, now)
    this.#swim.timer(timer as SwimTimer, now)
  }

  took(link: OpenLink, message: SwimMessage, now: number): void {
    this.#swim.took(link.replica, message, now)
  }

  heardFrom(link: OpenLink): void {
    this.#swim.heardFrom(link.replica)
  }

  /** Whoever is pinged is told of the suspicion too, if there is one (Lifeguard's buddy system). */
  #say(to: ReplicaId, message: SwimMessage): void {
    const link = this.#with.links.ofReplica(to)
    const record = this.#with.membership.record(to)
    if (message.type === 'ping' && record?.state === 'suspect') {
      this.#send(link, { type: 'members', members: [record], addresses: [] })
    }
    this.#send(link, message)
  }

  /**
   * Neither this replica nor those that it asked could reach a neighbour: it is accused, and its link
   * gives its place to another, after the accusation, which is the last that the neighbour finds on it.
   * Should it live after all, it is linked again when it says so.
   */
  #unanswered(target: ReplicaId, now: number): void {
    this.accuse(target, now)
    const { links, membership } = this.#with
    const [link, record] = [links.ofReplica(target), membership.record(target)]
    if (link === undefined || record === undefined) return
    if (this.#isMesh) return
    this.#send(link, { type: 'members', members: [record], addresses: [] })
    const reason = 'Nobody who was asked could reach this replica.'
    links.refuse(link, { code: 'silent', reason })
  }

  #send(link: OpenLink | undefined, message: ReplicaMessage): void {
    if (link === undefined) return
    this.#with.emit({ type: 'send', links: [link.id], frame: encodeReplicaMessage(message) })
  }

  #visit(target: ReplicaId, seq: number): void {
    const address = this.#with.membership.get(target)?.address ?? ''
    if (address === '' || this.#with.links.isCut(target)) return this.#swim.visited(seq, false)
    this.#visits.set(address, [...(this.#visits.get(address) ?? []), seq])
    this.#with.dialling.dial(address, 'visit')
  }

  /** A dial has come through to a replica. */
  reached(address: string): void {
    this.#visited(address, true)
  }

  #visited(address: string, isReached: boolean): void {
    for (const seq of this.#visits.get(address) ?? []) this.#swim.visited(seq, isReached)
    this.#visits.delete(address)
  }

  /**
   * A replica could not be reached: so it is accused. Not where there are many others and this one has no
   * links at all, as it is likely the one that is cut off; nor while it has not been up for long, as
   * the others may all be starting with it.
   */
  unreachable(address: string, owner: ReplicaId | undefined, now: number): void {
    this.#visited(address, false)
    const { links } = this.#with
    const isSure = links.openCount > 0 && now - this.#startedAt > OVERLAY_LIMITS.startingMs
    if (owner === undefined || links.isOpen(owner)) return
    if (isSure || this.#isMesh) this.accuse(owner, now)
  }

  /** The connection to a peer has closed: whether it is still there shows when it is dialled. */
  lost(replica: ReplicaId, now: number): void {
    const { membership, links, dialling } = this.#with
    const address = membership.get(replica)?.address ?? ''
    if (links.isCut(replica) || links.isOpen(replica) || membership.isRetired(replica)) return
    if (address === '') this.accuse(replica, now)
    // In a small mesh it is dialled anyway, only a little later.
    else if (this.#with.shape() !== 'direct') dialling.dial(address, 'visit', replica)
  }

  /** Whether everybody keeps a link to everybody. */
  get #isMesh(): boolean {
    return this.#with.shape() !== 'tree'
  }

  /** This replica has reason to believe that `target` is down. */
  accuse(target: ReplicaId, now: number): void {
    const { self, membership, links } = this.#with
    const known = membership.record(target)
    if (known === undefined || known.state === 'failed' || links.isCut(target)) return
    this.believe({ ...known, state: 'suspect', by: self }, undefined, now)
  }

  #broken(target: ReplicaId): void {
    const link = this.#with.links.ofReplica(target)
    const reason = 'Others reach this replica, but this link has had no answer for a while.'
    if (link !== undefined) this.#with.links.refuse(link, { code: 'silent', reason })
  }

  #failed(member: ReplicaId, incarnation: number): void {
    const { membership, roster } = this.#with
    const known = membership.get(member)
    if (known === undefined || known.state !== 'suspect' || known.incarnation !== incarnation)
      return
    const { by: _by, ...record } = membership.record(member) as MemberRecord
    const failed: MemberRecord = { ...record, state: 'failed' }
    if (membership.believe(failed)) roster.news(failed, undefined)
  }

  /** Hears what is said of a member, by a peer or by itself; what is news is passed on. */
  believe(record: MemberRecord, from: OpenLink | undefined, now: number): boolean {
    const { self, membership, roster } = this.#with
    const isNews = membership.believe(record)
    if (record.replica === self) {
      if (isNews) this.#refute()
      else if (record.state !== 'alive') this.#repeat(from)
      return isNews
    }
    if (record.state === 'suspect') return this.#suspect(record, from, now)
    if (!isNews) return false
    if (record.state === 'alive') this.#suspicions.refuted(record.replica, record.incarnation)
    else this.#suspicions.cleared(record.replica)
    roster.news(membership.record(record.replica) as MemberRecord, from)
    return true
  }

  #refute(): void {
    this.health.refuted()
    this.#with.roster.news(this.#with.membership.own, undefined)
  }

  /** Who has not heard a refutation is told again. */
  #repeat(to: OpenLink | undefined): void {
    this.#send(to, { type: 'members', members: [this.#with.membership.own], addresses: [] })
  }

  /** A further accuser is news too, as long as that shortens the suspicion. */
  #suspect(record: MemberRecord, from: OpenLink | undefined, now: number): boolean {
    const { replica, incarnation, by } = record
    const known = this.#with.membership.get(replica)
    if (known?.state !== 'suspect' || known.incarnation !== incarnation) return false
    if (!this.#suspicions.suspected(replica, incarnation, by ?? replica, now)) return false
    this.#with.roster.news(record, from)
    return true
  }
}
