import {
  encodeReplicaMessage,
  type Hello,
  type MemberRecord,
  type ReplicaId,
  type RunId,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import type { FailureDetection } from './failure-detection.ts'
import { isSameFingerprint } from './fingerprint-bytes.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import type { Overlay } from './overlay.ts'
import type { Roster } from './roster.ts'

export interface GreetingOptions {
  readonly self: ReplicaId
  readonly run: RunId
  readonly links: Links
  readonly membership: Membership
  readonly overlay: Overlay
  readonly roster: Roster
  readonly detection: FailureDetection
  readonly log: LogView
  readonly emit: Emit
  /** Another process runs with this replica's id. */
  readonly onCopy: () => void
}

/** What becomes of a `hello`: a link that stays, a visit, or a refusal with some other contacts. */
export class Greeting {
  readonly #with: GreetingOptions

  constructor(options: GreetingOptions) {
    this.#with = options
  }

  /** What this replica's own hello says of everybody, and in an answer of whom it answers. */
  summary(to: ReplicaId | undefined): Pick<Hello, 'members' | 'beliefs' | 'holds'> {
    const { membership, roster, log } = this.#with
    return {
      members: membership.items.size,
      beliefs: roster.beliefs(),
      holds: to === undefined ? 0 : (log.heads.get(to)?.seq ?? 0),
    }
  }

  heard(link: LinkState, hello: Hello, now: number): void {
    const { self, run, links, overlay, detection } = this.#with
    if (hello.replica === self && link.dialled !== undefined && overlay.isSelf(link.dialled)) {
      this.#tellWhose(link.dialled, self)
    }
    const open = links.greeted(link, hello)
    if (hello.replica === self) {
      if (hello.run !== run) this.#with.onCopy()
      return
    }
    const isRefused = open === undefined && links.get(link.id) === undefined
    if (isRefused && !links.isOpen(hello.replica)) return
    // Even where another link to it is open already, dialled by another name, they have met.
    const wasUnmet = overlay.greeted(link.dialled, hello.replica)
    if (link.dialled !== undefined) detection.reached(link.dialled)
    this.#meet(hello, open, now)
    if (wasUnmet) this.#tellWhose(link.dialled as string, hello.replica)
    if (open === undefined) return isRefused ? undefined : this.#visited(link, hello)
    overlay.linked(open)
    this.#with.roster.greeted(open, hello)
    this.#with.emit({ type: 'greeted', link: link.id })
  }

  /** Others may count on nobody having been met there; where it is what a member tells, they know. */
  #tellWhose(address: string, replica: ReplicaId): void {
    const { membership, roster } = this.#with
    if (membership.record(replica)?.address === address) return
    roster.addressNews({ address, replica }, undefined)
  }

  /** Its own word; what others said before it that is newer, it hears and refutes. */
  #meet(
    { replica, address, incarnation, tags }: Hello,
    open: OpenLink | undefined,
    now: number,
  ): void {
    const { membership, overlay, detection, links, emit } = this.#with
    const before = membership.record(replica)?.address ?? address
    if (before !== address) overlay.moved(replica, before)
    const record: MemberRecord = { replica, incarnation, state: 'alive', address, tags }
    const isNews = detection.believe(record, open, now)
    const known = membership.record(replica)
    const link = links.ofReplica(replica)
    if (isNews || known === undefined || known.state === 'alive' || link === undefined) return
    const frame = encodeReplicaMessage({ type: 'members', members: [known], addresses: [] })
    emit({ type: 'send', links: [link.id], frame })
  }

  #visited(link: LinkState, hello: Hello): void {
    const { emit, overlay, roster } = this.#with
    if (link.dialled === undefined) {
      const contacts = overlay.view.someContacts()
      const frame = encodeReplicaMessage({ type: 'contacts', contacts })
      return emit({ type: 'send', links: [link.id], frame })
    }
    overlay.repair.visited(hello, isSameFingerprint(hello.beliefs, roster.beliefs()))
  }

  /** There is no room for a link; the peer looks elsewhere, and one that joins is passed on. */
  refused(link: LinkState, { replica, address, wish }: Hello): void {
    const { emit, overlay } = this.#with
    const contacts = overlay.view.someContacts()
    const frame = encodeReplicaMessage({ type: 'contacts', contacts })
    emit({ type: 'send', links: [link.id], frame })
    if (wish === 'join' && address !== '') overlay.view.joins({ replica, address })
  }
}
