import { accept, reject, type Result } from '@rejoin/protocol'
import type { Session, SessionHost, SessionListener } from '@rejoin/replica'

import type { Channel } from './channel.ts'
import { Openings, type Answered } from './openings.ts'

/** Makes the endpoint that speaks on an attachment's channel. */
export type EndpointOf = (attachment: Attachment) => Endpoint

/** Translates between the frames of one protocol and a session. */
export interface Endpoint extends Omit<SessionListener, 'closed'> {
  /** One frame of the client's. */
  receive(frame: Uint8Array): void
  /** The channel is closed. */
  closed(): void
}

/**
 * A client's channel tied to its session, whichever protocol it speaks. It keeps one promise: a
 * client that doesn't read costs a bounded number of bytes. While its queue is over the high-water
 * mark the session pauses, presence is dropped, and nothing that the client sends is taken, since it
 * might be answered; the same holds while too many of its openings wait for an answer. Frames that
 * were read already wait in order: what one read from the network held, 64 KiB and one frame.
 */
export class Attachment {
  readonly #session: Session
  readonly #channel: Channel
  readonly #endpoint: Endpoint
  readonly #openings = new Openings()
  readonly #held: Uint8Array[] = []
  #paused = false

  constructor(host: SessionHost, channel: Channel, endpointOf: EndpointOf) {
    this.#channel = channel
    this.#endpoint = endpointOf(this)
    this.#session = host.attach(this.#sessionListener())
  }

  /** Begins to take frames. */
  start(): void {
    this.#channel.attach({
      frame: (frame) => this.#onFrame(frame),
      choked: () => this.#pause(),
      drained: () => this.#resume(),
      closed: () => this.#onClosed(),
    })
  }

  /** Refuses a document over the bound. */
  open(document: string, stateVector: Uint8Array): Result<void> {
    const { documentsMax } = this.#channel.bounds
    if (!this.#openings.has(document) && this.#openings.documents >= documentsMax) {
      return reject('too-many', `${documentsMax} documents are open here; leave one first.`)
    }
    if (this.#openings.begin(document, stateVector)) this.#session.open(document, stateVector)
    return accept(undefined)
  }

  edit(document: string, ref: number, update: Uint8Array): void {
    this.#session.edit(document, ref, update)
  }

  presence(document: string, update: Uint8Array): void {
    this.#session.presence(document, update)
  }

  leave(document: string): void {
    if (this.#openings.left(document)) this.#session.leave(document)
  }

  #sessionListener(): SessionListener {
    const endpoint = this.#endpoint
    return {
      opened: (document, update, stateVector) => {
        const answered = this.#openings.succeeded(document)
        if (answered.wanted) endpoint.opened(document, update, stateVector)
        this.#answered(document, answered)
      },
      refused: (document, ref, rejection) => {
        if (ref > 0) return endpoint.refused(document, ref, rejection)
        const answered = this.#openings.failed(document)
        if (answered.wanted) endpoint.refused(document, ref, rejection)
        this.#answered(document, answered)
      },
      update: (document, update) => endpoint.update(document, update),
      ack: (document, ref, dot) => endpoint.ack(document, ref, dot),
      ask: (document, stateVector) => endpoint.ask(document, stateVector),
      presence: (document, update) => {
        if (!this.#paused) endpoint.presence(document, update)
      },
      closed: (rejection) => this.#channel.end(rejection),
    }
  }

  #answered(document: string, { wanted, next }: Answered): void {
    if (!wanted) this.#session.leave(document)
    if (next !== undefined && !this.#channel.over) this.open(document, next)
    this.#pump()
  }

  get #ready(): boolean {
    return !this.#paused && this.#openings.unanswered < this.#channel.bounds.openingsMax
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#held.length === 0 && this.#ready) return this.#endpoint.receive(frame)
    this.#held.push(frame)
    this.#channel.pauseReading()
  }

  /** Takes the frames that were held back, as far as it may. */
  #pump(): void {
    let taken = 0
    for (const frame of this.#held) {
      if (!this.#ready || this.#channel.over) break
      this.#endpoint.receive(frame)
      taken++
    }
    this.#held.splice(0, taken)
    if (this.#held.length === 0 && this.#ready) this.#channel.resumeReading()
  }

  #pause(): void {
    this.#paused = true
    this.#channel.pauseReading()
    this.#session.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#session.resume()
    this.#pump()
  }

  #onClosed(): void {
    this.#held.length = 0
    this.#session.close()
    this.#endpoint.closed()
  }
}
