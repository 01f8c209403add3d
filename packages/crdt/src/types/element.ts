import { receivedJson, type Json } from '../json.ts'
import type { Token } from '../ledger/token.ts'
import { isPosition, type Position } from './position.ts'

/** Names an element of a list or a node of a tree for ever. */
export type ElementId = string

/** When something was set, as a Lamport clock of its own: how often, and at equal counts by whom. */
export interface Turn {
  readonly count: number
  readonly lineage: number
}

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
const FIRST: Turn = { count: 0, lineage: 0 }

export function created(id: ElementId, value: Json, placing: Placing): Element {
  return { id, value, ...placing, valueTurn: FIRST, placeTurn: FIRST, before: undefined }
}

export function withValue(element: Element, value: Json, lineage: number): Element {
  return { ...element, value, valueTurn: { count: element.valueTurn.count + 1, lineage } }
}

export function moved(element: Element, to: Placing, before: Placing, lineage: number): Element {
  const moves = Math.floor(element.placeTurn.count / TURNS_PER_MOVE) + 1
  return { ...element, ...to, before, placeTurn: { count: moves * TURNS_PER_MOVE, lineage } }
}

/** Put where it already is, by a shorter position: any move outdoes that. */
export function placedAnew(element: Element, position: Position, lineage: number): Element {
  const { count } = element.placeTurn
  const isLast = count % TURNS_PER_MOVE === TURNS_PER_MOVE - 1
  return { ...element, position, placeTurn: { count: isLast ? count : count + 1, lineage } }
}

/** What two changes that have not seen each other come to. */
export function joined(a: Element, b: Element): Element {
  const { value, valueTurn } = isLater(a.valueTurn, b.valueTurn) ? a : b
  const { parent, position, placeTurn, before } = isLater(a.placeTurn, b.placeTurn) ? a : b
  return { id: a.id, value, valueTurn, parent, position, placeTurn, before }
}

export function isLater(a: Turn, b: Turn): boolean {
  return a.count === b.count ? a.lineage > b.lineage : a.count > b.count
}

/** In a token, without what is as it was at first. */
export function encodeElement(element: Element): readonly unknown[] {
  const { id, value, parent, position, valueTurn, placeTurn, before } = element
  const short = [id, value, parent, position]
  if (valueTurn.count === 0 && placeTurn.count === 0) return short
  const turns = [valueTurn.count, valueTurn.lineage, placeTurn.count, placeTurn.lineage]
  const was = before === undefined ? [] : [before.parent, before.position]
  return [...short, ...turns, ...was]
}

export function readElement({ payload }: Token): Element | undefined {
  const [id, given, parent, position, ...rest] = payload
  const value = receivedJson(given)
  if (!isId(id) || id === '' || value === undefined) return undefined
  if (!isId(parent) || !isPosition(position)) return undefined
  const [valueTurn, placeTurn] = [readTurn(rest.slice(0, 2)), readTurn(rest.slice(2, 4))]
  if (valueTurn === undefined || placeTurn === undefined) return undefined
  const [oldParent, oldPosition] = rest.slice(4)
  const before =
    isId(oldParent) && isPosition(oldPosition)
      ? { parent: oldParent, position: oldPosition }
      : undefined
  return { id, value, parent, position, valueTurn, placeTurn, before }
}

function readTurn(pair: readonly unknown[]): Turn | undefined {
  if (pair.length === 0) return FIRST
  const [count, lineage] = pair as number[]
  const isTurn = pair.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)
  return isTurn && count !== undefined && lineage !== undefined ? { count, lineage } : undefined
}

function isId(value: unknown): value is ElementId {
  return typeof value === 'string' && value.length <= 64
}
