import {
  LIMITS,
  RejoinError,
  type ClientMessage,
  type Opened,
  type Refused,
  type Rejection,
  type ServerMessage,
  type Welcome,
} from '@rejoin/protocol'
import { equalFlat } from 'lib0/array'
import { ObservableV2 } from 'lib0/observable'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

import { decodeStateVector, hasAll, holdsAll, isEmpty } from './missing.ts'
import type {
  Level,
  OpenDocument,
  OpenDocumentEvents,
  OpenOptions,
  Pending,
  SettledOptions,
} from './open-document.ts'
import { Outbox } from './outbox.ts'
import { Presence } from './presence.ts'
import { Settling } from './settling.ts'

/** What a document needs of its client. */
export interface DocumentWire {
  /** Does nothing unless connected. */
  send(message: ClientMessage): void
  /** Whether more may be sent now; when not, `drained` follows. */
  admits(): boolean
  nextRef(): number
  left(): void
}

/**
 * An `OpenDocument`, and its half of the protocol. Two ways lead to the replica. An edit made while all
 * is well is sent as it is. Everything else (edits made offline, unacknowledged when a socket died,
 * held back by a full socket, or asked for) is one difference between the doc and a state vector,
 * `#owedFrom`: the doc itself is the queue, so no queue can overflow or be lost.
 */
export class AttachedDocument extends ObservableV2<OpenDocumentEvents> implements OpenDocument {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly #wire: DocumentWire
  readonly #ownsAwareness: boolean
  readonly #presence: Presence
  readonly #outbox = new Outbox()
  readonly #settling = new Settling()
  /** `refused`: the replica did not open it; the next connection tries again. */
  #state: 'detached' | 'opening' | 'live' | 'refused' | 'left' = 'detached'
  /** While live: all that the doc has beyond this state vector is still to be sent. */
  #owedFrom: Uint8Array | undefined
  /** The last question answered, with no edit made here since. */
  #answeredAsk: Uint8Array | undefined
  #toldPending: Pending = { edits: 0, bytes: 0 }
  #synced = false
  #whenSynced: Promise<void> | undefined
  #endSyncWait: (error?: RejoinError) => void = () => {}

  constructor(name: string, options: OpenOptions, wire: DocumentWire) {
    super()
    this.name = name
    this.doc = options.doc ?? new Y.Doc()
    this.awareness = options.awareness ?? new Awareness(this.doc)
    this.#ownsAwareness = options.awareness === undefined
    this.#wire = wire
    this.#presence = new Presence(
      this.awareness,
      {
        send: (update) => wire.send({ type: 'presence', document: name, update }),
        admits: () => wire.admits(),
        refused: (rejection) => this.emit('refused', [rejection]),
      },
      this,
    )
    this.doc.on('update', this.#onUpdate)
    this.doc.on('destroy', this.#onDestroy)
  }

  get synced(): boolean {
    return this.#synced
  }

  get whenSynced(): Promise<void> {
    if (this.#synced) return Promise.resolve()
    if (this.#state === 'left') return Promise.reject(leftError(this.name))
    this.#whenSynced ??= new Promise((resolve, reject) => {
      this.#endSyncWait = (error) => (error === undefined ? resolve() : reject(error))
    })
    return this.#whenSynced
  }

  get pending(): Pending {
    return this.#outbox.pending
  }

  settled(level: Level, { timeoutMs = 30_000 }: SettledOptions = {}): Promise<void> {
    if (level !== 'durable') {
      return Promise.reject(new TypeError(`A client can await 'durable', not '${String(level)}'.`))
    }
    if (this.#state === 'left') return Promise.reject(leftError(this.name))
    const { made, answeredThrough } = this.#outbox
    return answeredThrough >= made ? Promise.resolve() : this.#settling.wait(made, timeoutMs)
  }

  leave(): void {
    if (this.#state === 'left') return
    this.#presence.sayGone()
    if (this.#state !== 'detached') this.#wire.send({ type: 'leave', document: this.name })
    this.#state = 'left'
    this.#wire.left()
    this.doc.off('update', this.#onUpdate)
    this.doc.off('destroy', this.#onDestroy)
    this.#presence.end()
    if (this.#ownsAwareness) this.awareness.destroy()
    this.#settling.fail(0, leftError(this.name))
    this.#endSyncWait(leftError(this.name))
  }

  override destroy(): void {
    this.leave()
    super.destroy()
  }

  /** Whether the replica has yet to answer something, and must in the end. */
  get owedAnswer(): boolean {
    return this.#state === 'opening' || (this.#state === 'live' && this.#outbox.inFlight > 0)
  }

  /** A connection has begun. */
  attach(): void {
    if (this.#state === 'left') return
    this.#state = 'opening'
    const held = Y.encodeStateVector(this.doc)
    // The empty one is always right: the replica then sends all it has.
    const stateVector = held.length <= LIMITS.stateVectorBytesMax ? held : new Uint8Array([0])
    this.#wire.send({ type: 'open', document: this.name, stateVector })
  }

  /** The connection has ended. */
  detach(): void {
    if (this.#state === 'left') return
    this.#state = 'detached'
    this.#owedFrom = undefined
    this.#answeredAsk = undefined
    this.#outbox.recall()
    this.#presence.detach()
  }

  /** The socket can take more. */
  drained(): void {
    this.#sendOwed()
    this.#presence.drained()
  }

  sayGone(): void {
    this.#presence.sayGone()
  }

  /** A rejection says that the message is malformed; nothing of it was applied then. */
  receive(message: Exclude<ServerMessage, Welcome>): Rejection | undefined {
    if (message.type === 'opened') return this.#opened(message)
    if (message.type === 'ask') return this.#asked(message.stateVector)
    if (message.type === 'presence') return this.#applyPresence(message.update)
    if (message.type === 'update') this.#applyUpdate(message.update)
    else if (message.type === 'ack') this.#acked(message.ref)
    else this.#refused(message)
    return undefined
  }

  #opened(message: Opened): Rejection | undefined {
    const vector = decodeStateVector(message.stateVector)
    if (!vector.ok) return vector.rejection
    const wasEmpty = isEmpty(this.doc)
    const isApplied = this.#applyUpdate(message.update)
    if (this.#hasLeft()) return undefined
    this.#state = 'live'
    const isComplete = wasEmpty || (isApplied && holdsAll(message, this.doc))
    if (isComplete && !this.#outbox.editsWait) this.#outbox.nothingToSend()
    else this.#owedFrom = message.stateVector
    this.#presence.attach()
    this.#answered()
    if (hasAll(this.doc, vector.value)) this.#becomeSynced()
    return undefined
  }

  #becomeSynced(): void {
    if (this.#synced) return
    this.#synced = true
    this.#endSyncWait()
    this.emit('synced', [])
  }

  readonly #onUpdate = (
    update: Uint8Array,
    origin: unknown,
    _doc: Y.Doc,
    { beforeState }: Y.Transaction,
  ): void => {
    if (origin === this) return
    this.#outbox.add(update.byteLength)
    this.#answeredAsk = undefined
    if (this.#state === 'live') {
      if (this.#owedFrom === undefined && this.#maySend()) this.#send(update)
      else this.#owedFrom ??= Y.encodeStateVector(beforeState)
    }
    this.#tellPending()
  }

  readonly #onDestroy = (): void => this.leave()

  #maySend(): boolean {
    return this.#state === 'live' && this.#outbox.hasRoom && this.#wire.admits()
  }

  #sendOwed(): void {
    if (this.#owedFrom === undefined || !this.#maySend()) return
    this.#send(Y.encodeStateAsUpdate(this.doc, this.#owedFrom))
  }

  /**
   * Sends all that waits as one edit, even one that changes nothing: its acknowledgement says that
   * what the replica got before, over a connection that died perhaps, is durable too.
   */
  #send(update: Uint8Array): void {
    const ref = this.#wire.nextRef()
    this.#owedFrom = undefined
    this.#outbox.sent(ref, update.byteLength)
    if (update.byteLength > LIMITS.updateBytesMax) {
      this.#drop(ref, { code: 'too-large', reason: tooLargeReason(update.byteLength) })
    } else {
      this.#wire.send({ type: 'edit', document: this.name, ref, update })
    }
  }

  /** Some of what waited may go now, and some who waited may go on. */
  #answered(): void {
    this.#sendOwed()
    this.#settling.answered(this.#outbox.answeredThrough)
    this.#tellPending()
  }

  #acked(ref: number): void {
    this.#outbox.acked(ref)
    this.#answered()
  }

  #refused({ ref, code, reason }: Refused): void {
    if (ref > 0) {
      this.#drop(ref, { code, reason })
      return this.#answered()
    }
    // Ref 0 is the opening's, or, once that is answered, the presence's.
    if (this.#state === 'opening') {
      this.#state = 'refused'
      this.#settling.fail(0, new RejoinError(code, reason))
    }
    this.emit('refused', [{ code, reason }])
  }

  /** The edits sent under `ref` stay in the doc, and nobody waits for them any more. */
  #drop(ref: number, rejection: Rejection): void {
    const first = this.#outbox.refused(ref)
    if (first === undefined) return
    this.#settling.fail(first, new RejoinError(rejection.code, rejection.reason))
    this.emit('refused', [rejection])
  }

  #asked(stateVector: Uint8Array): Rejection | undefined {
    const vector = decodeStateVector(stateVector)
    if (!vector.ok) return vector.rejection
    // What this doc lacks as well would otherwise be asked for, in vain, for ever.
    const answered = this.#answeredAsk
    if (answered !== undefined && equalFlat(answered, stateVector)) return undefined
    this.#answeredAsk = stateVector
    this.#owedFrom = stateVector
    this.#answered()
    return undefined
  }

  #applyUpdate(update: Uint8Array): boolean {
    return this.#apply(() => Y.applyUpdate(this.doc, update, this))
  }

  #applyPresence(update: Uint8Array): Rejection | undefined {
    let rejection: Rejection | undefined
    this.#apply(() => {
      rejection = this.#presence.receive(update)
    })
    return rejection
  }

  /** Bytes from a replica, and the app's observers that run on them, may throw; the client goes on. */
  #apply(change: () => void): boolean {
    try {
      change()
      return true
    } catch (cause) {
      const error = new RejoinError(
        'bad-update',
        `A change to '${this.name}' could not be applied, or an observer of it threw: ${String(cause)}`,
        { cause },
      )
      // oxlint-disable-next-line no-underscore-dangle -- lib0 has no other way to ask who listens
      if (this._observers.has('failed')) this.emit('failed', [error])
      else console.error(error)
      return false
    }
  }

  #tellPending(): void {
    const { edits, bytes } = this.#outbox.pending
    if (edits === this.#toldPending.edits && bytes === this.#toldPending.bytes) return
    this.#toldPending = { edits, bytes }
    this.emit('pending', [this.#toldPending])
  }

  #hasLeft(): boolean {
    return this.#state === 'left'
  }
}

function leftError(name: string): RejoinError {
  return new RejoinError(
    'closed',
    `'${name}' was left; whether its last edits are durable is unknown.`,
  )
}

function tooLargeReason(updateBytes: number): string {
  return (
    `An edit of ${updateBytes} bytes is over the limit of ${LIMITS.updateBytesMax}: it stays in this ` +
    'copy only, and so does what builds on it. Delete the large content, and keep files elsewhere.'
  )
}
