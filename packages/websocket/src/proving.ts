import type { Link, LinkListener } from '@rejoin/replica'

import type { Channel } from './channel.ts'
import type { FrameKeys, Prover } from './prover.ts'
import { TaggedLink } from './tagged-link.ts'

/** Hears how it came out; exactly one of the two is called. */
export interface ProvingListener {
  /** The other end knows a secret; nothing that it sent as a link was handed on yet. */
  proven(link: Link): void
  /** The channel ended before that, whichever end ended it. */
  failed(closeCode: number, reason: string): void
}

/** Takes the first frames of a channel for the proofs of both ends, and makes a link of the rest. */
export function prove(channel: Channel, prover: Prover, listener: ProvingListener): void {
  const proven = (keys: FrameKeys): void => {
    const link = new TaggedLink(channel, keys)
    current = link
    listener.proven(link)
  }
  const failed = (closeCode: number, reason: string): void => listener.failed(closeCode, reason)
  const proving = new Proving({ channel, prover, proven, failed })
  let current: LinkListener = proving
  channel.attach({
    frame: (frame) => current.frame(frame),
    drained: () => current.drained(),
    closed: (closeCode, reason) => current.closed(closeCode, reason),
  })
  proving.begin()
}

interface ProvingOptions {
  readonly channel: Channel
  readonly prover: Prover
  readonly proven: (keys: FrameKeys) => void
  readonly failed: (closeCode: number, reason: string) => void
}

/**
 * A channel whose other end may be anybody. It costs a timer, and the bytes of `provingBytesMax` and
 * of one read: a stranger that sends more is not read from until its socket is destroyed.
 */
class Proving implements LinkListener {
  readonly #options: ProvingOptions
  readonly #timer: NodeJS.Timeout
  readonly #stopCounting: () => void
  #bytesLeft: number

  constructor(options: ProvingOptions) {
    const { bounds } = options.channel
    this.#options = options
    this.#bytesLeft = bounds.provingBytesMax
    this.#stopCounting = options.channel.onRead((bytes) => this.#spend(bytes))
    this.#timer = setTimeout(() => {
      this.#refuse(`No proof of a secret came in ${bounds.provingMs} ms; dial again.`)
    }, bounds.provingMs)
  }

  begin(): void {
    const { channel, prover } = this.#options
    const first = prover.begin()
    if (first !== undefined) channel.send(first)
  }

  frame(frame: Uint8Array): void {
    const { channel, prover, proven } = this.#options
    const step = prover.take(frame)
    if (!step.ok) return channel.reject(step.rejection)
    const { answer, keys } = step.value
    if (answer !== undefined) channel.send(answer)
    if (keys === undefined) return
    this.#stop()
    proven(keys)
  }

  drained(): void {}

  closed(closeCode: number, reason: string): void {
    this.#stop()
    this.#options.failed(closeCode, reason)
  }

  #spend(bytes: number): void {
    this.#bytesLeft -= bytes
    if (this.#bytesLeft >= 0) return
    const { channel } = this.#options
    this.#refuse(`Over ${channel.bounds.provingBytesMax} bytes came before a proof of a secret.`)
    channel.pauseReading()
  }

  #refuse(reason: string): void {
    this.#options.channel.reject({ code: 'wrong-secret', reason })
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#stopCounting()
    // The read that brought the proof is still to be counted, with all that came right behind it.
    this.#bytesLeft = Number.POSITIVE_INFINITY
  }
}
