import type { Type } from '../../src/index.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'

/** One type, what can be done with it, and what must come of it. */
export interface Law<V, A> {
  readonly name: string
  readonly type: Type<V, unknown>
  /** Types that are wrong in one way, and must be found out. */
  readonly wrong: Readonly<Record<string, Type<V, unknown>>>
  /** Does something at random; `undefined` when it came to nothing. */
  act(view: V, random: Random, site: Site): A | undefined
  /** What a copy shows, as plain data. */
  shown(view: V): unknown
  /** The slow and obvious reference: what every copy that has this history must show. */
  reference(history: History<A>): unknown
  /** What must hold at every copy at all times. */
  always?(view: V): void
}

/** Where an operation is made. */
export interface Site {
  readonly writer: string
  readonly writers: readonly string[]
  /** The tokens that `act` wrote, which name what a copy chose: positions and ids. */
  written(act: () => void): unknown[][]
  /** The Yjs updates that `act` led to. */
  updates(act: () => void): Uint8Array[]
}

export type AnyLaw = Law<never, never>
