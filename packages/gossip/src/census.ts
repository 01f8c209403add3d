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
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import { bytesOfFingerprint, isSameFingerprint } from './fingerprint-bytes.ts'
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
 * It takes N/8 bytes and two versions on each link now and then while something is not stable yet, and
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
    const version = new Map([...log.heads].map(([origin, { seq }]) => [origin, seq]))
    this.#low = version
    this.#high = version
    this.#tellSoon()
  }

  get #isWhole(): boolean {
    const { size } = this.#with.membership
    const full = this.#counted.length - 1
    const last = 0xff >> (7 - ((size - 1) & 7))
    return this.#counted.every((bits, at) => bits === (at === full ? last : 0xff))
  }

  /** A peer tells a part of a census. */
  heard(message: CensusMessage): void {
    if (!this.isOn) return
    this.#heedMembers()
    if (!isSameFingerprint(message.electorate, this.#electorate)) return
    if (message.round < this.#round || message.counted.length !== this.#counted.length) return
    if (message.round > this.#round) this.#begin(message.round)
    this.#add(message)
  }

  #add({ counted, low, high }: CensusMessage): void {
    if (counted.every((bits, at) => ((this.#counted[at] ?? 0) | bits) === this.#counted[at])) return
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
    if (!covers(this.#stable, this.#high)) this.#wait()
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
    if (!this.isOn || !this.#isWhole) return
    const held = new Map([...this.#with.log.heads].map(([origin, { seq }]) => [origin, seq]))
    if (!covers(this.#stable, join([held, this.#high]))) this.#begin(this.#round + 1)
  }

  /** A link is agreed: the peer hears how far the census is. */
  agreed(link: OpenLink): void {
    if (this.isOn) this.#tell([link])
  }

  #tell(links: readonly OpenLink[]): void {
    const told = links.filter(({ isAgreed, blocked }) => isAgreed && !blocked)
    if (told.length === 0 || this.#counted.length === 0) return
    const frame = encodeReplicaMessage({
      type: 'census',
      round: this.#round,
      electorate: this.#electorate,
      counted: this.#counted,
      low: this.#low,
      high: this.#high,
    })
    this.#with.emit({ type: 'send', links: told.map(({ id }) => id), frame })
  }
}
