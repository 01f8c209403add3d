import { CrdtError } from './error.ts'
import { CRDT_LIMITS } from './limits.ts'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/**
 * Values are kept as plain JSON, frozen, and in a form that every replica reads alike: an object's
 * own `__proto__` would become its prototype where it is decoded, half a surrogate pair would become
 * another character, and `undefined`, `NaN` or a `Date` would become something else or nothing.
 */
export function toJson(value: unknown): Json {
  return new Copying().copy(value, 0)
}

/** A value that came with an update, frozen where it is; `undefined` where nobody could have meant it. */
export function receivedJson(value: unknown): Json | undefined {
  try {
    return new Copying(true).copy(value, 0)
  } catch (error) {
    if (error instanceof CrdtError) return undefined
    throw error
  }
}

/** One text for all values that are equal as JSON, whatever the order of their keys. */
export function jsonKey(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(jsonKey).join(',')}]`
  const keys = Object.keys(value).toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jsonKey(value[key] ?? null)}`).join(',')}}`
}

class Copying {
  /** Whether it was decoded from an update, where a key `__proto__` has become a prototype. */
  readonly #isReceived: boolean
  #size = 0

  constructor(isReceived = false) {
    this.#isReceived = isReceived
  }

  copy(value: unknown, depth: number): Json {
    this.#count(1)
    switch (typeof value) {
      case 'boolean':
        return value
      case 'number':
        if (!Number.isFinite(value)) throw refused(`${value} is no JSON number`)
        return value === 0 ? 0 : value
      case 'string':
        return this.#text(value)
      case 'object':
        return value === null ? null : this.#object(value, depth + 1)
      default:
        throw refused(`A ${typeof value} is no JSON value`)
    }
  }

  #object(value: object, depth: number): Json {
    if (depth > CRDT_LIMITS.valueDepthMax) {
      throw refused(`It nests over ${CRDT_LIMITS.valueDepthMax} deep, or in a circle`)
    }
    if (Array.isArray(value)) {
      return Object.freeze(Array.from(value, (each) => this.copy(each, depth)))
    }
    if (value instanceof Uint8Array) throw refused('Bytes are no JSON value')
    if (!this.#isReceived && !isPlain(value)) {
      throw refused('Only plain objects and arrays can be stored')
    }
    const copy: Record<string, Json> = {}
    for (const [key, each] of Object.entries(value)) {
      if (key === '__proto__') throw refused("'__proto__' can't be a key in a value")
      if (each !== undefined) copy[this.#text(key)] = this.copy(each, depth)
    }
    return Object.freeze(copy)
  }

  #text(text: string): string {
    this.#count(text.length)
    return text.toWellFormed()
  }

  #count(size: number): void {
    this.#size += size
    if (this.#size > CRDT_LIMITS.valueSizeMax) {
      throw new CrdtError(
        'too-large',
        `A value is over ${CRDT_LIMITS.valueSizeMax} characters; split it over several keys.`,
      )
    }
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function refused(why: string): CrdtError {
  return new CrdtError('not-json', `${why}. Store null, booleans, finite numbers, text, or these.`)
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
