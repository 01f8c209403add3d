import { equalityDeep } from 'lib0/function'

import { jsonKey, receivedJson, toJson, type Json } from '../json.ts'
import type { Index } from '../ledger/node.ts'
import type { Token } from '../ledger/token.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

const CODE = 'm'

class Values implements Index {
  readonly #values = new Map<Token, Json>()

  add(token: Token): boolean {
    const value = receivedJson(token.payload[0])
    if (value === undefined) return false
    const isNew = !this.#has(value)
    this.#values.set(token, value)
    return isNew
  }

  remove(token: Token): boolean {
    const value = this.#values.get(token)
    this.#values.delete(token)
    return value !== undefined && !this.#has(value)
  }

  #has(value: Json): boolean {
    return Array.from(this.#values.values()).some((other) => equalityDeep(other, value))
  }

  /** Each once, in an order that is the same everywhere. */
  distinct(): Json[] {
    const byKey = new Map(Array.from(this.#values.values(), (value) => [jsonKey(value), value]))
    return Array.from(byKey.keys())
      .toSorted()
      .map((key) => byKey.get(key) ?? null)
  }
}

/** A value that keeps what was written concurrently: see `multiValueRegister`. */
export class MultiValueRegister<T> extends View<readonly T[]> {
  /** Throws `CrdtError('not-json')`. */
  set(value: T): void {
    const json = toJson(value)
    this.place.change((transaction) => {
      this.place.replace(transaction, this.place.tokens(CODE), CODE, json)
    })
  }

  protected snapshot(last: readonly T[] | undefined): readonly T[] {
    const values = this.place.index(CODE, () => new Values()).distinct()
    return equalityDeep(values, last) ? (last ?? []) : Object.freeze(values as T[])
  }
}

/**
 * All concurrent values, each once: a write replaces the writes that it has seen, and what is left
 * is read. `[]` where nobody has written. The order is that of the values' JSON text, and means
 * nothing. (MV-register: DeCandia et al., 2007; Shapiro et al., 2011.)
 */
export function multiValueRegister<T>(): Type<MultiValueRegister<T>, readonly T[]> {
  return {
    kind: 'multiValueRegister',
    code: CODE,
    open: (place) => new MultiValueRegister(place),
    read: (view) => view.value,
  }
}
