import { equalityDeep } from 'lib0/function'

import { receivedJson, toJson } from '../json.ts'
import type { Index } from '../ledger/node.ts'
import { compareTokens, type Token } from '../ledger/token.ts'
import { checkTime, isStamp, nextStamp, type Stamp } from '../stamp.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

const CODE = 'r'

interface Write {
  readonly stamp: Stamp
  readonly writer: string
  readonly value: unknown
}

/** The writes that no other write has seen; the last of them is the value. */
class Writes implements Index {
  readonly #writes = new Map<Token, Write>()

  add(token: Token): boolean {
    const write = readWrite(token.payload)
    const was = this.last()
    if (write !== undefined) this.#writes.set(token, write)
    return !isSameValue(was, this.last())
  }

  remove(token: Token): boolean {
    const was = this.last()
    this.#writes.delete(token)
    return !isSameValue(was, this.last())
  }

  /** By stamp, then by writer. */
  last(): Write | undefined {
    let last: [Token, Write] | undefined
    for (const each of this.#writes) if (last === undefined || isAfter(each, last)) last = each
    return last?.[1]
  }
}

/** A value of which the last write counts: see `register`. */
export class Register<T> extends View<T> {
  readonly #initial: T

  constructor(place: View<T>['place'], initial: T) {
    super(place)
    this.#initial = initial
  }

  /** Throws `CrdtError('not-json')`, and `'no-clock'` where the binding has none. */
  set(value: T): void {
    const json = toJson(value)
    const { writer, now } = this.place.author
    const stamp = nextStamp(this.#writes().last()?.stamp ?? 0, checkTime(now()))
    this.place.change((transaction) => {
      const seen = this.place.tokens(CODE)
      this.place.replace(transaction, seen, CODE, stamp, writer, json)
    })
  }

  protected snapshot(last: T | undefined): T {
    const write = this.#writes().last()
    const value = write === undefined ? this.#initial : (write.value as T)
    return equalityDeep(value, last) ? (last as T) : value
  }

  #writes(): Writes {
    return this.place.index(CODE, () => new Writes())
  }
}

/**
 * A JSON value; the last write wins. A write replaces the writes that it has seen. Of those that are
 * left, which are concurrent, the one with the highest stamp is the value, and of equal stamps the
 * one whose writer's name is greater. `initial` is read where nobody has written, and never stored.
 */
export function register<T>(initial: T): Type<Register<T>, T> {
  const value = toJson(initial) as T
  return {
    kind: 'register',
    code: CODE,
    open: (place) => new Register(place, value),
    read: (view) => view.value,
  }
}

/** Also where it was written again: nobody needs to hear of that. */
function isSameValue(a: Write | undefined, b: Write | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalityDeep(a.value, b.value))
}

function isAfter([tokenA, a]: [Token, Write], [tokenB, b]: [Token, Write]): boolean {
  if (a.stamp !== b.stamp) return a.stamp > b.stamp
  if (a.writer !== b.writer) return a.writer > b.writer
  return compareTokens(tokenA, tokenB) > 0
}

function readWrite([stamp, writer, given]: readonly unknown[]): Write | undefined {
  const value = receivedJson(given)
  if (!isStamp(stamp) || typeof writer !== 'string' || value === undefined) return undefined
  return { stamp, writer, value }
}
