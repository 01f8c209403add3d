import { decodeExact, type Exact } from '../exact.ts'
import type { Index } from '../ledger/node.ts'
import { compareTokens, type Token } from '../ledger/token.ts'

/**
 * What one copy of the document has counted: its running sum after its change number `at`. Each
 * change takes the place of the one before. A line begins with the change `since`, and a new one is
 * begun when the last was taken away by a removal.
 */
export interface Count {
  readonly lineage: number
  readonly since: number
  readonly at: number
  readonly sum: Exact
}

/** The counts at one place, or what removals saw of them: of each line the furthest. */
export class Counts implements Index {
  readonly #counts = new Map<Token, Count>()

  add(token: Token): boolean {
    const count = readCount(token.payload)
    if (count !== undefined) this.#counts.set(token, count)
    return count !== undefined
  }

  remove(token: Token): boolean {
    return this.#counts.delete(token)
  }

  furthest(): Map<string, Count> {
    const furthest = new Map<string, [Token, Count]>()
    for (const [token, count] of this.#counts) {
      const line = lineOf(count)
      const other = furthest.get(line)
      if (other === undefined || isFurther([token, count], other))
        furthest.set(line, [token, count])
    }
    return new Map(Array.from(furthest, ([line, [, count]]) => [line, count]))
  }

  /** The tokens of one copy, and what they say. */
  of(lineage: number): [Token, Count][] {
    return Array.from(this.#counts).filter(([, count]) => count.lineage === lineage)
  }
}

export function lineOf({ lineage, since }: Count): string {
  return `${lineage}.${since}`
}

export function readCount([lineage, since, at, given]: readonly unknown[]): Count | undefined {
  const sum = decodeExact(given)
  if (sum === undefined || ![lineage, since, at].every(isNatural)) return undefined
  return { lineage, since, at, sum } as Count
}

function isFurther([tokenA, a]: [Token, Count], [tokenB, b]: [Token, Count]): boolean {
  return a.at === b.at ? compareTokens(tokenA, tokenB) > 0 : a.at > b.at
}

function isNatural(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
