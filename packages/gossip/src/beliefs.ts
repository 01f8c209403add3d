import {
  isRetired,
  NO_TAGS,
  type Contact,
  type KnownAddress,
  type MemberRecord,
  type Members,
  type ReplicaId,
} from '@rejoin/protocol'

import type { Census } from './census.ts'
import type { FailureDetection } from './failure-detection.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import { retiredRecord, type Membership } from './membership.ts'
import type { Overlay } from './overlay.ts'
import type { Roster } from './roster.ts'

export interface BeliefsOptions {
  readonly self: ReplicaId
  readonly links: Links
  readonly membership: Membership
  readonly overlay: Overlay
  readonly roster: Roster
  readonly detection: FailureDetection
  readonly census: Census
  /** This replica's own id was removed. */
  readonly onRetired: () => void
}

/** What becomes of what is said about members: all who have to do with members are told of it. */
export class Beliefs {
  readonly #with: BeliefsOptions

  constructor(options: BeliefsOptions) {
    this.#with = options
  }

  /** Replicas that can be dialled are members. */
  contacts(contacts: readonly Contact[], now: number): void {
    const { overlay, membership } = this.#with
    overlay.view.contacts(contacts)
    const strangers = contacts.filter(({ replica }) => membership.get(replica) === undefined)
    const records = strangers.map(({ replica, address }) => {
      return { replica, incarnation: 0, state: 'alive', address, tags: NO_TAGS } as const
    })
    this.believe(records, undefined, now)
  }

  members(link: OpenLink, message: Members, now: number): void {
    const { overlay, roster } = this.#with
    roster.saidBy(link, message)
    this.believe(message.members, link, now)
    const better = message.addresses.filter((known) => !this.#address(known, link, now))
    roster.correct(
      link,
      better.map(({ address }) => ({ address, replica: overlay.isWhose(address) })),
    )
    overlay.resize()
  }

  /** Takes what is said of an address; returns false if this replica knows better. */
  #address({ address, replica }: KnownAddress, from: OpenLink, now: number): boolean {
    const { self, overlay, roster } = this.#with
    if (replica === undefined) {
      if (overlay.isWhose(address) !== undefined) return false
      if (overlay.heardOf(address, undefined)) roster.addressNews({ address, replica }, from)
    } else if (overlay.isUnmet(address)) {
      // Whoever has an address is a member, known here or not: it counts from now on instead of it.
      if (replica !== self) this.contacts([{ replica, address }], now)
      overlay.turnedOut(address, replica)
      roster.addressNews({ address, replica }, from)
    }
    return true
  }

  /** A member has left, or is removed, for good. */
  retire(replica: ReplicaId, state: 'left' | 'removed', now: number): void {
    this.believe([retiredRecord(replica, state)], undefined, now)
  }

  believe(records: readonly MemberRecord[], from: OpenLink | undefined, now: number): void {
    const { self, overlay, membership, detection, census } = this.#with
    for (const record of records) {
      const { replica, address } = record
      if (replica === self && isRetired(record)) return this.#with.onRetired()
      const before = membership.record(replica)?.address ?? address
      const isNews = detection.believe(record, from, now)
      if (isRetired(record)) {
        if (isNews) this.#forget(replica)
      } else if (replica !== self) {
        if (isNews && before !== address) overlay.moved(replica, before)
        overlay.heardOf(address, replica)
      }
    }
    overlay.resize()
    census.changed()
  }

  #forget(replica: ReplicaId): void {
    const { membership, overlay, links } = this.#with
    const members = [...membership.all()]
    overlay.retired(replica, (address) => {
      return members.find((member) => member.address === address)?.replica
    })
    const link = links.ofReplica(replica)
    const reason = `The id ${replica} was given up or removed.`
    if (link !== undefined) links.refuse(link, { code: 'retired', reason })
  }
}
