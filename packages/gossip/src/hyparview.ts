import {
  encodeReplicaMessage,
  type Contact,
  type ForwardJoin,
  type RejectionCode,
  type ReplicaId,
  type ReplicaMessage,
  type Shuffle,
  type Wish,
} from '@rejoin/protocol'

import type { Chance } from './chance.ts'
import type { Dialling } from './dialling.ts'
import type { Emit } from './events.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { PassiveView } from './passive-view.ts'

export interface HyParViewOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly dialling: Dialling
  readonly chance: Chance
  readonly emit: Emit
}

/** How pressing it is to find a neighbour: not very, as there are some; very; or there is none. */
type Need = 0 | 1 | 2

/** Between two attempts to find one, in ms: the least, and what it doubles up to. */
const WAITS: Readonly<Record<Need, readonly [number, number]>> = {
  0: [2 * OVERLAY_LIMITS.seekMs, OVERLAY_LIMITS.seekMsMax],
  1: [OVERLAY_LIMITS.aloneMs, OVERLAY_LIMITS.seekMs],
  2: [OVERLAY_LIMITS.aloneMs, OVERLAY_LIMITS.aloneMs],
}

/**
 * HyParView (Leitão, Pereira, Rodrigues 2007): a few links to random neighbours, the active view, and a
 * passive view of others that take the place of those that are lost. Every open link is in the active
 * view. One that joins walks along random links and is offered a link where its walks end; views are
 * mixed by shuffles. A replica that has room looks for neighbours, and one that has a little less room
 * than that still takes them, so that looking comes to an end.
 *
 * Other than in the paper every member is known (rule L6 needs that), so that a passive view that has
 * nobody left is filled from the members.
 */
export class HyParView {
  readonly #with: HyParViewOptions
  readonly #passive: PassiveView
  #isOn = false
  /** Neighbours that refused one after the other, as they had no room. */
  #refusals = 0
  /** Neighbours that were pushed something a while ago, and were not heard since. */
  #doubtful: ReadonlySet<OpenLink> = new Set()
  /** Dials and links that failed one after the other. */
  #failures = 0
  /** Names the wait that it is in, and how pressing it was to find somebody when that began. */
  #wait: { readonly token: number; readonly need: Need } | undefined
  #seekToken = 0
  /** Waits one after the other. */
  #waits = 0
  #shuffleToken = 0

  constructor(options: HyParViewOptions) {
    this.#with = options
    this.#passive = new PassiveView(options)
  }

  get passive(): PassiveView {
    return this.#passive
  }

  turnOn(): void {
    if (this.#isOn) return
    this.#isOn = true
    this.#shuffleToken += 1
    this.#scheduleShuffle()
    this.#evictExtra(undefined)
    this.seek()
  }

  turnOff(): void {
    this.#isOn = false
  }

  /** Links that it looks for, and links that it takes at most. */
  get #target(): number {
    const isLarge = this.#with.membership.size > OVERLAY_LIMITS.largeFrom
    return isLarge ? OVERLAY_LIMITS.activeLarge : OVERLAY_LIMITS.active
  }

  get #most(): number {
    return this.#target + OVERLAY_LIMITS.activeSlack
  }

  /** Whether a link is accepted from one that dials with `wish`. */
  admits(wish: Wish): boolean {
    return !this.#isOn || wish === 'urgent' || this.#with.links.openCount < this.#most
  }

  /** A link has greeted. */
  linked(link: OpenLink): void {
    this.#passive.drop(link.replica)
    if (!this.#isOn) return
    this.#refusals = 0
    this.#failures = 0
    this.#waits = 0
    if (link.dialled === undefined && link.wish === 'join') this.joins(contactOf(link))
    this.#evictExtra(link)
  }

  /** One that joins is passed on, whether there was room for it here or not. */
  joins(newcomer: Contact): void {
    const ttl = OVERLAY_LIMITS.joinSteps
    const others = [...this.#with.links.open()].filter(
      ({ replica }) => replica !== newcomer.replica,
    )
    for (const link of this.#sample(others, this.#target)) {
      this.#send(link, { type: 'forward-join', newcomer, ttl })
    }
  }

  forwardJoin(from: OpenLink, { newcomer, ttl }: ForwardJoin): void {
    const { self, links } = this.#with
    if (newcomer.replica === self || links.isOpen(newcomer.replica)) return
    if (ttl === OVERLAY_LIMITS.passiveStep) this.#passive.add(newcomer)
    const next = this.#randomLink((link) => {
      return link !== from && link.replica !== newcomer.replica
    })
    const goesOn = ttl > 0 && ttl <= OVERLAY_LIMITS.joinSteps && links.openCount > 1
    if (goesOn && next !== undefined) {
      return this.#send(next, { type: 'forward-join', newcomer, ttl: ttl - 1 })
    }
    this.#offer(newcomer)
  }

  #offer({ replica, address }: Contact): void {
    const { links, dialling, membership } = this.#with
    if (address === '' || links.isCut(replica) || membership.isRetired(replica)) return
    dialling.dial(address, 'neighbour', replica)
  }

  /** A link or a dial has ended, with the peer's reason where it gave one. */
  lost(
    address: string | undefined,
    replica: ReplicaId | undefined,
    code: RejectionCode | undefined,
  ): void {
    if (!this.#isOn) return
    this.#doubtful = new Set([...this.#doubtful].filter((each) => each.replica !== replica))
    const isThere = code === 'evicted' || code === 'view-full' || code === 'duplicate-link'
    if (isThere && replica !== undefined) this.#passive.add(this.#contactOf(replica))
    if (!isThere && replica !== undefined) this.#passive.drop(replica)
    if (!isThere && address !== undefined) this.#passive.dropAddress(address)
    if (code === 'view-full' || code === 'duplicate-link' || code === 'self-link')
      this.#refusals += 1
    else this.#failures += 1
    // What it waited for may have been less pressing.
    if (this.#wait !== undefined && this.#need > this.#wait.need) this.#goOn()
    this.seek()
  }

  get #need(): Need {
    const { openCount } = this.#with.links
    if (openCount === 0) return 2
    return openCount < OVERLAY_LIMITS.activeFew ? 1 : 0
  }

  #contactOf(replica: ReplicaId): Contact {
    return { replica, address: this.#with.membership.get(replica)?.address ?? '' }
  }

  contacts(contacts: readonly Contact[]): void {
    for (const contact of contacts) this.#passive.add(contact)
  }

  /** Some replicas for one that has to look elsewhere. */
  someContacts(): Contact[] {
    const active = [...this.#with.links.open()].map((link) => contactOf(link))
    const sample = this.#sample(active.filter(isDialable), OVERLAY_LIMITS.shuffleActive)
    return [...sample, ...this.#passive.sample(OVERLAY_LIMITS.shufflePassive)]
  }

  /** Dials candidates while there are fewer links than there should be. */
  seek(): void {
    if (!this.#isOn || this.#wait !== undefined) return
    const { links, dialling } = this.#with
    const lacking = this.#target - (links.openCount - this.#doubtful.size)
    for (let left = this.#atOnce(lacking) - dialling.forLinks; left > 0; left--) {
      if (this.#isFutile) return this.#pause()
      const candidate = this.#passive.candidate()
      if (candidate === undefined) return this.#pause()
      // One that can't be refused is enough.
      const isAlone = links.openCount === 0 && dialling.forLinks === 0
      const wish = isAlone ? 'urgent' : 'neighbour'
      dialling.dial(candidate.address, wish, candidate.replica)
    }
  }

  /** How many to dial at once. Where most are gone, most of those that are dialled will be, too. */
  #atOnce(lacking: number): number {
    if (lacking <= this.#target / 2) return lacking
    const { failuresMax, dialsMost } = OVERLAY_LIMITS
    return lacking * Math.min(dialsMost, 2 + Math.floor((dialsMost * this.#failures) / failuresMax))
  }

  /** Whether so many were in vain that others have to be given time. */
  get #isFutile(): boolean {
    const { refusalsMax, failuresMax } = OVERLAY_LIMITS
    return this.#refusals >= refusalsMax || this.#failures >= failuresMax
  }

  /**
   * Looks at the links now and then: for those that seem to be dead it looks for others at once, and
   * whether they are shows later.
   */
  review(now: number): void {
    if (!this.#isOn) return
    const doubtful = [...this.#with.links.open()].filter(({ awaitedSince }) => {
      return awaitedSince !== undefined && now - awaitedSince > OVERLAY_LIMITS.doubtMs
    })
    this.#doubtful = new Set(doubtful)
    if (doubtful.length > 0) this.seek()
  }

  /** Nobody has room, or nobody is known: it looks again later, and with many links much later. */
  #pause(): void {
    const { emit, chance } = this.#with
    const need = this.#need
    const [least, most] = WAITS[need]
    const delayMs = chance.jitter(Math.min(most, least * 2 ** Math.min(this.#waits, 10)))
    this.#waits += 1
    this.#seekToken += 1
    this.#wait = { token: this.#seekToken, need }
    emit({ type: 'schedule', timer: { kind: 'seek', key: 0, token: this.#seekToken }, delayMs })
  }

  seekTimer(token: number): void {
    if (this.#wait?.token !== token) return
    this.#goOn()
    this.seek()
  }

  #goOn(): void {
    this.#wait = undefined
    this.#refusals = 0
    this.#failures = 0
  }

  #evictExtra(kept: OpenLink | undefined): void {
    const { links } = this.#with
    while (links.openCount > this.#most) {
      const doubtful = this.#with.chance.pick([...this.#doubtful].filter((each) => each !== kept))
      const link = doubtful ?? this.#randomLink((each) => each !== kept)
      if (link === undefined) return
      this.#doubtful = new Set([...this.#doubtful].filter((each) => each !== link))
      this.#send(link, { type: 'contacts', contacts: this.someContacts() })
      links.evict(link)
    }
  }

  #scheduleShuffle(): void {
    const { emit, chance } = this.#with
    const timer = { kind: 'shuffle', key: 0, token: this.#shuffleToken } as const
    emit({ type: 'schedule', timer, delayMs: chance.jitter(OVERLAY_LIMITS.shuffleMs) })
  }

  shuffleTimer(token: number): void {
    if (!this.#isOn || token !== this.#shuffleToken) return
    this.#scheduleShuffle()
    const { self, membership } = this.#with
    const link = this.#randomLink(() => true)
    if (link === undefined) return
    const own = { replica: self, address: membership.own.address }
    const contacts = [...(isDialable(own) ? [own] : []), ...this.someContacts()]
    this.#send(link, { type: 'shuffle', isAnswer: false, path: [self], contacts })
  }

  shuffled(from: OpenLink, shuffle: Shuffle): void {
    if (shuffle.isAnswer) return this.#shuffleBack(shuffle)
    const { self } = this.#with
    const { path, contacts } = shuffle
    const next = this.#randomLink(
      ({ replica }) => replica !== from.replica && !path.includes(replica),
    )
    if (path.length < OVERLAY_LIMITS.shuffleSteps && next !== undefined) {
      return this.#send(next, { ...shuffle, path: [...path, self] })
    }
    const answer = this.#passive.sample(contacts.length)
    this.#send(from, { type: 'shuffle', isAnswer: true, path, contacts: answer })
    this.contacts(contacts)
  }

  #shuffleBack({ path, contacts }: Shuffle): void {
    const { self, links } = this.#with
    if (path.at(-1) !== self) return
    const back = path.at(-2)
    if (back === undefined) return this.contacts(contacts)
    const link = links.ofReplica(back)
    if (link === undefined) return
    this.#send(link, { type: 'shuffle', isAnswer: true, path: path.slice(0, -1), contacts })
  }

  #randomLink(isFit: (link: OpenLink) => boolean): OpenLink | undefined {
    return this.#with.chance.pick([...this.#with.links.open()].filter(isFit))
  }

  #sample<T>(from: readonly T[], count: number): T[] {
    return this.#with.chance.sample(from, count)
  }

  #send(link: OpenLink, message: ReplicaMessage): void {
    this.#with.emit({ type: 'send', links: [link.id], frame: encodeReplicaMessage(message) })
  }
}

function contactOf({ replica, address }: OpenLink): Contact {
  return { replica, address }
}

function isDialable({ address }: Contact): boolean {
  return address !== ''
}
