/**
 * What happened, as the references see it: operations, and for each of them which others its copy
 * had when it was made. Nothing of how the types are stored is in here.
 */
export interface Operation<A> {
  readonly id: number
  readonly writer: string
  /** Names the copy in this life of it. */
  readonly lineage: number
  /** By the copy's own clock. */
  readonly nowMs: number
  readonly sees: ReadonlySet<number>
  readonly what: A
}

export type History<A> = readonly Operation<A>[]

/** Those that no other operation has cancelled: none that saw them and that `cancels` them. */
export function uncancelled<A>(
  history: History<A>,
  cancels: (by: A, what: A) => boolean,
): Operation<A>[] {
  return history.filter(
    ({ id, what }) => !history.some((other) => other.sees.has(id) && cancels(other.what, what)),
  )
}

/** The history as it was known at an operation's copy just before it. */
export function seenBy<A>(history: History<A>, { sees }: Operation<A>): Operation<A>[] {
  return history.filter(({ id }) => sees.has(id))
}
