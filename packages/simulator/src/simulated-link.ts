import type { Link, LinkListener } from '@rejoin/replica'

import type { Network } from './network.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** Bytes on their way on one link from which on it is slow: histories are small. */
const QUEUE_BYTES = 2_000
/** Replicas take a link for slow that has so many bytes queued, each of them 1 of 4 MiB. */
const BYTES_FOR_EACH = 4_194_304 / QUEUE_BYTES

/** `drained` tells that the queue is down to this, by the transport port. */
const DRAINED_BYTES = 65_536

/** One end of a link. */
export class SimulatedLink implements Link {
  readonly owner: SimulatedProcess
  readonly #network: Network
  other: SimulatedLink | undefined
  isOpen = true
  /** What is on its way from here never arrives. */
  isBroken = false
  /** When the last frame sent from here arrives; a later one arrives no earlier. */
  lastArrival = 0
  /** What is sent from here vanishes, and neither end is told (a half-open link). */
  isMute = false
  isSlow = false
  /** What nothing lets through to the other end for now, in its order. */
  readonly held: (() => void)[] = []
  /** Bytes that are on their way from here. */
  #queued = 0
  #isFull = false
  /** Whether the queue is above where `drained` tells that it is not. */
  #isAbove = false
  #listener: LinkListener | undefined

  constructor(owner: SimulatedProcess, network: Network) {
    this.owner = owner
    this.#network = network
    owner.replica.links.add(this)
  }

  get queuedBytes(): number {
    return this.#queued * BYTES_FOR_EACH
  }

  attach(listener: LinkListener): void {
    this.#listener = listener
  }

  send(frame: Uint8Array): void {
    if (this.isOpen) this.#network.send(this, frame)
  }

  close(closeCode: number, reason: string): void {
    if (this.isOpen) this.#network.close(this, { closeCode, reason })
  }

  /** More bytes are on their way; answers whether they are too many now, and were not before. */
  queue(bytes: number): boolean {
    this.#queued += bytes
    const wasFull = this.#isFull
    this.#isFull ||= this.#queued > QUEUE_BYTES
    this.#isAbove ||= this.queuedBytes > DRAINED_BYTES
    return this.#isFull && !wasFull
  }

  /** Bytes have arrived, or are lost. */
  unqueue(bytes: number): void {
    this.#queued -= bytes
    if (!this.#isAbove || this.queuedBytes > DRAINED_BYTES || !this.isOpen) return
    this.#isFull = false
    this.#isAbove = false
    this.owner.call(() => {
      if (this.isOpen) this.#listener?.drained()
    })
  }

  hear(frame: Uint8Array): void {
    this.owner.call(() => {
      if (this.isOpen) this.#listener?.frame(frame)
    })
  }

  end(delayMs: number, { closeCode, reason }: Closing): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.owner.replica.links.delete(this)
    this.owner.later(delayMs, () => this.#listener?.closed(closeCode, reason))
  }
}

/** How a link is closed. */
export interface Closing {
  readonly closeCode: number
  readonly reason: string
}
