import type { RejectionCode, ReplicaId, Wish } from '@rejoin/protocol'

import { AddressBook } from './address-book.ts'
import type { Chance } from './chance.ts'
import { Dialling } from './dialling.ts'
import type { Emit, GossipTimer, LogView } from './events.ts'
import { FullMesh } from './full-mesh.ts'
import { HyParView } from './hyparview.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { OVERLAY_LIMITS } from './overlay-limits.ts'
import { SplitRepair } from './split-repair.ts'

export interface OverlayOptions {
  readonly self: ReplicaId
  readonly address: string
  /** Addresses given by configuration. */
  readonly peers: readonly string[]
  readonly meshMax?: number | undefined
  readonly links: Links
  readonly membership: Membership
  readonly log: LogView
  readonly chance: Chance
  readonly emit: Emit
}

export type Shape = 'direct' | 'star' | 'tree'

/**
 * The overlay decides which replicas this one keeps a link to: to everybody in a full mesh while there
 * are few, and to the neighbours of a partial view when there are more.
 */
export class Overlay {
  readonly book: AddressBook
  readonly dialling: Dialling
  readonly view: HyParView
  readonly repair: SplitRepair
  readonly #mesh: FullMesh
  readonly #links: Links
  readonly #membership: Membership
  readonly #meshMax: number
  #isMesh = true

  constructor(options: OverlayOptions) {
    this.book = new AddressBook(options.address, options.peers)
    this.dialling = new Dialling(options.emit)
    this.#links = options.links
    this.#membership = options.membership
    this.#meshMax = options.meshMax ?? OVERLAY_LIMITS.meshMax
    const { book, dialling } = this
    this.#mesh = new FullMesh({ ...options, book, dialling })
    this.view = new HyParView({ ...options, dialling })
    this.repair = new SplitRepair({ ...options, dialling, book })
    for (const address of options.peers) book.heardOf(address, this.#memberAt(address))
    if (this.#membership.size <= this.#meshMax) this.#note()
  }

  /** In a full mesh the book has the address of every member. */
  #note(): void {
    for (const { address, replica } of this.#membership.all()) this.book.heardOf(address, replica)
  }

  get isMesh(): boolean {
    return this.#isMesh
  }

  /** How what is new spreads: from its origin to everybody, by way of one in the middle, or by a deeper tree. */
  get shape(): Shape {
    if (!this.#isMesh) return 'tree'
    return this.#membership.size <= OVERLAY_LIMITS.directMax ? 'direct' : 'star'
  }

  started(): void {
    this.resize()
    for (const address of this.book.all()) this.#mesh.dial(address)
    if (this.#isMesh) return
    // The members that are remembered may have moved; and until these are met nothing is stable (rule L6).
    for (const address of this.unmet()) this.dialling.dial(address, 'visit')
  }

  /** How many there are has changed. */
  resize(): void {
    // Addresses that nobody was met at don't count: many may be other names of the same few replicas.
    const isMesh = this.#membership.size <= this.#meshMax
    if (isMesh === this.#isMesh) return
    this.#isMesh = isMesh
    if (isMesh) this.#turnToMesh()
    else {
      this.#mesh.turnOff()
      this.view.turnOn()
      this.repair.turnOn()
    }
  }

  #turnToMesh(): void {
    this.view.turnOff()
    this.repair.turnOff()
    this.#note()
    this.#mesh.turnOn()
  }

  /** An address is known, and maybe whose it is; returns whether that was news. */
  heardOf(address: string, replica: ReplicaId | undefined): boolean {
    // What a member says itself, on a link, counts more than what others say of it.
    const link = replica === undefined ? undefined : this.#links.ofReplica(replica)
    if (link !== undefined && link.address !== address) return false
    // Where there are many, the members have their addresses; the book has those of configuration.
    if (!this.#isMesh && replica !== undefined && !this.book.isOfUse(address)) return false
    const isNews = this.book.heardOf(address, replica ?? this.#memberAt(address))
    this.#mesh.dial(address)
    return isNews
  }

  /** Whose an address is, this replica's own included, where that is known. */
  isWhose(address: string): ReplicaId | undefined {
    if (address !== '' && this.book.isOwn(address)) return this.#membership.own.replica
    return this.book.has(address) ? this.book.ownerOf(address) : this.#memberAt(address)
  }

  isUnmet(address: string): boolean {
    return this.book.has(address) && this.book.ownerOf(address) === undefined
  }

  /** Others say whose an unmet address is; a retired replica's is nobody's. */
  turnedOut(address: string, replica: ReplicaId): void {
    if (replica === this.#membership.own.replica) return this.book.isSelf(address)
    this.book.belongsTo(address, replica)
    if (this.#membership.isRetired(replica)) this.#vacate(replica, () => undefined)
  }

  #memberAt(address: string): ReplicaId | undefined {
    if (this.book.has(address)) return undefined
    for (const member of this.#membership.all())
      if (member.address === address) return member.replica
    return undefined
  }

  /** The addresses of members that nobody has met: nobody knows what these hold. */
  unmet(): string[] {
    return this.book.unmet()
  }

  /** Whether a link is accepted from one that dials with `wish`. */
  admits(wish: Wish): boolean {
    return this.view.admits(wish)
  }

  /** An address that was dialled turned out to be that of `replica`; returns whether it was unmet. */
  greeted(address: string | undefined, replica: ReplicaId): boolean {
    if (address === undefined) return false
    const wasUnmet = this.isUnmet(address)
    this.dialling.done(address)
    this.book.belongsTo(address, replica)
    return wasUnmet
  }

  linked(link: OpenLink): void {
    this.heardOf(link.address, link.replica)
    this.view.linked(link)
  }

  /** The link to `replica` is at rest: it has lasted until a heartbeat. */
  lasted(replica: ReplicaId): void {
    this.#mesh.lasted(replica)
  }

  /** A dial failed, or a link ended; `replica` where it had greeted, `code` where the peer said why. */
  lost(address: string | undefined, replica: ReplicaId | undefined, code?: RejectionCode): void {
    const owner = replica ?? this.ownerOf(address)
    if (address !== undefined) this.dialling.done(address)
    this.#mesh.lost(address, owner)
    this.view.lost(address, owner, code)
  }

  /** Whose address it is that is dialled, as far as is known. */
  ownerOf(address: string | undefined): ReplicaId | undefined {
    if (address === undefined) return undefined
    return this.dialling.ownerOf(address) ?? this.book.ownerOf(address)
  }

  /** An address that was dialled is this replica's own; returns whether it was unmet. */
  isSelf(address: string): boolean {
    const wasUnmet = this.isUnmet(address)
    this.dialling.done(address)
    this.book.isSelf(address)
    return wasUnmet
  }

  /** The reason not to dial `replica` is gone. */
  mended(replica: ReplicaId): void {
    this.#mesh.mended(replica)
    this.view.seek()
  }

  retired(replica: ReplicaId, heir: (address: string) => ReplicaId | undefined): void {
    this.#vacate(replica, heir)
    this.view.passive.drop(replica)
  }

  /** A member is at another address now: somebody else may be where it was. */
  moved(replica: ReplicaId, from: string): void {
    if (this.book.ownerOf(from) === replica && this.book.vacate(from)) this.#mesh.again(from)
  }

  #vacate(replica: ReplicaId, heir: (address: string) => ReplicaId | undefined): void {
    for (const address of this.book.retired(replica, heir)) this.#mesh.again(address)
  }

  timer({ kind, key, token }: GossipTimer): void {
    if (kind === 'dial') return this.#mesh.timer(key as string, token)
    if (kind === 'seek') return this.view.seekTimer(token)
    if (kind === 'shuffle') return this.view.shuffleTimer(token)
    if (kind === 'repair') return this.repair.timer(token)
  }
}
