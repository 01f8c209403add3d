import { receivedJson, type Json } from '../json.ts'
import type { Token } from '../ledger/token.ts'
import { comparePositions, isPosition, type Position } from './position.ts'

/** Names an element of a list or a node of a tree for ever. */
export type ElementId = string

/**
 * When something was set: how often it had been, as far as was seen, and at equal counts by which
 * copy; and by which of its changes, since a copy may come to the same count twice when the first
 * was deleted elsewhere.
 */
export interface Turn {
  readonly count: number
  readonly lineage: number
  readonly at: number
}

/** Which change of which copy it is. */
export type Change = Omit<Turn, 'count'>

/** Where an element was put. A list has one parent, `''`. */
export interface Placing {
  readonly parent: ElementId
  readonly position: Position
}

/**
 * All of one element, as one change left it. Value and place are two registers; of changes that
 * have not seen each other the later turn of each counts, so a move and a change of the value both
 * take effect.
 */
export interface Element extends Placing {
  readonly id: ElementId
  readonly value: Json
  readonly valueTurn: Turn
  readonly placeTurn: Turn
  /** Where it was before it was moved; nothing in a list, or for what was never moved. */
  readonly before: Placing | undefined
}

/** Turns of placing count in steps, between which siblings can be placed anew without outdoing a move. */
const TURNS_PER_MOVE = 4_096
/** No honest count comes near it; beyond it numbers would not be exact. */
const COUNT_MAX = 2 ** 51
const FIRST: Turn = { count: 0, lineage: 0, at: 0 }

export function newId({ lineage, at }: Change): ElementId {
  return `${lineage.toString(36)}.${at.toString(36)}`
}

export function created(id: ElementId, value: Json, placing: Placing): Element {
  return { id, value, ...placing, valueTurn: FIRST, placeTurn: FIRST, before: undefined }
}

export function withValue(element: Element, value: Json, by: Change): Element {
  return { ...element, value, valueTurn: turn(element.valueTurn.count + 1, by) }
}

export function moved(
  element: Element,
  to: Placing,
  was: Placing | undefined,
  by: Change,
): Element {
  const moves = Math.floor(element.placeTurn.count / TURNS_PER_MOVE) + 1
  const { parent, position } = to
  const before = was && { parent: was.parent, position: was.position }
  return {
    ...element,
    parent,
    position,
    before,
    placeTurn: turn(moves * TURNS_PER_MOVE, by),
  }
}

/** Put where it already is, by a shorter position: any move outdoes that. */
export function placedAnew(element: Element, position: Position, by: Change): Element {
  const { count } = element.placeTurn
  const isLast = count % TURNS_PER_MOVE === TURNS_PER_MOVE - 1
  return { ...element, position, placeTurn: turn(isLast ? count : count + 1, by) }
}

function turn(count: number, by: Change): Turn {
  return { count: Math.min(count, COUNT_MAX), ...by }
}

/** What two changes that have not seen each other come to. */
export function joined(a: Element, b: Element): Element {
  const { value, valueTurn } = isLater(a.valueTurn, b.valueTurn) ? a : b
  const { parent, position, placeTurn, before } = isLater(a.placeTurn, b.placeTurn) ? a : b
  return { id: a.id, value, valueTurn, parent, position, placeTurn, before }
}

export function isSamePlace(a: Placing, b: Placing): boolean {
  return a.parent === b.parent && comparePositions(a.position, b.position) === 0
}

export function isLater(a: Turn, b: Turn): boolean {
  if (a.count !== b.count) return a.count > b.count
  return a.lineage === b.lineage ? a.at > b.at : a.lineage > b.lineage
}

/** In a token, without what is as it was at first. */
export function encodeElement(element: Element): readonly unknown[] {
  const { id, value, parent, position, valueTurn, placeTurn, before } = element
  const short = [id, value, parent, position]
  if (valueTurn.count === 0 && placeTurn.count === 0) return short
  const turns = [valueTurn, placeTurn].flatMap(({ count, lineage: by, at }) => [count, by, at])
  const was = before === undefined ? [] : [before.parent, before.position]
  return [...short, ...turns, ...was]
}

export function readElement({ payload }: Token): Element | undefined {
  const [id, given, parent, position, ...rest] = payload
  const value = receivedJson(given)
  if (!isId(id) || id === '' || value === undefined) return undefined
  if (!isId(parent) || !isPosition(position)) return undefined
  const [valueTurn, placeTurn] = [readTurn(rest.slice(0, 3)), readTurn(rest.slice(3, 6))]
  if (valueTurn === undefined || placeTurn === undefined) return undefined
  const [oldParent, oldPosition] = rest.slice(6)
  const before =
    isId(oldParent) && isPosition(oldPosition)
      ? { parent: oldParent, position: oldPosition }
      : undefined
  return { id, value, parent, position, valueTurn, placeTurn, before }
}

function readTurn(numbers: readonly unknown[]): Turn | undefined {
  if (numbers.length === 0) return FIRST
  const [count, lineage, at] = numbers as number[]
  const isTurn = numbers.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)
  if (count === undefined || count > COUNT_MAX) return undefined
  return isTurn && numbers.length === 3 ? ({ count, lineage, at } as Turn) : undefined
}

function isId(value: unknown): value is ElementId {
  return typeof value === 'string' && value.length <= 64
}
