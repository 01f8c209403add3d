import type { ReplicaId } from '@rejoin/protocol'

import type { AddressBook } from './address-book.ts'
import type { Chance } from './chance.ts'
import type { Dialling } from './dialling.ts'
import type { Emit } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { Links } from './links.ts'

interface Attempts {
  failures: number
  /** Names the newest timer; older ones are stale. */
  token: number
}

export interface FullMeshOptions {
  readonly links: Links
  readonly book: AddressBook
  readonly dialling: Dialling
  readonly chance: Chance
  readonly emit: Emit
}

/**
 * A link to every replica that is heard of: right for a handful of replicas, and the answer to a lost
 * link is to dial again, at first soon and then ever more rarely, with jitter, so that a replica that
 * comes back is not met by all at the same moment. It is at rest while there are more replicas than
 * that, and the partial view has its place.
 */
export class FullMesh {
  readonly #with: FullMeshOptions
  readonly #attempts = new Map<string, Attempts>()
  #isOn = true

  constructor(options: FullMeshOptions) {
    this.#with = options
  }

  turnOn(): void {
    if (this.#isOn) return
    this.#isOn = true
    for (const address of this.#with.book.all()) this.dial(address)
  }

  turnOff(): void {
    this.#isOn = false
  }

  /** Dials an address of the book, if there is no link to its owner. */
  dial(address: string): void {
    const { dialling, links } = this.#with
    if (!this.#isOn || dialling.isUnderWay(address) || !this.#wants(address)) return
    if (links.openCount >= GOSSIP_LIMITS.linksMax) return this.#retry(address)
    const wish = links.openCount === 0 ? 'join' : 'neighbour'
    dialling.dial(address, wish, this.#with.book.ownerOf(address))
  }

  #wants(address: string): boolean {
    const { book, links } = this.#with
    // Whoever is there may have another id by now, and a link to here already.
    if (!book.isOfUse(address) || links.hasAddress(address)) return false
    const owner = book.ownerOf(address)
    return owner === undefined || !(links.isOpen(owner) || links.isCut(owner))
  }

  // Not on greeting: a link that is refused each time right after it would be dialled in a loop.
  lasted(replica: ReplicaId): void {
    for (const address of this.#with.book.addressesOf(replica)) this.#attempts.delete(address)
  }

  /** A dialled link failed, or a link to `replica` ended. */
  lost(address: string | undefined, replica: ReplicaId | undefined): void {
    const lost = replica === undefined ? [] : this.#with.book.addressesOf(replica)
    for (const each of new Set(address === undefined ? lost : [address, ...lost])) this.#retry(each)
  }

  mended(replica: ReplicaId): void {
    for (const address of this.#with.book.addressesOf(replica)) {
      this.#attempts.delete(address)
      this.dial(address)
    }
  }

  timer(address: string, token: number): void {
    if (this.#attempts.get(address)?.token === token) this.dial(address)
  }

  #retry(address: string): void {
    if (this.#wants(address)) this.again(address)
  }

  /** An address is to be dialled in a while. */
  again(address: string): void {
    if (!this.#isOn) return
    const attempts = this.#attempts.get(address) ?? { failures: 0, token: 0 }
    const { redialMsMin, redialMsMax } = GOSSIP_LIMITS
    const waitMs = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(attempts.failures, 10))
    this.#attempts.set(address, { failures: attempts.failures + 1, token: attempts.token + 1 })
    const timer = { kind: 'dial', key: address, token: attempts.token + 1 } as const
    this.#with.emit({ type: 'schedule', timer, delayMs: this.#with.chance.jitter(waitMs) })
  }
}
