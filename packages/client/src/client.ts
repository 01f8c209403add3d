import {
  checkDocumentName,
  RejoinError,
  type ClientMessage,
  type Rejection,
  type ReplicaId,
  type ServerMessage,
  type Welcome,
} from '@rejoin/protocol'
import { ObservableV2 } from 'lib0/observable'

import { AttachedDocument } from './attached-document.ts'
import { Connection, type ConnectionOptions, type Status } from './connection.ts'
import type { OpenDocument, OpenOptions } from './open-document.ts'
import { listenToPage } from './page.ts'

export interface ClientEvents {
  /** `reason` says, for a person, why a client is `disconnected`. */
  status(status: Status, reason?: string): void
}

/**
 * A client: one connection, and the documents opened over it. It passes each message to the document
 * that it names, and tells every document when the connection begins and ends. Refs are numbered
 * across all documents of a connection, so the answer to an edit of a document that was left and
 * opened again can't be taken for the answer to a newer edit.
 */
export class Client extends ObservableV2<ClientEvents> {
  readonly #connection: Connection
  readonly #documents = new Map<string, AttachedDocument>()
  readonly #leavePage: () => void
  #refs = 0

  constructor(options: ConnectionOptions) {
    super()
    this.#connection = new Connection(options, {
      statusChanged: (status, reason) => this.#statusChanged(status, reason),
      received: (message) => this.#received(message),
      drained: () => this.#each((document) => document.drained()),
      owesAnswer: () =>
        Array.from(this.#documents.values()).some((document) => document.owedAnswer),
    })
    this.#leavePage = listenToPage({
      online: () => this.#connection.redial(),
      pagehide: () => this.#each((document) => document.sayGone()),
    })
  }

  get status(): Status {
    return this.#connection.status
  }

  /** The replica that the client is attached to; `undefined` unless `connected`. */
  get replica(): ReplicaId | undefined {
    return this.#connection.replica
  }

  /**
   * Opens a document, at once and offline too; its content arrives with `synced`. A name that is open
   * already gives the same `OpenDocument` (which one `leave` then ends for all its holders), and a
   * `TypeError` if another `doc` or `awareness` is given for it. Throws `RejoinError('bad-name')`,
   * and `RejoinError('closed')` on a closed client.
   */
  open(name: string, options: OpenOptions = {}): OpenDocument {
    if (this.status === 'closed') {
      throw new RejoinError('closed', 'The client is closed; connect again to open documents.')
    }
    const known = this.#documents.get(name)
    if (known !== undefined) return sameOpening(known, options)
    const checked = checkDocumentName(name)
    if (!checked.ok) throw new RejoinError(checked.rejection.code, checked.rejection.reason)
    const document = new AttachedDocument(name, options, {
      send: (message: ClientMessage) => this.#connection.send(message),
      admits: () => this.#connection.admits(),
      nextRef: () => ++this.#refs,
      left: () => this.#documents.delete(name),
    })
    this.#documents.set(name, document)
    if (this.status === 'connected') document.attach()
    return document
  }

  /**
   * Leaves every document and ends the connection for good. What is pending stays in the documents
   * only: await `settled` first.
   */
  close(): void {
    if (this.status === 'closed') return
    this.#leavePage()
    this.#each((document) => document.leave())
    this.#connection.close()
  }

  /** The Yjs ecosystem's word for `close`. */
  override destroy(): void {
    this.close()
    super.destroy()
  }

  #statusChanged(status: Status, reason: string | undefined): void {
    if (status === 'connected') this.#each((document) => document.attach())
    else if (status === 'disconnected') this.#each((document) => document.detach())
    // A listener on a document may have changed the status again, and have reported that.
    if (status !== this.status) return
    this.emit('status', reason === undefined ? [status] : [status, reason])
  }

  #received(message: Exclude<ServerMessage, Welcome>): Rejection | undefined {
    // What was on its way when a document was left is of no use any more.
    return this.#documents.get(message.document)?.receive(message)
  }

  /** Over a copy: listeners may open and leave documents meanwhile. */
  #each(act: (document: AttachedDocument) => void): void {
    Array.from(this.#documents.values()).forEach(act)
  }
}

function sameOpening(known: AttachedDocument, { doc, awareness }: OpenOptions): OpenDocument {
  const isSame =
    (doc === undefined || doc === known.doc) &&
    (awareness === undefined || awareness === known.awareness)
  if (isSame) return known
  throw new TypeError(
    `'${known.name}' is open already, with another doc or awareness: leave it first.`,
  )
}
