import type { Link, LinkListener } from '@rejoin/replica'

import type { Channel, Closing } from './channel.ts'
import { CLOSE_REASON_BYTES_MAX, cutText } from './cut-text.ts'
import { FAREWELL, FRAME, FrameTags } from './frame-tags.ts'
import type { FrameKeys } from './prover.ts'

/** Close codes from here on are the protocol's own. */
const OWN_CLOSE_CODES = 4_000

/** RFC 6455's code for a connection that was lost. */
const LOST: Closing = {
  closeCode: 1006,
  reason: 'The link ended in a way for which the other replica does not vouch.',
}

/**
 * A link to a replica that has proven that it knows the secret. Every frame bears a tag that only
 * that replica can make; so does the code with which it closes, since there are codes that make a
 * replica give up its id. Whatever comes otherwise is kept from the listener.
 */
export class TaggedLink implements Link, LinkListener {
  readonly #channel: Channel
  readonly #sending: FrameTags
  readonly #receiving: FrameTags
  /** What came before somebody listened: all that one read from the network held, at most. */
  readonly #held: Uint8Array[] = []
  #listener: LinkListener | undefined
  #listening = false
  /** How the other end said that it closes. */
  #farewell: Closing | undefined
  #closed: Closing | undefined

  constructor(channel: Channel, { sending, receiving }: FrameKeys) {
    this.#channel = channel
    this.#sending = new FrameTags(sending)
    this.#receiving = new FrameTags(receiving)
  }

  get queuedBytes(): number {
    return this.#channel.queuedBytes
  }

  attach(listener: LinkListener): void {
    if (this.#listener !== undefined) throw new Error('a link is attached once')
    this.#listener = listener
    queueMicrotask(() => this.#listen(listener))
  }

  send(frame: Uint8Array): void {
    if (!this.#channel.over) this.#channel.send(this.#sending.tagged(FRAME, frame))
  }

  close(closeCode: number, reason: string): void {
    if (this.#channel.over) return
    this.#channel.send(this.#sending.tagged(FAREWELL, encodeFarewell({ closeCode, reason })))
    this.#channel.close(closeCode, reason)
  }

  frame(tagged: Uint8Array): void {
    const untagged = this.#receiving.untagged(tagged)
    if (untagged === undefined) {
      const reason = 'A frame came that the other replica did not send so; dial again.'
      return this.#channel.reject({ code: 'wrong-secret', reason })
    }
    const { kind, payload } = untagged
    if (kind === FAREWELL) this.#farewell = decodeFarewell(payload)
    else if (this.#listening) this.#listener?.frame(payload)
    else this.#hold(payload)
  }

  drained(): void {
    if (this.#listening) this.#listener?.drained()
  }

  closed(closeCode: number, reason: string): void {
    const { closedHere } = this.#channel
    const isVouchedFor = closedHere || closeCode < OWN_CLOSE_CODES
    this.#closed = isVouchedFor ? { closeCode, reason } : (this.#farewell ?? LOST)
    if (this.#listening) this.#listener?.closed(this.#closed.closeCode, this.#closed.reason)
  }

  #hold(frame: Uint8Array): void {
    this.#held.push(frame)
    this.#channel.pauseReading()
  }

  #listen(listener: LinkListener): void {
    this.#listening = true
    for (const frame of this.#held.splice(0)) if (!this.#channel.over) listener.frame(frame)
    if (this.#closed !== undefined) {
      return listener.closed(this.#closed.closeCode, this.#closed.reason)
    }
    this.#channel.resumeReading()
  }
}

function encodeFarewell({ closeCode, reason }: Closing): Uint8Array {
  const code = Uint8Array.of(closeCode >> 8, closeCode & 0xff)
  return Buffer.concat([code, Buffer.from(cutText(reason, CLOSE_REASON_BYTES_MAX))])
}

function decodeFarewell(payload: Uint8Array): Closing {
  const [high = 0, low = 0] = payload
  return { closeCode: (high << 8) | low, reason: Buffer.from(payload.subarray(2)).toString() }
}
