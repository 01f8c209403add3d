import type { Element, ElementId } from './element.ts'
import { comparePositions, freshPositions, positionBetween, type Position } from './position.ts'

/** Elements in the order of their positions, and of their ids where two were given the same. */
export class Siblings {
  readonly #sorted: Sibling[] = []

  get length(): number {
    return this.#sorted.length
  }

  at(index: number): ElementId | undefined {
    return this.#sorted[index]?.id
  }

  ids(): ElementId[] {
    return this.#sorted.map(({ id }) => id)
  }

  /** The positions on both sides of the gap before `index`. */
  around(index: number): [Position, Position | undefined] {
    return [this.#sorted[index - 1]?.position ?? [], this.#sorted[index]?.position]
  }

  add(sibling: Sibling): void {
    this.#sorted.splice(this.indexOf(sibling), 0, sibling)
  }

  delete(sibling: Sibling): void {
    const index = this.indexOf(sibling)
    if (this.#sorted[index]?.id === sibling.id) this.#sorted.splice(index, 1)
  }

  /** Where a sibling is, or would be. */
  indexOf(sibling: Sibling): number {
    let [from, to] = [0, this.#sorted.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      const other = this.#sorted[middle]
      if (other !== undefined && compareSiblings(other, sibling) < 0) from = middle + 1
      else to = middle
    }
    return from
  }
}

/**
 * A position before the sibling at `index`. Where there is none between its neighbours, all siblings
 * are first placed anew, in the order that they have.
 */
export function positionAt(
  siblings: () => Siblings,
  index: number,
  lineage: number,
  placeAnew: (id: ElementId, position: Position) => void,
): Position {
  const find = (): Position | undefined => positionBetween(...siblings().around(index), lineage)
  const found = find()
  if (found !== undefined) return found
  const ids = siblings().ids()
  const positions = freshPositions(ids.length, lineage)
  ids.forEach((id, at) => placeAnew(id, positions[at] ?? [at, lineage]))
  return find() ?? [index, lineage]
}

type Sibling = Pick<Element, 'id' | 'position'>

function compareSiblings(a: Sibling, b: Sibling): number {
  const order = comparePositions(a.position, b.position)
  if (order !== 0) return order
  return a.id < b.id ? -1 : Number(a.id > b.id)
}
