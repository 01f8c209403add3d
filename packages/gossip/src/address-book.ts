import type { ReplicaId } from '@rejoin/protocol'

import { OVERLAY_LIMITS } from './overlay-limits.ts'

/**
 * Addresses that this replica was given or has heard of, and whose each is, where that is known. One whose
 * replica nobody has met stands for a member that may hold nothing (rule L6). At most `addressesMax` are
 * kept; then one that is some member's makes room, or, where all are unmet and so nothing is stable, a
 * new one is passed over until it is told again. Addresses of configuration are never forgotten: where the
 * id that was met there is given up they are vacant, and somebody else may be there, who may be the only way
 * to others.
 */
export class AddressBook {
  readonly #owners = new Map<string, ReplicaId | undefined>()
  readonly #own = new Set<string>()
  readonly #configured: ReadonlySet<string>
  readonly #vacant = new Set<string>()

  constructor(address: string, configured: readonly string[]) {
    this.#own.add(address).add('')
    this.#configured = new Set(configured)
  }

  /** Whether it is some member's, or nobody has met whose it is. */
  has(address: string): boolean {
    return this.#owners.has(address)
  }

  /** Whether there is a reason to dial it, be it vacant. */
  isOfUse(address: string): boolean {
    return this.#owners.has(address) || this.#vacant.has(address)
  }

  isOwn(address: string): boolean {
    return this.#own.has(address)
  }

  ownerOf(address: string): ReplicaId | undefined {
    return this.#owners.get(address)
  }

  /** An address is known, and maybe whose it is; returns whether that was news. */
  heardOf(address: string, replica: ReplicaId | undefined): boolean {
    if (this.#own.has(address)) return false
    // Whose an address is shows for good only when it is dialled: it may have passed from one replica
    // to another, and what others say of it would then be news to everybody for ever.
    const isNews =
      !this.#owners.has(address) ||
      (replica !== undefined && this.#owners.get(address) === undefined)
    if (isNews && !this.#hasRoomFor(address)) return false
    if (isNews) this.#set(address, replica)
    return isNews
  }

  #hasRoomFor(address: string): boolean {
    if (this.#owners.has(address) || this.#owners.size < OVERLAY_LIMITS.addressesMax) return true
    for (const [each, owner] of this.#owners) {
      if (owner === undefined) continue
      this.vacate(each)
      return true
    }
    return false
  }

  #set(address: string, replica: ReplicaId | undefined): void {
    this.#owners.set(address, replica)
    this.#vacant.delete(address)
  }

  /** Nobody who is known is there any more; returns whether it is to be dialled all the same. */
  vacate(address: string): boolean {
    this.#owners.delete(address)
    if (this.#configured.has(address)) this.#vacant.add(address)
    return this.#vacant.has(address)
  }

  /** Whose the address is has shown. */
  belongsTo(address: string, replica: ReplicaId): void {
    if (!this.#own.has(address)) this.#set(address, replica)
  }

  /** A dialled address turned out to be this replica's own. */
  isSelf(address: string): void {
    this.#own.add(address)
    this.#owners.delete(address)
    this.#vacant.delete(address)
  }

  /**
   * The id is retired; `heir` is a member with the same address, if there is one. Returns the addresses that
   * are vacant now.
   */
  retired(replica: ReplicaId, heir: (address: string) => ReplicaId | undefined): string[] {
    return this.addressesOf(replica).filter((address) => {
      const next = heir(address)
      // Left as it is, its address would count as one whose replica nobody has met.
      if (next === undefined) return this.vacate(address)
      this.#set(address, next)
      return false
    })
  }

  unmet(): string[] {
    return [...this.#owners].flatMap(([address, owner]) => (owner === undefined ? [address] : []))
  }

  addressesOf(replica: ReplicaId): string[] {
    return [...this.#owners].flatMap(([address, owner]) => (owner === replica ? [address] : []))
  }

  /** All that there is a reason to dial. */
  all(): string[] {
    return [...this.#owners.keys(), ...this.#vacant]
  }
}
