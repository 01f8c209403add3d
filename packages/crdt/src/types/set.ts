import type * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import { frozenSet } from '../frozen.ts'
import { jsonKey, receivedJson, toJson, type Json } from '../json.ts'
import type { Index } from '../ledger/node.ts'
import type { Place } from '../ledger/place.ts'
import type { Token } from '../ledger/token.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

/** What a concurrent addition and removal of one element come to. */
export type SetWinner = 'add' | 'remove'

const CODES = { add: 'a', remove: 'x', grow: 'g' } as const
type Code = (typeof CODES)[keyof typeof CODES]

/** What no other change to this element has seen. */
interface Element {
  readonly value: Json
  readonly additions: Set<Token>
  readonly removals: Set<Token>
}

class Elements implements Index {
  readonly #elements = new Map<string, Element>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): Element | undefined {
    return this.#elements.get(key)
  }

  has(key: string): boolean {
    return isIn(this.#elements.get(key))
  }

  add(token: Token): boolean {
    return this.#change(token, (tokens) => tokens.add(token))
  }

  remove(token: Token): boolean {
    return this.#change(token, (tokens) => tokens.delete(token))
  }

  /** Those that are in, in an order that is the same everywhere. */
  sorted(): Json[] {
    const keys = Array.from(this.#elements.keys()).filter((key) => this.has(key))
    return keys.toSorted().map((key) => this.#elements.get(key)?.value ?? null)
  }

  #change(token: Token, act: (tokens: Set<Token>) => void): boolean {
    const value = receivedJson(token.payload[0])
    if (value === undefined) return false
    const key = jsonKey(value)
    const element = this.#elements.get(key) ?? {
      value,
      additions: new Set(),
      removals: new Set(),
    }
    this.#elements.set(key, element)
    const was = isIn(element)
    act(token.payload[1] === 0 ? element.removals : element.additions)
    if (element.additions.size + element.removals.size === 0) this.#elements.delete(key)
    const is = isIn(element)
    this.#size += Number(is) - Number(was)
    return is !== was
  }
}

function isIn(element: Element | undefined): boolean {
  return element !== undefined && element.additions.size > 0 && element.removals.size === 0
}

/** A set of JSON values, equal when their JSON is: see `set`. */
export class ReplicatedSet<T> extends View<ReadonlySet<T>> {
  readonly #code: Code

  constructor(place: Place, code: Code) {
    super(place)
    this.#code = code
  }

  get size(): number {
    return this.#elements().size
  }

  has(value: T): boolean {
    return this.#elements().has(jsonKey(toJson(value)))
  }

  /** Throws `CrdtError('not-json')`. */
  add(value: T): void {
    const json = toJson(value)
    const element = this.#elements().get(jsonKey(json))
    // What nothing removes needs no second addition; a removal of the key that it lies under does.
    if (this.#code === 'g' && !this.place.isUnderKey && isIn(element)) return
    this.place.change((transaction) => {
      this.place.replace(transaction, tokensOf(element), this.#code, json)
    })
  }

  /** Returns whether the value was in. Throws `TypeError` for a set that only grows. */
  delete(value: T): boolean {
    this.#checkShrinks()
    const json = toJson(value)
    const element = this.#elements().get(jsonKey(json))
    // Where removing wins, it also wins over what this copy has not seen.
    if (this.#code !== 'x' && element === undefined) return false
    const wasIn = isIn(element)
    this.place.change((transaction) => this.#remove(transaction, json, element))
    return wasIn
  }

  clear(): void {
    this.#checkShrinks()
    this.place.change(() => {
      for (const value of this.value) this.delete(value)
    })
  }

  *[Symbol.iterator](): IterableIterator<T> {
    yield* this.value
  }

  protected snapshot(): ReadonlySet<T> {
    return frozenSet(this.#elements().sorted() as T[])
  }

  #remove(transaction: Y.Transaction, json: Json, element: Element | undefined): void {
    const { place } = this
    const seen = tokensOf(element)
    if (this.#code === 'x') {
      place.replace(transaction, seen, this.#code, json, 0)
      return
    }
    place.drop(transaction, seen)
    place.touch(transaction)
  }

  #checkShrinks(): void {
    if (this.#code === 'g') throw new TypeError('This set only grows; nothing can be removed.')
  }

  #elements(): Elements {
    return this.place.index(this.#code, () => new Elements())
  }
}

export interface SetOptions {
  /**
   * `'add'` (as if unsaid): an element is in while there is an addition of it that no removal has
   * seen. `'remove'`: an element is in when there is an addition that has seen every removal.
   */
  readonly wins?: SetWinner
  /** A set from which nothing is ever removed. */
  readonly growOnly?: boolean
}

/**
 * A set of JSON values. Each change to an element replaces the changes to it that it has seen; of
 * those that are left, one addition is enough where adding wins, and one removal where removing
 * wins. (OR-set: Shapiro et al., 2011, optimised as by Bieniusa et al., 2012; remove-wins set as
 * Antidote's set_rw.) Where removing wins, an element that was removed costs its bytes for good.
 */
export function set<T>({ wins, growOnly = false }: SetOptions = {}): Type<
  ReplicatedSet<T>,
  ReadonlySet<T>
> {
  if (growOnly && wins !== undefined) {
    throw new CrdtError('bad-schema', 'Nothing can win in a set that only grows: drop one option.')
  }
  const code = growOnly ? CODES.grow : CODES[wins ?? 'add']
  return {
    kind: growOnly ? 'set (grow only)' : `set (${wins ?? 'add'} wins)`,
    code,
    open: (place) => new ReplicatedSet<T>(place, code),
    read: (view) => view.value,
  }
}

function tokensOf(element: Element | undefined): Token[] {
  return [...(element?.additions ?? []), ...(element?.removals ?? [])]
}
