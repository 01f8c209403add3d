import { LIMITS, type Dot } from '@rejoin/protocol'

/** A chunk that a link brought, up to its last entry, and the bytes of all its entries. */
interface Chunk {
  readonly upTo: Dot
  readonly bytes: number
}

/**
 * What a link has brought of what it was asked for, until it may bring as much again: until it is
 * durable here, or was passed over. So what a slow disk makes wait in memory has a bound, and whoever
 * sends knows it. The peer is told half a window at a time.
 */
export class ReceiveWindow {
  /** Bytes that have arrived, of which the log has not said what has become. */
  #arrivedBytes = 0
  /** What is on its way to the disk, as it came. */
  #underWay: Chunk[] = []
  /** Bytes that no longer wait, of which the peer was not told. */
  #passedBytes = 0

  get isUnderWay(): boolean {
    return this.#underWay.length > 0
  }

  arrived(bytes: number): void {
    this.#arrivedBytes += bytes
  }

  /** The log has taken what arrived; without `upTo` there was nothing new in it. */
  took(upTo: Dot | undefined): void {
    if (upTo === undefined) return this.forgive()
    this.#underWay.push({ upTo, bytes: this.#arrivedBytes })
    this.#arrivedBytes = 0
  }

  /** What arrived and was dropped does not wait. */
  forgive(): void {
    this.#passedBytes += this.#arrivedBytes
    this.#arrivedBytes = 0
  }

  /** More is durable: answers how many bytes the peer may be allowed now, or 0. */
  allowance(isUnderWay: (upTo: Dot) => boolean): number {
    const still: Chunk[] = []
    for (const chunk of this.#underWay) {
      if (isUnderWay(chunk.upTo)) still.push(chunk)
      else this.#passedBytes += chunk.bytes
    }
    this.#underWay = still
    const bytes = this.#passedBytes
    if (bytes < LIMITS.windowBytesMax / 2) return 0
    this.#passedBytes = 0
    return bytes
  }
}
