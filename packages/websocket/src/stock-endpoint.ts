import type { Dot, Rejection } from '@rejoin/protocol'
import type { SessionHost } from '@rejoin/replica'

import { Attachment, type Endpoint } from './attachment.ts'
import type { Channel } from './channel.ts'
import { framedOnce } from './framed-once.ts'
import type { Heartbeat } from './heartbeat.ts'
import {
  decodeStockMessage,
  EMPTY_STATE_VECTOR,
  encodeAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  isEmptyUpdate,
  KEEP_ALIVE,
  type StockMessage,
} from './stock-messages.ts'

export interface StockClient {
  readonly channel: Channel
  readonly document: string
  /** Beats at half of the time in which the client must hear something. */
  readonly keepAlives: Heartbeat
}

/**
 * The endpoint of stock y-websocket clients (rule X4): one document, named by the URL. The client's
 * SyncStep1 opens it; the answer is what it lacks, and the first time also what the replica holds, so
 * that the client sends the rest. Their protocol has no refusals, so a refusal closes the connection.
 */
export function serveStock(host: SessionHost, client: StockClient): void {
  const attachment = new Attachment(host, client.channel, (it) => new StockEndpoint(client, it))
  attachment.start()
}

const frameUpdate = framedOnce((_document, update) => encodeStockUpdate(update))
const frameAwareness = framedOnce((_document, update) => encodeAwareness(update))

class StockEndpoint implements Endpoint {
  readonly #channel: Channel
  readonly #document: string
  readonly #attachment: Attachment
  readonly #stopKeepAlives: () => void
  #opened = false
  /** The client has asked, or was taken to have asked, for the document. */
  #asked = false
  /** Something was sent since the last beat. */
  #sent = false

  constructor({ channel, document, keepAlives }: StockClient, attachment: Attachment) {
    this.#channel = channel
    this.#document = document
    this.#attachment = attachment
    this.#stopKeepAlives = keepAlives.listen(() => this.#keepAlive())
  }

  receive(frame: Uint8Array): void {
    const decoded = decodeStockMessage(frame)
    if (decoded.ok) this.#take(decoded.value)
    else this.#channel.reject(decoded.rejection)
  }

  #take(message: StockMessage): void {
    switch (message.type) {
      case 'sync-step-1':
        return this.#open(message.stateVector)
      case 'edit':
        this.#openUnasked()
        if (isEmptyUpdate(message.update)) return
        return this.#attachment.edit(this.#document, 0, message.update)
      case 'awareness':
        this.#openUnasked()
        return this.#attachment.presence(this.#document, message.update)
      case 'nothing':
        return
    }
  }

  /** Stock servers take messages in any order; a session wants the document to be open. */
  #openUnasked(): void {
    if (!this.#asked) this.#open(EMPTY_STATE_VECTOR)
  }

  #open(stateVector: Uint8Array): void {
    this.#asked = true
    const begun = this.#attachment.open(this.#document, stateVector)
    if (!begun.ok) this.#channel.reject(begun.rejection)
  }

  opened(_document: string, update: Uint8Array, stateVector: Uint8Array): void {
    this.#send(encodeSyncStep2(update))
    if (!this.#opened) this.#send(encodeSyncStep1(stateVector))
    this.#opened = true
  }

  update(document: string, update: Uint8Array): void {
    this.#send(frameUpdate(document, update))
  }

  presence(document: string, update: Uint8Array): void {
    this.#send(frameAwareness(document, update))
  }

  ask(_document: string, stateVector: Uint8Array): void {
    this.#send(encodeSyncStep1(stateVector))
  }

  refused(_document: string, _ref: number, rejection: Rejection): void {
    this.#channel.end(rejection)
  }

  /** Their protocol has no acknowledgements. */
  ack(_document: string, _ref: number, _dot: Dot): void {}

  closed(): void {
    this.#stopKeepAlives()
  }

  #send(frame: Uint8Array): void {
    this.#sent = true
    this.#channel.send(frame)
  }

  #keepAlive(): void {
    // While something is queued the client hears enough.
    if (!this.#sent && this.#channel.queuedBytes === 0) this.#channel.send(KEEP_ALIVE)
    this.#sent = false
  }
}
