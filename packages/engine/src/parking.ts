import type { SessionId } from './events.ts'
import type { Extent, Need } from './extent.ts'
import { ENGINE_LIMITS } from './limits.ts'

/** An update that waits, as bytes: what it decodes to can be fifty times as large. */
export interface Parked {
  readonly session: SessionId
  readonly ref: number
  readonly bytes: Uint8Array
  /** What it lacks; `undefined` while the document is not loaded. */
  readonly needs: readonly Need[] | undefined
}

/** The bytes that are parked in all documents together. */
export interface ParkingBudget {
  bytes: number
}

/**
 * The updates of one document that wait: for it to be loaded, or for what they build on. Each
 * remembers what it lacks, so that it is looked at again only when some of that is there.
 */
export class Parking {
  readonly #budget: ParkingBudget
  #parked: Parked[] = []
  #bytes = 0

  constructor(budget: ParkingBudget) {
    this.#budget = budget
  }

  get isEmpty(): boolean {
    return this.#parked.length === 0
  }

  /** Whose updates wait. */
  sessions(): Set<SessionId> {
    return new Set(this.#parked.map(({ session }) => session))
  }

  /** Parks an update; `false` when there is no room for it. A first one may be of any size. */
  park({ bytes, ...rest }: Parked): boolean {
    const { parkedUpdatesMax, parkedBytesMax, parkedBytesOverallMax } = ENGINE_LIMITS
    const isOver =
      this.#parked.length >= parkedUpdatesMax || this.#bytes + bytes.length > parkedBytesMax
    if (isOver && !this.isEmpty) return false
    if (this.#budget.bytes + bytes.length > parkedBytesOverallMax) return false
    // A copy: the bytes may be a view on a large network buffer.
    this.#parked.push({ ...rest, bytes: new Uint8Array(bytes) })
    this.#count(bytes.length)
    return true
  }

  /** Takes out the updates for which something that they lacked has come. */
  takeReady(extent: Extent): Parked[] {
    return this.#takeOut(({ needs }) => needs?.some((need) => extent.meets(need)) ?? true)
  }

  /** A session has left, and its updates with it. */
  left(session: SessionId): void {
    this.#takeOut((parked) => parked.session === session)
  }

  clear(): void {
    this.#takeOut(() => true)
  }

  #takeOut(which: (parked: Parked) => boolean): Parked[] {
    if (this.isEmpty) return []
    const taken = this.#parked.filter(which)
    if (taken.length === 0) return taken
    this.#parked = this.#parked.filter((parked) => !taken.includes(parked))
    for (const { bytes } of taken) this.#count(-bytes.length)
    return taken
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#budget.bytes += bytes
  }
}
