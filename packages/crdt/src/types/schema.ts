import { CrdtError } from '../error.ts'
import { checkKey } from '../ledger/path.ts'
import type { Listener } from '../ledger/node.ts'
import type { Place } from '../ledger/place.ts'
import type { AnyType, Type, ValueOf, ViewOf } from '../type.ts'
import { View, type Readable } from '../view.ts'

export type Fields = Readonly<Record<string, AnyType>>

export type FieldValues<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> }

/** The fields by name, and the whole of them as a snapshot. */
export type FieldViews<F extends Fields> = {
  readonly [Name in keyof F]: ViewOf<F[Name]>
} & Readable<FieldValues<F>>

/** What every object of fields has itself, what an object inherits, and what the document uses. */
const RESERVED = new Set(['value', 'subscribe', '__proto__', 'constructor', 'prototype', 'then'])

/** A snapshot of all fields, in which those that have not changed are the same ones as before. */
class Snapshots<F extends Fields> extends View<FieldValues<F>> {
  readonly #fields: ReadonlyMap<string, { type: AnyType; view: unknown }>

  constructor(place: Place, fields: ReadonlyMap<string, { type: AnyType; view: unknown }>) {
    super(place)
    this.#fields = fields
  }

  protected snapshot(): FieldValues<F> {
    const entries = Array.from(this.#fields, ([name, { type, view }]) => [name, type.read(view)])
    return Object.freeze(Object.fromEntries(entries)) as FieldValues<F>
  }
}

/**
 * Named fields of any types. A schema can grow: a copy that does not know a field leaves it alone,
 * and one that does finds it empty until somebody writes it.
 */
export function schema<F extends Fields>(fields: F): Type<FieldViews<F>, FieldValues<F>> {
  const types = new Map<string, AnyType>(Object.entries(fields))
  for (const name of types.keys()) checkName(name)
  return {
    kind: 'schema',
    fields: types,
    open: (place) => openFields<F>(place, types),
    read: (view) => view.value,
  }
}

function openFields<F extends Fields>(
  place: Place,
  types: ReadonlyMap<string, AnyType>,
): FieldViews<F> {
  const fields = new Map(
    Array.from(types, ([name, type]) => [name, { type, view: type.open(place.field(name)) }]),
  )
  const snapshots = new Snapshots<F>(place, fields)
  const views: Record<string, unknown> = {}
  for (const [name, { view }] of fields) views[name] = view
  const subscribe = (listener: Listener): (() => void) => snapshots.subscribe(listener)
  Object.defineProperties(views, {
    value: { get: () => snapshots.value },
    subscribe: { value: subscribe },
  })
  return Object.freeze(views) as FieldViews<F>
}

function checkName(name: string): void {
  if (RESERVED.has(name) || name === '' || name.startsWith('rejoin') || !name.isWellFormed()) {
    throw new CrdtError('bad-schema', `A field can't be named '${name}': choose another name.`)
  }
  checkKey(name)
}
