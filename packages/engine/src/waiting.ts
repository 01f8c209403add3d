import type { ReplicaId, SealedEntry } from '@rejoin/protocol'

import type { Backlog } from './backlog.ts'
import { ENGINE_LIMITS } from './limits.ts'

/** Entries of one origin, consecutive. The first ones are taken out by moving `start`. */
interface Queue {
  readonly origin: ReplicaId
  entries: SealedEntry[]
  start: number
  bytes: number
}

/**
 * Entries from peers that wait for their deps, within a bound (rule X3). At the bound the newest entry of
 * the origin that takes most room gives way: so each origin keeps what it needs next, and a replica that
 * lacks far more than the bound goes on by as much at a time. What gave way is asked for again.
 */
export class Waiting {
  readonly #queues = new Map<ReplicaId, Queue>()
  #count = 0
  #bytes = 0

  get backlog(): Pick<Backlog, 'waitingEntries' | 'waitingBytes'> {
    return { waitingEntries: this.#count, waitingBytes: this.#bytes }
  }

  origins(): ReplicaId[] {
    return [...this.#queues.keys()]
  }

  count(origin: ReplicaId): number {
    const queue = this.#queues.get(origin)
    return queue === undefined ? 0 : lengthOf(queue)
  }

  first(origin: ReplicaId): SealedEntry | undefined {
    const queue = this.#queues.get(origin)
    return queue?.entries[queue.start]
  }

  last(origin: ReplicaId): SealedEntry | undefined {
    return this.#queues.get(origin)?.entries.at(-1)
  }

  /** Takes an entry, if it follows on `reached`: one after a dropped one would leave a gap. */
  add(entry: SealedEntry, reached: number): void {
    const { replica: origin, seq } = entry.dot
    if (seq !== reached + 1) return
    const queue = this.#queues.get(origin) ?? { origin, entries: [], start: 0, bytes: 0 }
    while (this.#isFull(entry.bytes.length)) {
      const largest = this.#largest()
      if (largest === undefined || roomOf(largest) <= roomOf(queue) + roomFor(entry)) return
      this.#removeLast(largest)
    }
    this.#queues.set(origin, queue)
    queue.entries.push(entry)
    this.#grow(queue, 1, entry.bytes.length)
  }

  #isFull(bytes: number): boolean {
    const { waitingEntriesMax, waitingBytesMax } = ENGINE_LIMITS
    return this.#count >= waitingEntriesMax || this.#bytes + bytes > waitingBytesMax
  }

  #largest(): Queue | undefined {
    let largest: Queue | undefined
    for (const queue of this.#queues.values()) {
      if (largest === undefined || roomOf(queue) > roomOf(largest)) largest = queue
    }
    return largest
  }

  #removeLast(queue: Queue): void {
    const entry = queue.entries.pop()
    if (entry === undefined) return
    this.#grow(queue, -1, -entry.bytes.length)
    if (lengthOf(queue) === 0) this.#queues.delete(queue.origin)
  }

  removeFirst(origin: ReplicaId): void {
    const queue = this.#queues.get(origin)
    const entry = queue?.entries[queue.start]
    if (queue === undefined || entry === undefined) return
    queue.start += 1
    this.#grow(queue, -1, -entry.bytes.length)
    if (lengthOf(queue) === 0) this.#queues.delete(origin)
    else if (queue.start * 2 > queue.entries.length) {
      queue.entries = queue.entries.slice(queue.start)
      queue.start = 0
    }
  }

  /** Nothing of `origin` waits any more. */
  drop(origin: ReplicaId): void {
    const queue = this.#queues.get(origin)
    if (queue === undefined) return
    this.#grow(queue, -lengthOf(queue), -queue.bytes)
    this.#queues.delete(origin)
  }

  #grow(queue: Queue, count: number, bytes: number): void {
    queue.bytes += bytes
    this.#count += count
    this.#bytes += bytes
  }
}

function lengthOf({ entries, start }: Queue): number {
  return entries.length - start
}

/** The share of the bounds that a queue takes. */
function roomOf(queue: Queue): number {
  const { waitingEntriesMax, waitingBytesMax } = ENGINE_LIMITS
  return Math.max(lengthOf(queue) / waitingEntriesMax, queue.bytes / waitingBytesMax)
}

function roomFor({ bytes }: SealedEntry): number {
  const { waitingEntriesMax, waitingBytesMax } = ENGINE_LIMITS
  return Math.max(1 / waitingEntriesMax, bytes.length / waitingBytesMax)
}
