import type { Listener } from './ledger/node.ts'
import type { Place } from './ledger/place.ts'

/** What can be read and watched: what `useSyncExternalStore` takes, and any store of that kind. */
export interface Readable<S> {
  /** An immutable snapshot: the same one until what it shows has changed. */
  readonly value: S
  /** Calls back after each transaction that changed the value, once; returns how to stop. */
  readonly subscribe: (listener: Listener) => () => void
}

/** A value of a schema in a document, as one binding sees it. */
export abstract class View<S> implements Readable<S> {
  protected readonly place: Place
  #version: number | undefined
  #value: S | undefined

  constructor(place: Place) {
    this.place = place
  }

  get value(): S {
    const { version } = this.place
    if (version !== this.#version) {
      this.#value = this.snapshot(this.#value)
      this.#version = version
    }
    return this.#value as S
  }

  readonly subscribe = (listener: Listener): (() => void) => this.place.subscribe(listener)

  /** What is to be seen now: `last` itself where that is still it. */
  protected abstract snapshot(last: S | undefined): S
}
