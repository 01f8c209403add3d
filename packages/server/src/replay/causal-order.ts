/**
 * What each agent has seen, as the transactions of a trace are typed in their order. An agent has
 * seen exactly the transitive closure of its newest transaction; since a person's own typing is one
 * line, one number per other agent says it: the highest transaction of that agent which it has seen.
 * Cost: each agent visits each transaction once at most, over the whole trace.
 */
import { TraceError } from './trace-error.ts'
import type { Transaction } from './trace.ts'

const NONE = -1

export class CausalOrder {
  readonly #transactions: readonly Transaction[]
  /** `#seen[a][b]` is the highest transaction of agent b that agent a has seen. */
  readonly #seen: readonly Int32Array[]

  constructor(agentCount: number, transactions: readonly Transaction[]) {
    this.#transactions = transactions
    this.#seen = Array.from({ length: agentCount }, () => new Int32Array(agentCount).fill(NONE))
  }

  /**
   * The transactions, in order, that `index` was typed on and that its agent has not seen yet.
   * Throws a `TraceError` when the agent's own newest one is not among what `index` builds on.
   */
  missing(index: number): number[] {
    const { agent } = this.#at(index)
    const seen = this.#seen[agent]!
    const missing = new Set<number>()
    const newest = seen[agent]!
    let buildsOnNewest = newest === NONE
    const toVisit = [index]
    for (let at = toVisit.pop(); at !== undefined; at = toVisit.pop()) {
      for (const parent of this.#at(at).parents) {
        if (parent === newest) buildsOnNewest = true
        if (missing.has(parent) || parent <= seen[this.#at(parent).agent]!) continue
        missing.add(parent)
        toVisit.push(parent)
      }
    }
    if (!buildsOnNewest) {
      throw new TraceError(`it is not typed on ${newest}, the one before by the same agent.`, index)
    }
    return [...missing].toSorted((a, b) => a - b)
  }

  /** From now on the agent of `index` has seen it and all that it builds on; returns the latter. */
  advance(index: number): number[] {
    const missing = this.missing(index)
    const { agent } = this.#at(index)
    const seen = this.#seen[agent]!
    for (const at of missing) seen[this.#at(at).agent] = at
    seen[agent] = index
    return missing
  }

  hasSeen(agent: number, index: number): boolean {
    return this.#seen[agent]![this.#at(index).agent]! >= index
  }

  #at(index: number): Transaction {
    const transaction = this.#transactions[index]
    if (transaction === undefined) throw new RangeError(`There is no transaction ${index}.`)
    return transaction
  }
}
