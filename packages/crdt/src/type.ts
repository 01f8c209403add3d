import type { Place } from './ledger/place.ts'

/**
 * A data type as a schema names it. `V` is what an application works with, `S` what it reads of it
 * in a snapshot.
 */
export interface Type<V, S> {
  /** Its name, for messages. */
  readonly kind: string
  /** The code of its tokens; types that only hold others have none. */
  readonly code?: string
  /** The value at a place; nothing is written by opening it. */
  open(place: Place): V
  /** The snapshot of a value that `open` gave. */
  read(view: V): S
  /** What lies below it under fixed names. */
  readonly fields?: ReadonlyMap<string, AnyType>
}

export type AnyType = Type<unknown, unknown>

/** What `bind` gives for a type. */
export type ViewOf<T> = T extends Type<infer V, infer _S> ? V : never

/** What a snapshot shows of a type. */
export type ValueOf<T> = T extends Type<infer _V, infer S> ? S : never
