import type { Dot } from '@rejoin/protocol'

import type { SessionId } from './events.ts'

/** Somebody who waits to hear that an edit is durable. */
export interface Waiter {
  readonly session: SessionId
  readonly document: string
  readonly ref: number
}

interface Awaited {
  readonly ref: number
  dot: Dot | undefined
}

/**
 * The edits of one session in one document that are not acknowledged yet. An acknowledgement means
 * "every edit up to this one", so an edit that is parked holds back the ones after it.
 */
export class Acks {
  #awaited: Awaited[] = []

  get count(): number {
    return this.#awaited.length
  }

  await(ref: number): void {
    this.#awaited.push({ ref, dot: undefined })
  }

  /** Edits `refs` are durable in `dot`; returns what can be acknowledged now, if anything can. */
  durable(refs: ReadonlySet<number>, dot: Dot): { ref: number; dot: Dot } | undefined {
    for (const each of this.#awaited) if (refs.has(each.ref)) each.dot = dot
    let count = 0
    let newest: { ref: number; dot: Dot } | undefined
    for (const each of this.#awaited) {
      if (each.dot === undefined) break
      newest = { ref: each.ref, dot: each.dot }
      count += 1
    }
    if (count > 0) this.#awaited = this.#awaited.slice(count)
    return newest
  }
}

/** The edits of one session in one document that became durable together. */
export interface DurableRefs {
  readonly session: SessionId
  readonly document: string
  readonly refs: Set<number>
}

export function byReader(waiters: readonly Waiter[]): DurableRefs[] {
  const readers = new Map<string, DurableRefs>()
  for (const { session, document, ref } of waiters) {
    const key = `${session} ${document}`
    const known = readers.get(key)
    if (known === undefined) readers.set(key, { session, document, refs: new Set([ref]) })
    else known.refs.add(ref)
  }
  return [...readers.values()]
}
