import type * as Y from 'yjs'

import { frozenMap } from '../frozen.ts'
import type { Node } from '../ledger/node.ts'
import { checkKey, hasRoom, NO_REACH, reachBy, type Reach } from '../ledger/path.ts'
import type { Place } from '../ledger/place.ts'
import type { AnyType, Type } from '../type.ts'
import { View } from '../view.ts'
import { removeTokens } from './removal.ts'

/** How far fixed names go below a type. */
function reachOf(type: AnyType): Reach {
  const reaches = Array.from(type.fields ?? [], ([name, field]) => reachBy(name, reachOf(field)))
  const longest = (a: Reach, b: Reach): Reach => ({
    length: Math.max(a.length, b.length),
    depth: Math.max(a.depth, b.depth),
  })
  return reaches.reduce(longest, NO_REACH)
}

const NO_KEYS: readonly string[] = Object.freeze([])
/** Views of keys that are not there, beyond as many as are, that are kept. */
const ABSENT_VIEWS_MAX = 64

/** Keys, each with a value of one type: see `map`. */
export class ReplicatedMap<V, S> extends View<ReadonlyMap<string, S>> {
  readonly #type: Type<V, S>
  /** What the fields below a key add to its path. */
  readonly #reach: Reach
  /** What was opened, so that a key gives the same view each time. */
  readonly #views = new Map<string, V>()
  #keys:
    | { readonly node: Node; readonly version: number; readonly sorted: readonly string[] }
    | undefined

  constructor(place: Place, type: Type<V, S>) {
    super(place)
    this.#type = type
    this.#reach = reachOf(type)
  }

  /** The value of a key, to read and to change; a change is what makes the key be there. */
  get(key: string): V {
    const name = checkKey(key)
    const known = this.#views.get(name)
    if (known !== undefined) return known
    const view = this.#type.open(this.place.key(name, this.#reach))
    this.#views.set(name, view)
    return view
  }

  has(key: string): boolean {
    return this.#isPresent(checkKey(key))
  }

  /** Makes a key be there, if only empty, and gives its value. */
  ensure(key: string): V {
    const name = checkKey(key)
    if (!this.#isPresent(name)) {
      const place = this.place.key(name, this.#reach)
      this.place.change((transaction) => place.touch(transaction))
    }
    return this.get(name)
  }

  /**
   * Takes away a key with all that this copy sees in it; what is changed in it concurrently stays,
   * and the key with it. Returns whether the key was there.
   */
  delete(key: string): boolean {
    const name = checkKey(key)
    if (!this.#isPresent(name)) return false
    this.place.change((transaction) => this.#remove(transaction, name))
    return true
  }

  clear(): void {
    this.place.change((transaction) => {
      for (const key of this.keys()) this.#remove(transaction, key)
    })
  }

  get size(): number {
    return this.keys().length
  }

  /** The keys that are there, in the order of their UTF-16 units. */
  keys(): readonly string[] {
    const { node } = this.place
    if (node === undefined) return NO_KEYS
    if (this.#keys?.node === node && this.#keys.version === node.keysVersion)
      return this.#keys.sorted
    const children = Array.from(node.children.values())
    const present = children
      .filter((child) => child.present > 0 && hasRoom(child.path, this.#reach))
      .map(({ key }) => key)
    const sorted = Object.freeze(present.toSorted())
    this.#keys = { node, version: node.keysVersion, sorted }
    this.#closeAbsent(present)
    return sorted
  }

  *[Symbol.iterator](): IterableIterator<[string, V]> {
    for (const key of this.keys()) yield [key, this.get(key)]
  }

  protected snapshot(): ReadonlyMap<string, S> {
    return frozenMap(this.keys().map((key) => [key, this.#type.read(this.get(key))]))
  }

  #isPresent(key: string): boolean {
    const child = this.place.node?.children.get(key)
    return child !== undefined && child.present > 0 && hasRoom(child.path, this.#reach)
  }

  /** Lets go of views of keys that went, which may come and go without end. */
  #closeAbsent(present: readonly string[]): void {
    if (this.#views.size <= 2 * present.length + ABSENT_VIEWS_MAX) return
    const keys = new Set(present)
    for (const key of this.#views.keys()) if (!keys.has(key)) this.#views.delete(key)
  }

  /** The removal is itself a change to what the map lies in. */
  #remove(transaction: Y.Transaction, key: string): void {
    const place = this.place.key(key, this.#reach)
    removeTokens(transaction, place)
    this.#views.delete(key)
    this.place.touch(transaction)
  }
}

/**
 * A map from strings to values of one type, at any depth. Copies that begin a key concurrently have
 * one value under it, merged by its type. A key is there while some change in it, or an `ensure`,
 * has not been seen by a removal of it, or of a key that it lies under; and its value is made of
 * just these changes. (Observed-remove with recursive reset: Riak's map and Antidote's map_rr; here
 * counters are reset too, and bounded counters never.)
 */
export function map<V, S>(type: Type<V, S>): Type<ReplicatedMap<V, S>, ReadonlyMap<string, S>> {
  return {
    kind: 'map',
    open: (place) => new ReplicatedMap(place, type),
    read: (view) => view.value,
  }
}
