import type { ReplicaId, Wish } from '@rejoin/protocol'

import type { Emit } from './events.ts'

/** Of two wishes under way to one address the later one in this order counts. */
const STRENGTH: readonly Wish[] = ['visit', 'join', 'neighbour', 'urgent']

/** Dials that are under way, one an address, and what each is for. */
export class Dialling {
  readonly #wishes = new Map<string, Wish>()
  /** Whose the addresses are that are dialled, where that is known. */
  readonly #owners = new Map<string, ReplicaId>()
  readonly #emit: Emit

  constructor(emit: Emit) {
    this.#emit = emit
  }

  dial(address: string, wish: Wish, owner?: ReplicaId): void {
    if (owner !== undefined) this.#owners.set(address, owner)
    const underWay = this.#wishes.get(address)
    if (underWay === undefined) this.#emit({ type: 'dial', address })
    if (underWay === undefined || STRENGTH.indexOf(wish) > STRENGTH.indexOf(underWay)) {
      this.#wishes.set(address, wish)
    }
  }

  isUnderWay(address: string): boolean {
    return this.#wishes.has(address)
  }

  /** Dials for links that are to stay. */
  get forLinks(): number {
    let count = 0
    for (const wish of this.#wishes.values()) if (wish !== 'visit') count += 1
    return count
  }

  /** What a dial that has just come through is for. */
  wishFor(address: string): Wish {
    return this.#wishes.get(address) ?? 'neighbour'
  }

  ownerOf(address: string): ReplicaId | undefined {
    return this.#owners.get(address)
  }

  /** The link has greeted, or ended, or was never there. */
  done(address: string): void {
    this.#wishes.delete(address)
    this.#owners.delete(address)
  }
}
