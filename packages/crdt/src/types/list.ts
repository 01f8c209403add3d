import type * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import { toJson, type Json } from '../json.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'
import {
  created,
  encodeElement,
  isSamePlace,
  moved,
  newId,
  placedAnew,
  withValue,
  type Element,
  type ElementId,
} from './element.ts'
import { Elements } from './elements.ts'
import type { Position } from './position.ts'
import { positionAt, Siblings } from './siblings.ts'

const CODE = 'l'

/** The elements, and their order. */
class Ordered extends Elements {
  readonly order = new Siblings()

  protected changed(was: Element | undefined, is: Element | undefined): boolean {
    if (was !== undefined && is !== undefined && isSamePlace(was, is)) return was.value !== is.value
    if (was !== undefined) this.order.delete(was)
    if (is !== undefined) this.order.add(is)
    return true
  }

  sorted(): Element[] {
    return this.order.ids().flatMap((id) => this.get(id) ?? [])
  }
}

/** A list whose elements can be moved: see `list`. */
export class List<T> extends View<readonly T[]> {
  get length(): number {
    return this.#elements().order.length
  }

  get(index: number): T | undefined {
    const elements = this.#elements()
    return elements.get(elements.order.at(index) ?? '')?.value as T | undefined
  }

  /** What names the element at an index, wherever it is moved to. */
  idAt(index: number): ElementId | undefined {
    return this.#elements().order.at(index)
  }

  /** Where an element is now; -1 when it is gone. */
  indexOf(id: ElementId): number {
    const elements = this.#elements()
    const element = elements.get(id)
    return element === undefined ? -1 : elements.order.indexOf(element)
  }

  /**
   * Inserts values before an index, or at the end, and keeps them together whatever is inserted there
   * concurrently. Returns their ids. Throws `CrdtError('not-json')` and `'out-of-range'`.
   */
  insert(index: number, ...values: T[]): ElementId[] {
    if (!Number.isInteger(index) || index < 0 || index > this.length) throw outOfRange(index)
    const jsons = values.map(toJson)
    return this.place.change((transaction) =>
      jsons.map((value, offset) => this.#insert(transaction, index + offset, value)),
    )
  }

  push(...values: T[]): ElementId[] {
    return this.insert(this.length, ...values)
  }

  /** Takes away an element, by its index or its id. Throws `CrdtError('out-of-range')` or `'gone'`. */
  delete(which: number | ElementId): void {
    const { id } = this.#find(which)
    this.place.change((transaction) => {
      this.place.drop(transaction, this.#elements().tokensOf(id))
      this.place.touch(transaction)
    })
  }

  /** Puts another value in the place of an element's. Throws as `delete`, and `'not-json'`. */
  set(which: number | ElementId, value: T): void {
    const element = this.#find(which)
    const json = toJson(value)
    this.place.change((transaction) => {
      this.#put(transaction, withValue(element, json, this.place.nextChange()))
    })
  }

  /** Moves an element to where it is then found at the index `to`. Throws as `delete`. */
  move(which: number | ElementId, to: number): void {
    const element = this.#find(which)
    if (!Number.isInteger(to) || to < 0 || to >= this.length) throw outOfRange(to)
    const from = this.indexOf(element.id)
    if (from === to) return
    this.place.change((transaction) => {
      const position = this.#positionAt(transaction, from < to ? to + 1 : to)
      const placing = { parent: '', position }
      // Where it was is of no use to a list, which has one parent only.
      this.#put(
        transaction,
        moved(this.#find(element.id), placing, undefined, this.place.nextChange()),
      )
    })
  }

  *[Symbol.iterator](): IterableIterator<T> {
    yield* this.value
  }

  protected snapshot(): readonly T[] {
    return Object.freeze(
      this.#elements()
        .sorted()
        .map(({ value }) => value as T),
    )
  }

  #insert(transaction: Y.Transaction, index: number, value: Json): ElementId {
    const id = newId(this.place.nextChange())
    const position = this.#positionAt(transaction, index)
    this.#put(transaction, created(id, value, { parent: '', position }))
    return id
  }

  #positionAt(transaction: Y.Transaction, index: number): Position {
    const siblings = (): Siblings => this.#elements().order
    return positionAt(siblings, index, this.place.ledger.lineage, (id, position) => {
      this.#put(transaction, placedAnew(this.#find(id), position, this.place.nextChange()))
    })
  }

  #put(transaction: Y.Transaction, element: Element): void {
    const seen = this.#elements().tokensOf(element.id)
    this.place.replace(transaction, seen, CODE, ...encodeElement(element))
  }

  #find(which: number | ElementId): Element {
    const elements = this.#elements()
    const element = elements.get(
      typeof which === 'number' ? (elements.order.at(which) ?? '') : which,
    )
    if (element !== undefined) return element
    if (typeof which === 'number') throw outOfRange(which)
    throw new CrdtError('gone', `The element '${which}' is not in the list (any more).`)
  }

  #elements(): Ordered {
    return this.place.index(CODE, () => new Ordered())
  }
}

/**
 * A list of JSON values in which an element keeps its name when it is moved or changed: concurrent
 * moves of one leave one, where the last of them put it (by count, then by copy), and a concurrent
 * change of its value holds too. A deletion takes away what it saw of an element; an element that is
 * moved or changed concurrently stays. (Kleppmann, "Moving elements in list CRDTs", 2020.)
 */
export function list<T>(): Type<List<T>, readonly T[]> {
  return {
    kind: 'list',
    code: CODE,
    open: (place) => new List(place),
    read: (view) => view.value,
  }
}

function outOfRange(index: number): CrdtError {
  return new CrdtError('out-of-range', `There is no index ${index} in the list.`)
}
