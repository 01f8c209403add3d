import { createHmac } from 'node:crypto'

import { isSame } from './proofs.ts'

/** What a tagged frame carries: a frame of the link's, or how its sender closes it. */
export type Kind = typeof FRAME | typeof FAREWELL

export const FRAME = 0
export const FAREWELL = 1

/** HMAC-SHA-256, cut to the half that RFC 2104 (section 5) allows at least. */
const TAG_BYTES = 16

/** What a tag adds to a frame. */
export const TAGGING_BYTES: number = 1 + TAG_BYTES

export interface Tagged {
  readonly kind: Kind
  /** A view on the frame. */
  readonly payload: Uint8Array
}

/**
 * The tags of the frames that go one way on one link. Each covers how many went before, so none can
 * be left out, repeated or brought in from elsewhere: all that a stranger in between can do is to end
 * the link. Without tags it could let two replicas prove themselves to each other through it, and
 * then speak in the place of either.
 */
export class FrameTags {
  readonly #key: Uint8Array
  #frames = 0

  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** The next frame, with its tag before it. */
  tagged(kind: Kind, payload: Uint8Array): Uint8Array {
    return Buffer.concat([Uint8Array.of(kind), this.#nextTag(kind, payload), payload])
  }

  /** `undefined` where the frame is not the one that the other end sent next. */
  untagged(frame: Uint8Array): Tagged | undefined {
    const [kind] = frame
    if (frame.length < TAGGING_BYTES || (kind !== FRAME && kind !== FAREWELL)) return undefined
    const payload = frame.subarray(TAGGING_BYTES)
    const isGenuine = isSame(frame.subarray(1, TAGGING_BYTES), this.#nextTag(kind, payload))
    return isGenuine ? { kind, payload } : undefined
  }

  #nextTag(kind: Kind, payload: Uint8Array): Uint8Array {
    const head = Buffer.alloc(9)
    head.writeBigUInt64BE(BigInt(this.#frames), 0)
    head.writeUInt8(kind, 8)
    this.#frames += 1
    return createHmac('sha256', this.#key)
      .update(head)
      .update(payload)
      .digest()
      .subarray(0, TAG_BYTES)
  }
}
