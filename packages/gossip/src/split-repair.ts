import type { Hello, ReplicaId } from '@rejoin/protocol'

import type { AddressBook } from './address-book.ts'
import type { Chance } from './chance.ts'
import type { Dialling } from './dialling.ts'
import type { Emit, LogView } from './events.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'

export interface SplitRepairOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly book: AddressBook
  readonly dialling: Dialling
  readonly log: LogView
  readonly chance: Chance
  readonly emit: Emit
}

/**
 * Finds the parts of a cluster that was split, which a partial view alone never does: each part repairs
 * its views with its own. Now and then a replica visits one that it was configured with, one that failed,
 * or any other, and one that nobody has met; if that one believes something else of the members, or has
 * not got what this one wrote a while ago, it is asked for a link. The visits grow rarer with the number of
 * members: one pair that meets is enough.
 */
export class SplitRepair {
  readonly #with: SplitRepairOptions
  #token = 0
  #isOn = false
  /** Own entries at the last visit but one, and at the last: everybody should have the first by now. */
  #ripe = 0
  #written = 0

  constructor(options: SplitRepairOptions) {
    this.#with = options
  }

  turnOn(): void {
    if (this.#isOn) return
    this.#isOn = true
    this.#token += 1
    this.#schedule()
  }

  turnOff(): void {
    this.#isOn = false
  }

  #schedule(): void {
    const { membership, chance, emit } = this.#with
    const { repairMsMin, repairMsEach } = OVERLAY_LIMITS
    const delayMs = chance.jitter(Math.max(repairMsMin, membership.size * repairMsEach))
    emit({ type: 'schedule', timer: { kind: 'repair', key: 0, token: this.#token }, delayMs })
  }

  timer(token: number): void {
    if (!this.#isOn || token !== this.#token) return
    this.#schedule()
    this.#ripe = this.#written
    this.#written = this.#with.log.heads.get(this.#with.self)?.seq ?? 0
    for (const address of [this.#whom(), this.#unmet()]) {
      if (address !== undefined) this.#with.dialling.dial(address, 'visit')
    }
  }

  /** Until somebody meets whoever is there, nothing is stable (rule L6). */
  #unmet(): string | undefined {
    const { book, chance } = this.#with
    return chance.pick(book.unmet().filter((each) => this.#isFit(each)))
  }

  /** Those who failed, the configured and all others have the same chance, as sets. */
  #whom(): string | undefined {
    const { membership, book, chance } = this.#with
    const failed = [...membership.all()].filter(({ state }) => state === 'failed')
    const sets = [failed.map(({ address }) => address), [...book.all()], [this.#anybody()]]
    const fit = sets.map((set) => set.filter((each) => this.#isFit(each)))
    return chance.pick(chance.pick(fit.filter((set) => set.length > 0)) ?? [])
  }

  #anybody(): string {
    const { membership, chance } = this.#with
    const replica = membership.electorate.keyAt(Math.floor(chance.next() * membership.size))
    return membership.get(replica)?.address ?? ''
  }

  #isFit(address: string): boolean {
    const { book, links, dialling } = this.#with
    if (address === '' || book.isOwn(address) || dialling.isUnderWay(address)) return false
    const owner = book.ownerOf(address)
    return owner === undefined || !(links.isOpen(owner) || links.isCut(owner))
  }

  /** A visit found somebody, who is of one mind with this replica or not. */
  visited({ replica, address, holds }: Hello, isOfOneMind: boolean): void {
    if (!this.#isOn || (isOfOneMind && holds >= this.#ripe)) return
    if (!this.#with.links.isOpen(replica)) this.#with.dialling.dial(address, 'urgent', replica)
  }
}
