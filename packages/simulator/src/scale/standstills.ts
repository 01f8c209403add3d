import type { GossipEvent } from '@rejoin/gossip'

interface Waiting<Due> {
  readonly timers: Due[]
  readonly others: Due[]
}

/**
 * Processes that stand still for a while, as one does that gets no processor or collects garbage. What
 * is due for them waits, and later they take their timers first, as Node does, and then all else in the
 * order in which it came.
 */
export class Standstills<Due extends { readonly type: string }> {
  readonly #waiting = new Map<number, Waiting<Due>>()

  begin(place: number): void {
    if (!this.#waiting.has(place)) this.#waiting.set(place, { timers: [], others: [] })
  }

  end(place: number): void {
    this.#waiting.delete(place)
  }

  /** Whether `due` has to wait. */
  keeps(place: number, due: Due): boolean {
    const waiting = this.#waiting.get(place)
    if (waiting === undefined) return false
    if (due.type === TIMER) waiting.timers.push(due)
    else waiting.others.push(due)
    return true
  }

  /** At most so many of what waits, which wait no longer. */
  take(place: number, most: number): Due[] {
    const waiting = this.#waiting.get(place)
    if (waiting === undefined) return []
    const timers = waiting.timers.splice(0, most)
    return [...timers, ...waiting.others.splice(0, most - timers.length)]
  }
}

const TIMER: GossipEvent['type'] = 'timer'
