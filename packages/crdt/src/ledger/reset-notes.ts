import { COUNTER, COUNTER_RESET } from './codes.ts'
import type { Node } from './node.ts'
import type { Path } from './path.ts'
import type { Token } from './token.ts'

/**
 * A removal notes what it saw of a running sum, in case the copy whose sum it is was adding to it at
 * that moment. That copy is the only one that can know when it was not: when it has no token of that
 * line, there will never be another. So it takes such notes away, after its next change to anything,
 * and they do not gather with the keys that were removed (rule D2).
 */
export class ResetNotes {
  readonly #own = new Set<Token>()

  hear(token: Token, lineage: number): void {
    if (token.code === COUNTER_RESET && token.payload[0] === lineage) this.#own.add(token)
  }

  /** Those that are of no more use. */
  takeSpent(nodes: ReadonlyMap<Path, Node>): Token[] {
    if (this.#own.size === 0) return []
    const spent = Array.from(this.#own).filter((note) => !isInUse(note, nodes.get(note.path)))
    for (const note of spent) this.#own.delete(note)
    return spent
  }
}

function isInUse({ payload: [lineage, since] }: Token, node: Node | undefined): boolean {
  const counts = Array.from(node?.slots.get(COUNTER)?.tokens ?? [])
  return counts.some(({ payload }) => payload[0] === lineage && payload[1] === since)
}
