import {
  CLIENT_PROTOCOL,
  CLOSE_CODES,
  decodeServerMessage,
  encodeClientMessage,
  rejectionOfClose,
  type ClientMessage,
  type Rejection,
  type ReplicaId,
  type ServerMessage,
  type Welcome,
} from '@rejoin/protocol'

import { backoffMs, type BackoffRange } from './backoff.ts'
import type { Socket, SocketClosed, SocketConstructor } from './socket.ts'

/**
 * One WebSocket at a time, dialed again whenever it ends. It is `connected` from the replica's
 * `welcome` on, so that whoever sends then knows to whom. Only the present socket is listened to: what
 * a socket says after it was given up reaches nobody. Nothing waits in here: what can't be sent now
 * is its sender's to keep.
 *
 * Liveness: the replica pings at WebSocket level, which a browser does not show. So a connection is
 * given up when an answer is owed and nothing at all was heard for `silenceMsMax` (noticed within
 * twice that); one over which nothing is owed trusts TCP and the browser's `online` event.
 */
export type Status = 'connecting' | 'connected' | 'disconnected' | 'closed'

export interface ConnectionOptions extends BackoffRange {
  readonly url: string
  readonly WebSocket: SocketConstructor
  readonly silenceMsMax: number
}

export interface ConnectionListener {
  /** The last thing that the connection does in its turn. */
  statusChanged(status: Status, reason: string | undefined): void
  /** A rejection ends this socket, as malformed. */
  received(message: Exclude<ServerMessage, Welcome>): Rejection | undefined
  /** After `admits` said no: more may be sent. */
  drained(): void
  owesAnswer(): boolean
}

/** Without a `welcome` by then, the socket is given up. */
const DIAL_MS_MAX = 10_000
/** What dialing again soon can't cure (a wrong URL or protocol) is tried this often. */
const INCURABLE_RETRY_MS = 60_000
/** With more than this unsent in the socket, edits wait and are merged. */
const UNSENT_BYTES_MAX = 1_048_576
/** A WebSocket has no event for an emptied buffer, so it is looked at this often. */
const DRAIN_POLL_MS = 50

export class Connection {
  readonly #options: ConnectionOptions
  readonly #listener: ConnectionListener
  #status: Status = 'connecting'
  #replica: ReplicaId | undefined
  #socket: Socket | undefined
  /** Attempts in a row that did not last. */
  #failures = 0
  #connectedAtMs = 0
  /** What the present socket's `error` event said; its `close` event often says less. */
  #failure = ''
  #heard = false
  /** While disconnected the next dial, while connecting its deadline. */
  #dialTimer: Timer
  #silenceTimer: Timer
  #drainTimer: Timer

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options
    this.#listener = listener
    queueMicrotask(() => {
      if (this.#status === 'connecting') this.#dial()
    })
  }

  get status(): Status {
    return this.#status
  }

  /** The replica at the other end, while connected. */
  get replica(): ReplicaId | undefined {
    return this.#replica
  }

  /** Whether more may be sent now. If not, `drained` is called once it may, or the socket ends. */
  admits(): boolean {
    if (this.#status !== 'connected' || this.#socket === undefined) return false
    if (this.#socket.bufferedAmount <= UNSENT_BYTES_MAX) return true
    this.#drainTimer ??= setTimeout(() => this.#pollDrain(), DRAIN_POLL_MS)
    return false
  }

  /** Does nothing unless connected. */
  send(message: ClientMessage): void {
    if (this.#status !== 'connected') return
    this.#socket?.send(encodeClientMessage(message) as Uint8Array<ArrayBuffer>)
    if (message.type === 'open' || message.type === 'edit') this.#expectAnswer()
  }

  /** The network has changed: a socket over the old one may be dead without knowing it. */
  redial(): void {
    if (this.#status === 'closed') return
    if (this.#socket !== undefined) this.#giveUp(1000, 'The network changed.')
    this.#failures = 0
    if (this.#status === 'disconnected') this.#dial()
  }

  close(): void {
    if (this.#status === 'closed') return
    this.#release()?.close(1000)
    this.#enter('closed')
  }

  #dial(): void {
    clearTimeout(this.#dialTimer)
    this.#failure = ''
    try {
      this.#socket = new this.#options.WebSocket(this.#options.url, CLIENT_PROTOCOL)
    } catch (error) {
      return this.#ended(`${this.#options.url} can't be dialed: ${messageOf(error)}`, true)
    }
    this.#dialTimer = setTimeout(
      () => this.#giveUp(1000, `No replica answered within ${DIAL_MS_MAX} ms.`),
      DIAL_MS_MAX,
    )
    this.#listenTo(this.#socket)
    this.#enter('connecting')
  }

  #listenTo(socket: Socket): void {
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#receive(data)
    })
    socket.addEventListener('error', (event) => {
      if (socket === this.#socket) this.#failure = messageOf(event)
    })
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#closed(event)
    })
  }

  #receive(data: unknown): void {
    this.#heard = true
    if (typeof data === 'string') return this.#reject('a text frame')
    const decoded = decodeServerMessage(new Uint8Array(data as ArrayBuffer))
    if (!decoded.ok) return this.#reject(decoded.rejection.reason)
    const message = decoded.value
    if (message.type === 'welcome') return this.#welcomed(message)
    if (this.#status !== 'connected') return this.#reject('a message before its welcome')
    const rejection = this.#listener.received(message)
    if (rejection !== undefined) this.#reject(rejection.reason)
  }

  #welcomed({ replica }: Welcome): void {
    if (this.#status === 'connected') return this.#reject('a second welcome')
    if (this.#socket?.protocol !== CLIENT_PROTOCOL) {
      return this.#giveUp(CLOSE_CODES['wrong-protocol'], `It does not speak ${CLIENT_PROTOCOL}.`)
    }
    clearTimeout(this.#dialTimer)
    this.#replica = replica
    this.#connectedAtMs = Date.now()
    this.#enter('connected')
  }

  /** What the replica sent can't be understood; the next socket begins from a known state. */
  #reject(what: string): void {
    this.#giveUp(CLOSE_CODES.malformed, `The replica sent what can't be understood: ${what}`)
  }

  #closed({ code, reason }: SocketClosed): void {
    const name = rejectionOfClose(code)
    const why = reason || this.#failure || 'The connection ended, or none could be made.'
    this.#ended(`${why} (${name ?? 'close code'} ${code})`, name === 'wrong-protocol')
  }

  /** Ends the present socket without waiting for the other side to agree. */
  #giveUp(closeCode: number, reason: string): void {
    this.#socket?.close(closeCode)
    this.#ended(reason, closeCode === CLOSE_CODES['wrong-protocol'])
  }

  #ended(reason: string, incurable: boolean): void {
    const connected = this.#status === 'connected'
    const { backoffMsMax } = this.#options
    if (connected && Date.now() - this.#connectedAtMs >= backoffMsMax) this.#failures = 0
    this.#release()
    const waitMs = incurable
      ? INCURABLE_RETRY_MS
      : backoffMs(this.#failures, this.#options, Math.random())
    this.#failures++
    this.#dialTimer = setTimeout(() => this.#dial(), waitMs)
    this.#enter('disconnected', reason)
  }

  /** Forgets the present socket and every timer; the socket is returned to be closed. */
  #release(): Socket | undefined {
    const socket = this.#socket
    this.#socket = undefined
    this.#replica = undefined
    clearTimeout(this.#dialTimer)
    clearTimeout(this.#silenceTimer)
    clearTimeout(this.#drainTimer)
    this.#silenceTimer = undefined
    this.#drainTimer = undefined
    return socket
  }

  #enter(status: Status, reason?: string): void {
    this.#status = status
    this.#listener.statusChanged(status, reason)
  }

  #expectAnswer(): void {
    if (this.#silenceTimer !== undefined) return
    this.#heard = false
    this.#silenceTimer = setTimeout(() => this.#checkSilence(), this.#options.silenceMsMax)
  }

  #checkSilence(): void {
    this.#silenceTimer = undefined
    if (!this.#listener.owesAnswer()) return
    if (this.#heard) return this.#expectAnswer()
    this.#giveUp(
      CLOSE_CODES.silent,
      `The replica owed an answer and said nothing for ${this.#options.silenceMsMax} ms.`,
    )
  }

  #pollDrain(): void {
    this.#drainTimer = undefined
    if (this.admits()) this.#listener.drained()
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined

function messageOf(error: unknown): string {
  const isTold = typeof error === 'object' && error !== null && 'message' in error
  return isTold && typeof error.message === 'string' ? error.message : ''
}
