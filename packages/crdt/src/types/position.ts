import { CRDT_LIMITS } from '../limits.ts'

/**
 * Where an element stands among its siblings: pairs of a rank and the copy that gave it, compared
 * from the first on; what begins with another position comes after it, and before whatever follows
 * that one. So there is a place between any two. What one copy inserts one behind the other lies
 * below the first of it, so two copies that do so at one spot do not mix their runs. (Fractional
 * indexing with the names of Logoot: Weiss et al., 2009.)
 */
export type Position = readonly number[]

/** No honest rank comes near it; beyond it numbers would not be exact. */
const RANK_MAX = 2 ** 51

export function comparePositions(a: Position, b: Position): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/**
 * A position between two, or `undefined` where that would get too long or the two are the same:
 * then the siblings are to be placed anew. `left` is `[]` at the beginning.
 */
export function positionBetween(
  left: Position,
  right: Position | undefined,
  lineage: number,
): Position | undefined {
  if (right !== undefined && comparePositions(left, right) >= 0) return undefined
  const position = choose(left, right, lineage)
  const isShort = position.length <= 2 * CRDT_LIMITS.positionDepthMax
  return isShort && isPosition(position) ? position : undefined
}

/** As many positions, the shortest there are. */
export function freshPositions(count: number, lineage: number): Position[] {
  return Array.from({ length: count }, (_, rank) => [rank, lineage])
}

export function isPosition(value: unknown): value is Position {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length % 2 === 0 &&
    value.length <= 4 * CRDT_LIMITS.positionDepthMax &&
    value.every((each) => Number.isSafeInteger(each) && Math.abs(each as number) <= RANK_MAX)
  )
}

function choose(left: Position, right: Position | undefined, lineage: number): Position {
  if (right !== undefined && isBelow(left, right)) {
    return [...left, (right[left.length] ?? 0) - 1, lineage]
  }
  const last = left.length - 2
  if (left.at(-1) !== lineage) {
    for (let at = 0; at <= last; at += 2) {
      if (fits(left, right, at)) return behind(left, at, lineage)
    }
  } else if (left.at(-3) === lineage && fits(left, right, last)) {
    return behind(left, last, lineage)
  }
  return [...left, 0, lineage]
}

/** The next rank in the place of the one at `at`. */
function behind(left: Position, at: number, lineage: number): Position {
  return [...left.slice(0, at), (left[at] ?? 0) + 1, lineage]
}

/** Whether the next rank at `at` is still before `right`, whoever else takes it. */
function fits(left: Position, right: Position | undefined, at: number): boolean {
  if (right === undefined || !isBelow(left.slice(0, at), right)) return true
  return (left[at] ?? 0) + 1 < (right[at] ?? 0)
}

function isBelow(ancestor: Position, position: Position): boolean {
  return ancestor.length < position.length && ancestor.every((each, at) => each === position[at])
}
