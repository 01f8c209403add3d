/**
 * The port between replicas: links that carry whole frames of bytes in order, both ways. A link may
 * end at any moment, and a frame that was sent may then not have arrived. What an adapter
 * guarantees: no frame is torn, reordered or duplicated on one link; `closed` is called exactly once,
 * and nothing after it; no listener is called inside `send` or `close`; bytes from outside never
 * throw. `transportConformance` in `@rejoin/replica/conformance` checks it.
 */
export interface Transport {
  /** Where other replicas can dial this one; `undefined` when they can't. */
  readonly address: string | undefined
  /** From now on each link that another replica dials is handed to `accept`. Called once. */
  listen(accept: (link: Link) => void): void
  /** Rejects with an error whose message is fit for a person; `deadlineMs` bounds the wait. */
  dial(address: string, deadlineMs: number): Promise<Link>
  close(): Promise<void>
}

export interface Link {
  /** Must be called once, at once; no frame arrives before. */
  attach(listener: LinkListener): void
  /** Queues one frame. Does nothing on a link that has ended. */
  send(frame: Uint8Array): void
  /** Frames already queued are still sent where that is possible. */
  close(closeCode: number, reason: string): void
  /** Bytes queued and not yet handed to the network. */
  readonly queuedBytes: number
}

export interface LinkListener {
  frame(frame: Uint8Array): void
  /** The queue has fallen to 64 KiB or less after it was above that. */
  drained(): void
  /** The link has ended, whichever end asked for it. */
  closed(closeCode: number, reason: string): void
}
