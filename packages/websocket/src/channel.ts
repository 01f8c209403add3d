import type { Socket } from 'node:net'

import { CLOSE_CODES, type Rejection } from '@rejoin/protocol'
import type { Link, LinkListener } from '@rejoin/replica'
import type { RawData, WebSocket } from 'ws'

import type { Bounds } from './bounds.ts'
import { CLOSE_REASON_BYTES_MAX, cutText } from './cut-text.ts'
import type { Heartbeat } from './heartbeat.ts'
import { rejectionOfError } from './socket-errors.ts'

/**
 * A channel is one open WebSocket with what every socket of ours needs, whoever speaks on it: an
 * error listener from the start, whole binary frames only, water marks, a sign of life now and then,
 * and exactly one `closed`. Nothing that the other end sends throws out of it. As it stands it is a
 * link between replicas; the endpoints of clients are built on it too.
 */
export class Channel implements Link {
  /** Resolves with how the channel closed, once the listener has been told. */
  readonly ended: Promise<Closing>
  readonly bounds: Bounds
  readonly #socket: WebSocket
  readonly #stream: Socket
  readonly #options: ChannelOptions
  readonly #stopPings: () => void
  #listener: ChannelListener | undefined
  /** How this end closed, if it did. */
  #closing: Closing | undefined
  /** How the channel closed. */
  #closed: Closing | undefined
  /** What `ws` found wrong; it closes the socket by itself. */
  #fault: string | undefined
  #queueing = false
  #choked = false
  /** What had been read in all when the ping was sent that is not answered yet. */
  #bytesReadAtPing: number | undefined

  /** `stream` is what carries `socket`, which must be open and have had no chance to read yet. */
  constructor(socket: WebSocket, stream: Socket, options: ChannelOptions) {
    this.#socket = socket
    this.#stream = stream
    this.#options = options
    this.bounds = options.bounds
    socket.on('error', (error) => this.#onError(error))
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    this.ended = new Promise((resolve) => {
      socket.on('close', (closeCode, reason) => {
        resolve(this.#onClose({ closeCode, reason: reason.toString() }))
      })
    })
    stream.on('timeout', () => this.#onStalled())
    // Nothing is read until there is a listener.
    socket.pause()
    this.#stopPings = options.pings.listen(() => this.#ping())
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** The queue rose over the high-water mark and has not yet fallen to the low one. */
  get choked(): boolean {
    return this.#choked
  }

  /** Whether sending or reading is over; the last `closed` may still be to come. */
  get over(): boolean {
    return this.#closing !== undefined || this.#socket.readyState !== this.#socket.OPEN
  }

  /** Whether it was this end that closed. */
  get closedHere(): boolean {
    return this.#closing !== undefined
  }

  attach(listener: ChannelListener): void {
    if (this.#listener !== undefined) throw new Error('a link is attached once')
    this.#listener = listener
    this.#socket.resume()
    const closed = this.#closed
    if (closed !== undefined) queueMicrotask(() => listener.closed(closed.closeCode, closed.reason))
  }

  /** The frame must not change after; other channels may be sending the same bytes. */
  send(frame: Uint8Array): void {
    if (this.over) return
    this.#socket.send(frame, this.#onWritten)
    const queuedBytes = this.queuedBytes
    if (queuedBytes > 0) this.#queueing = true
    if (queuedBytes > this.bounds.highWaterBytes) this.#choke()
  }

  /** Stops reading, so that the other end's sending is held up; frames already read still come. */
  pauseReading(): void {
    this.#socket.pause()
  }

  resumeReading(): void {
    this.#socket.resume()
  }

  /**
   * Calls `listener` with how many bytes each read from the network brought, frames' headers and pings
   * included, after what they held was handed on. Returns the undo.
   */
  onRead(listener: (bytes: number) => void): () => void {
    const onData = (chunk: Buffer): void => listener(chunk.length)
    this.#stream.on('data', onData)
    return () => this.#stream.off('data', onData)
  }

  close(closeCode: number, reason: string): void {
    if (this.over) return
    this.#closing = { closeCode, reason }
    // The other end's close frame must be read.
    this.#socket.resume()
    this.#socket.close(closeCode, cutText(reason, CLOSE_REASON_BYTES_MAX))
  }

  /** Closes with the code that the protocol has for `rejection`. */
  end(rejection: Rejection): void {
    this.close(CLOSE_CODES[rejection.code], rejection.reason)
  }

  /** Counts what the other end did, and closes for it. */
  reject(rejection: Rejection): void {
    if (this.over) return
    this.#options.countRejection(rejection)
    this.end(rejection)
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.over) return
    if (!isBinary) {
      const reason = 'Text frames are not part of this protocol; send binary ones.'
      return this.reject({ code: 'text-frame', reason })
    }
    this.#listener?.frame(plainBytes(data))
  }

  readonly #onWritten = (): void => {
    const queuedBytes = this.queuedBytes
    if (this.over || !this.#queueing || queuedBytes > this.bounds.lowWaterBytes) return
    this.#queueing = queuedBytes > 0
    if (this.#choked) {
      this.#choked = false
      this.#stream.setTimeout(0)
    }
    this.#listener?.drained()
  }

  #choke(): void {
    if (this.#choked) return
    this.#choked = true
    // The stream's own timer counts bytes that the network took out of the midst of one write,
    // which the queue's length doesn't show.
    this.#stream.setTimeout(this.bounds.stalledMs)
    this.#listener?.choked?.()
  }

  #onStalled(): void {
    if (!this.#choked) return
    const reason = `Nothing of ${this.queuedBytes} bytes was read for a while; reconnect.`
    this.reject({ code: 'too-slow', reason })
  }

  #ping(): void {
    // A ping behind a long queue, or a pong that isn't read, would say nothing about the other end.
    if (this.over || this.#choked || this.#socket.isPaused) {
      this.#bytesReadAtPing = undefined
      return
    }
    const { bytesRead } = this.#stream
    if (this.#bytesReadAtPing === bytesRead) {
      return this.reject({ code: 'silent', reason: 'No pong came in time; reconnect.' })
    }
    this.#bytesReadAtPing = bytesRead
    this.#socket.ping()
  }

  #onError(error: Error): void {
    const rejection = rejectionOfError(error)
    this.#fault = rejection?.reason ?? `The connection failed: ${error.message}.`
    if (rejection !== undefined) this.#options.countRejection(rejection)
  }

  #onClose(byOtherEnd: Closing): Closing {
    this.#stopPings()
    const { closeCode, reason } = this.#closing ?? byOtherEnd
    this.#closed = { closeCode, reason: reason === '' ? (this.#fault ?? '') : reason }
    this.#listener?.closed(this.#closed.closeCode, this.#closed.reason)
    return this.#closed
  }
}

/** A view on the Buffer that `ws` hands out; a Buffer's own `slice` would not copy. */
function plainBytes(data: RawData): Uint8Array {
  if (!(data instanceof Uint8Array)) throw new TypeError('ws hands out Buffers unless told not to')
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

export interface ChannelOptions {
  readonly bounds: Bounds
  readonly pings: Heartbeat
  /** Hears of everything for which this end closes the channel. */
  countRejection(rejection: Rejection): void
}

export interface ChannelListener extends LinkListener {
  /** Called inside `send`: the queue has risen over the high-water mark; `drained` will follow. */
  choked?(): void
}

export interface Closing {
  readonly closeCode: number
  readonly reason: string
}
