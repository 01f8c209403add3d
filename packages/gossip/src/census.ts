import {
  covers,
  EMPTY_VERSION,
  encodeReplicaMessage,
  join,
  meet,
  seqOf,
  type Census as CensusMessage,
  type ReplicaId,
  type Version,
  versionOf,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import { bytesOfFingerprint, fingerprintOfVersion, isSameFingerprint } from './fingerprint-bytes.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'

export interface CensusOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly log: LogView
  readonly emit: Emit
}

/**
 * A census finds the stable version where there are too many members to tell each one's version to
 * everybody. Each counts itself once, with what it holds durably; counts of the same census are put
 * together as they meet: who was counted, the least of what they held, and the most. When everybody is
 * counted, all have what the least says, then and for ever, so that it is a lower bound of `R` (rule L6).
 * A member that is away is not counted, and so the census waits for it; the last whole one goes on to count.
 *
 * It takes N/8 bytes and what is not stable yet on each link now and then while there is such, and
 * nothing at rest. When the members change it begins anew.
 */
export class Census {
  readonly #with: CensusOptions
  #round = 0
  #electorate: Uint8Array = new Uint8Array()
  /** The members that are to be counted, in the order of their ids. */
  #counted: Uint8Array = new Uint8Array()
  #low: Version = EMPTY_VERSION
  #high: Version = EMPTY_VERSION
  #stable: Version = EMPTY_VERSION
  /** What was stable when this census began, and its fingerprint: what is told says what goes beyond it. */
  #base: Version = EMPTY_VERSION
  #baseFingerprint: Uint8Array = NO_BASE
  /** The most of what anybody held in the last whole census; `undefined` when the members have changed since. */
  #lastHigh: Version | undefined
  #isTelling = false
  #isWaiting = false

  constructor(options: CensusOptions) {
    this.#with = options
  }

  /** What everybody has, by the last whole census. */
  get stable(): Version {
    return this.#lastHigh === undefined ? EMPTY_VERSION : this.#stable
  }

  /** Whether there are so many members that they are counted. */
  get isOn(): boolean {
    return this.#with.membership.size > GOSSIP_LIMITS.toldVersionsMax
  }

  /** Whether nobody who was counted, of all members that there are now, held entry `seq` of `origin`. */
  isVoid(origin: ReplicaId, seq: number): boolean {
    return this.#lastHigh !== undefined && seqOf(this.#lastHigh, origin) < seq
  }

  /** Whether somebody who was counted held entry `seq` of `origin`. */
  hasSeen(origin: ReplicaId, seq: number): boolean {
    return this.#lastHigh !== undefined && seqOf(this.#lastHigh, origin) >= seq
  }

  /** More is durable here: a census is due, if none is under way. */
  advanced(): void {
    if (!this.isOn) return
    this.#heedMembers()
    if (this.#isWhole) this.#wait()
  }

  /** The members have changed. */
  changed(): void {
    if (this.isOn) this.#heedMembers()
  }

  #heedMembers(): void {
    const electorate = this.#fingerprint()
    if (isSameFingerprint(electorate, this.#electorate)) return
    this.#electorate = electorate
    this.#lastHigh = undefined
    this.#begin(this.#round + 1)
  }

  #fingerprint(): Uint8Array {
    const { electorate } = this.#with.membership
    return bytesOfFingerprint(electorate.sum(0, electorate.size))
  }

  /** Counts itself. */
  #begin(round: number): void {
    const { self, membership, log } = this.#with
    this.#round = round
    this.#counted = new Uint8Array(Math.ceil(membership.size / 8))
    const place = membership.electorate.countUpTo(self) - 1
    this.#counted[place >> 3] = 1 << (place & 7)
    const version = versionOf(log.heads)
    this.#low = version
    this.#high = version
    this.#base = this.stable
    this.#baseFingerprint = fingerprintOfVersion(this.#base)
    // Who holds nothing that is not stable is counted when somebody else begins.
    if (!covers(this.#base, version)) this.#tellSoon()
  }

  get #isWhole(): boolean {
    const { size } = this.#with.membership
    const full = this.#counted.length - 1
    const last = 0xff >> (7 - ((size - 1) & 7))
    return this.#counted.every((bits, at) => bits === (at === full ? last : 0xff))
  }

  /** A peer tells a part of a census. */
  heard(link: OpenLink, message: CensusMessage): void {
    if (!this.isOn) return
    this.#heedMembers()
    if (!isSameFingerprint(message.electorate, this.#electorate)) return
    link.censusBase = message.base
    if (message.counted.length !== this.#counted.length) return
    if (message.round < this.#round) return this.#tell([link])
    const said = this.#understood(message)
    // It says what goes beyond something that is not known here: it hears that, and says all.
    if (said === undefined) return this.#tell([link])
    if (message.round > this.#round) this.#begin(message.round)
    this.#add(link, message.counted, said)
  }

  #understood({ base, low, high }: CensusMessage): Said | undefined {
    if (isSameFingerprint(base, NO_BASE)) return { low, high }
    if (isSameFingerprint(base, this.#baseFingerprint)) return beyond(this.#base, { low, high })
    const stable = fingerprintOfVersion(this.stable)
    return isSameFingerprint(base, stable) ? beyond(this.stable, { low, high }) : undefined
  }

  #add(link: OpenLink, counted: Uint8Array, { low, high }: Said): void {
    const isNews = counted.some((bits, at) => (bits & ~(this.#counted[at] ?? 0)) !== 0)
    if (!isNews) {
      const knowsMore = this.#counted.some((bits, at) => (bits & ~(counted[at] ?? 0)) !== 0)
      return knowsMore && !this.#isTelling ? this.#tell([link]) : undefined
    }
    this.#counted = this.#counted.map((bits, at) => bits | (counted[at] ?? 0))
    this.#low = meet([this.#low, low])
    this.#high = join([this.#high, high])
    this.#tellSoon()
    if (this.#isWhole) this.#finish()
  }

  #finish(): void {
    this.#stable = this.#low
    this.#lastHigh = this.#high
    this.#with.emit({ type: 'members', changed: [] })
    if (this.#isDue) this.#wait()
  }

  /** Whether anybody holds what is not stable, as far as is known: who was counted, or this replica since. */
  get #isDue(): boolean {
    const held = versionOf(this.#with.log.heads)
    return !covers(this.#stable, join([held, this.#high]))
  }

  /** The next census follows after a while, if by then there is something that is not stable. */
  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    const { censusMsMin, censusMsEach } = GOSSIP_LIMITS
    const delayMs = Math.max(censusMsMin, this.#with.membership.size * censusMsEach)
    const timer = { kind: 'census', key: 'next', token: 0 } as const
    this.#with.emit({ type: 'schedule', timer, delayMs })
  }

  #tellSoon(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    const timer = { kind: 'census', key: 'tell', token: 0 } as const
    this.#with.emit({ type: 'schedule', timer, delayMs: GOSSIP_LIMITS.censusMs })
  }

  timer(key: string | number): void {
    if (key === 'tell') {
      this.#isTelling = false
      return this.#tell([...this.#with.links.open()])
    }
    this.#isWaiting = false
    if (this.isOn && this.#isWhole && this.#isDue) this.#begin(this.#round + 1)
  }

  /** A link is agreed: the peer hears how far the census is. */
  agreed(link: OpenLink): void {
    if (this.isOn) this.#tell([link])
  }

  #tell(links: readonly OpenLink[]): void {
    const told = links.filter(({ isAgreed, blocked }) => isAgreed && !blocked)
    if (told.length === 0 || this.#counted.length === 0) return
    const knowBase = told.filter(({ censusBase }) => {
      return censusBase !== undefined && isSameFingerprint(censusBase, this.#baseFingerprint)
    })
    const low = without(this.#low, this.#base)
    const high = without(this.#high, this.#base)
    this.#send(knowBase, this.#baseFingerprint, { low, high })
    const others = told.filter((link) => !knowBase.includes(link))
    this.#send(others, NO_BASE, { low: this.#low, high: this.#high })
  }

  #send(links: readonly OpenLink[], base: Uint8Array, said: Said): void {
    if (links.length === 0) return
    const [round, electorate, counted] = [this.#round, this.#electorate, this.#counted]
    const part = { type: 'census', round, electorate, counted, base, ...said } as const
    const frame = encodeReplicaMessage(part)
    this.#with.emit({ type: 'send', links: links.map(({ id }) => id), frame })
  }
}

interface Said {
  readonly low: Version
  readonly high: Version
}

const NO_BASE: Uint8Array = fingerprintOfVersion(EMPTY_VERSION)

function beyond(base: Version, { low, high }: Said): Said {
  return { low: join([base, low]), high: join([base, high]) }
}

/** What `version` says beyond `base`, which it covers. */
function without(version: Version, base: Version): Version {
  return new Map([...version].filter(([origin, seq]) => seqOf(base, origin) !== seq))
}
