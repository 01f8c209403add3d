import { CLOSE_CODES, type Rejection } from '@rejoin/protocol'

import { REPLICA_LIMITS } from './limits.ts'
import type { Link } from './ports/transport.ts'

/** What has gone over one link since it opened, and what waits to go, in frames and their bytes. */
export interface LinkTraffic {
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly sentFrames: number
  readonly receivedFrames: number
  /** Not yet handed to the network. */
  readonly queuedBytes: number
}

/** A link with what is counted of it, and whether its queue was over its bound. */
export class DrivenLink {
  readonly #link: Link
  #isBlocked = false
  #unhurried: Uint8Array | undefined
  #sentBytes = 0
  #receivedBytes = 0
  #sentFrames = 0
  #receivedFrames = 0

  constructor(link: Link) {
    this.#link = link
  }

  get traffic(): LinkTraffic {
    return {
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      sentFrames: this.#sentFrames,
      receivedFrames: this.#receivedFrames,
      queuedBytes: this.#link.queuedBytes,
    }
  }

  received(frame: Uint8Array): void {
    this.#receivedFrames += 1
    this.#receivedBytes += frame.length
  }

  /** Returns whether the queue is over its bound now, and was not before. */
  send(frame: Uint8Array): boolean {
    this.#link.send(frame)
    this.#sentFrames += 1
    this.#sentBytes += frame.length
    if (this.#isBlocked || this.#link.queuedBytes <= REPLICA_LIMITS.linkQueueBytesMax) return false
    this.#isBlocked = true
    return true
  }

  /** Keeps a large frame until little waits before it, so that it never holds up others for long. */
  serve(frame: Uint8Array): void {
    this.#unhurried = frame
  }

  /** Takes out the frame that was kept, once it is its turn. */
  takeServed(): Uint8Array | undefined {
    if (this.#link.queuedBytes > REPLICA_LIMITS.servingQueueBytesMax) return undefined
    const frame = this.#unhurried
    this.#unhurried = undefined
    return frame
  }

  /** Returns whether the queue was over its bound. */
  drained(): boolean {
    const wasBlocked = this.#isBlocked
    this.#isBlocked = false
    return wasBlocked
  }

  close({ code, reason }: Rejection): void {
    this.#link.close(CLOSE_CODES[code], reason)
  }
}
