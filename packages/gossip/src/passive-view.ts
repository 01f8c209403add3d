import type { Contact, ReplicaId } from '@rejoin/protocol'

import type { Chance } from './chance.ts'
import type { Dialling } from './dialling.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'

export interface PassiveViewOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly dialling: Dialling
  readonly chance: Chance
}

/**
 * HyParView's passive view: at most `passiveMax` replicas that can be dialled and are no neighbours; a
 * new one takes the place of a random other.
 */
export class PassiveView {
  readonly #with: PassiveViewOptions
  readonly #contacts = new Map<ReplicaId, string>()

  constructor(options: PassiveViewOptions) {
    this.#with = options
  }

  get size(): number {
    return this.#contacts.size
  }

  add({ replica, address }: Contact): void {
    const { self, links, membership, chance } = this.#with
    if (address === '' || replica === self || links.isOpen(replica)) return
    if (membership.isRetired(replica)) return
    if (!this.#contacts.has(replica) && this.#contacts.size >= OVERLAY_LIMITS.passiveMax) {
      this.drop(chance.pick([...this.#contacts.keys()]))
    }
    this.#contacts.set(replica, address)
  }

  drop(replica: ReplicaId | undefined): void {
    if (replica !== undefined) this.#contacts.delete(replica)
  }

  dropAddress(address: string): void {
    for (const [replica, each] of this.#contacts) if (each === address) this.drop(replica)
  }

  sample(count: number): Contact[] {
    const all = [...this.#contacts].map(([replica, address]) => ({ replica, address }))
    return this.#with.chance.sample(all, count)
  }

  /** Somebody to dial: of the view, or else any member. */
  candidate(): Contact | undefined {
    const contact = this.#with.chance.pick(
      this.sample(this.size).filter((each) => this.#isFree(each)),
    )
    return contact ?? this.#anyMember()
  }

  #isFree({ replica, address }: Contact): boolean {
    const { self, links, dialling, membership } = this.#with
    if (address === '' || replica === self || membership.isRetired(replica)) return false
    // Whoever has taken a new id is known under the old one too, until that is retired.
    if (address === membership.own.address || links.hasAddress(address)) return false
    return !links.isOpen(replica) && !links.isCut(replica) && !dialling.isUnderWay(address)
  }

  /**
   * A few draws are enough where most members are free. One that is not known to be up is better than none,
   * as it may be back.
   */
  #anyMember(): Contact | undefined {
    const { membership, chance } = this.#with
    let doubtful: Contact | undefined
    for (let draw = 0; draw < OVERLAY_LIMITS.drawsMax; draw++) {
      const replica = membership.electorate.keyAt(Math.floor(chance.next() * membership.size))
      const member = membership.get(replica)
      if (member === undefined || !this.#isFree(member)) continue
      if (member.state === 'alive') return member
      doubtful ??= member
    }
    return doubtful
  }
}
