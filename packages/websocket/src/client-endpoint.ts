import {
  decodeClientMessage,
  encodeServerMessage,
  LIMITS,
  type ClientMessage,
  type Dot,
  type Rejection,
} from '@rejoin/protocol'
import type { SessionHost } from '@rejoin/replica'

import { Attachment, type Endpoint } from './attachment.ts'
import type { Channel } from './channel.ts'
import { cutText } from './cut-text.ts'
import { framedOnce } from './framed-once.ts'

/**
 * The endpoint of our own clients: many documents on one socket, edits that are acknowledged, and
 * refusals that name the edit and leave the connection as it is. Only a frame that can't be decoded
 * ends it.
 */
export function serveClient(host: SessionHost, channel: Channel): void {
  channel.send(encodeServerMessage({ type: 'welcome', replica: host.id }))
  const attachment = new Attachment(host, channel, (it) => new ClientEndpoint(host, channel, it))
  attachment.start()
}

const frameUpdate = framedOnce((document, update) =>
  encodeServerMessage({ type: 'update', document, update }),
)

const framePresence = framedOnce((document, update) =>
  encodeServerMessage({ type: 'presence', document, update }),
)

class ClientEndpoint implements Endpoint {
  readonly #host: SessionHost
  readonly #channel: Channel
  readonly #attachment: Attachment

  constructor(host: SessionHost, channel: Channel, attachment: Attachment) {
    this.#host = host
    this.#channel = channel
    this.#attachment = attachment
  }

  receive(frame: Uint8Array): void {
    const decoded = decodeClientMessage(frame)
    if (decoded.ok) this.#take(decoded.value)
    else this.#channel.reject(decoded.rejection)
  }

  #take(message: ClientMessage): void {
    const { document } = message
    switch (message.type) {
      case 'open':
        return this.#open(document, message.stateVector)
      case 'edit':
        return this.#attachment.edit(document, message.ref, message.update)
      case 'presence':
        return this.#attachment.presence(document, message.update)
      case 'leave':
        return this.#attachment.leave(document)
    }
  }

  #open(document: string, stateVector: Uint8Array): void {
    const begun = this.#attachment.open(document, stateVector)
    if (!begun.ok) this.#refuseOpening(document, begun.rejection)
  }

  opened(document: string, update: Uint8Array, stateVector: Uint8Array): void {
    const frame = encodeServerMessage({ type: 'opened', document, stateVector, update })
    if (frame.length <= LIMITS.frameBytesMax) return this.#channel.send(frame)
    // The client would drop the connection over such a frame, and do so again after each dial.
    this.#attachment.leave(document)
    const reason = `The document takes ${frame.length} bytes; the limit is ${LIMITS.frameBytesMax}.`
    this.#refuseOpening(document, { code: 'too-large', reason })
  }

  #refuseOpening(document: string, rejection: Rejection): void {
    this.#host.countRejection(rejection)
    this.refused(document, 0, rejection)
  }

  update(document: string, update: Uint8Array): void {
    this.#channel.send(frameUpdate(document, update))
  }

  presence(document: string, update: Uint8Array): void {
    this.#channel.send(framePresence(document, update))
  }

  ack(document: string, ref: number, { replica, seq }: Dot): void {
    this.#channel.send(encodeServerMessage({ type: 'ack', document, ref, replica, seq }))
  }

  ask(document: string, stateVector: Uint8Array): void {
    this.#channel.send(encodeServerMessage({ type: 'ask', document, stateVector }))
  }

  refused(document: string, ref: number, { code, reason: whole }: Rejection): void {
    const reason = cutText(whole, LIMITS.reasonBytesMax)
    this.#channel.send(encodeServerMessage({ type: 'refused', document, ref, code, reason }))
  }

  closed(): void {}
}
