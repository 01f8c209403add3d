import type { ReplicaId } from '@rejoin/protocol'

import type { Chance } from './chance.ts'

/**
 * Whom to probe next (SWIM §4.3): all neighbours in turn, in another order each time round, so that
 * between two probes of one neighbour lie at most 2N − 2 of the others. A new one takes a random
 * place among them, so that many who join at once are not probed by everybody at the same time.
 */
export class ProbeRound {
  readonly #chance: Chance
  /** Those whose turn is still to come this time round. */
  #left: ReplicaId[] = []
  /** All who take part in this round. */
  #present = new Set<ReplicaId>()

  constructor(chance: Chance) {
    this.#chance = chance
  }

  next(neighbours: readonly ReplicaId[]): ReplicaId | undefined {
    this.#remove(new Set(neighbours))
    for (const neighbour of neighbours) this.#insert(neighbour)
    if (this.#left.length === 0) this.#left = shuffled(neighbours, this.#chance)
    return this.#left.shift()
  }

  #remove(staying: ReadonlySet<ReplicaId>): void {
    this.#left = this.#left.filter((replica) => staying.has(replica))
    for (const replica of this.#present) if (!staying.has(replica)) this.#present.delete(replica)
  }

  #insert(replica: ReplicaId): void {
    if (this.#present.has(replica)) return
    const done = this.#present.size - this.#left.length
    const place = Math.floor(this.#chance.next() * (this.#present.size + 1))
    this.#present.add(replica)
    // Among those whose turn is over, it has its own in the next round.
    if (place >= done) this.#left.splice(place - done, 0, replica)
  }
}

/** The items in a random order (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], chance: Chance): Item[] {
  const out: Item[] = []
  for (const [index, item] of items.entries()) {
    const place = Math.floor(chance.next() * (index + 1))
    if (place === index) out.push(item)
    else {
      out.push(out[place] as Item)
      out[place] = item
    }
  }
  return out
}
