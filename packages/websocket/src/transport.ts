import type { Socket } from 'node:net'

import { RejoinError, REPLICA_PROTOCOL, type Rejection } from '@rejoin/protocol'
import type { Link, Transport } from '@rejoin/replica'
import { WebSocket } from 'ws'

import { BOUNDS, type Bounds } from './bounds.ts'
import { Channel } from './channel.ts'
import { Heartbeat } from './heartbeat.ts'
import { socketOptions } from './socket-options.ts'

export interface WebSocketTransportOptions {
  /** The `ws:` or `wss:` URL at which `serveWebSockets` is reached. Left out: only this one dials. */
  readonly address?: string
  /** Hears of what was wrong with the bytes on links that this replica dialled. */
  readonly onRejection?: (rejection: Rejection) => void
  readonly bounds?: Partial<Bounds>
}

/**
 * Links between replicas over WebSockets, one binary message a frame. It dials by itself; the links
 * that others dial come to the HTTP server, and `serveWebSockets` hands them over to `take`.
 */
export interface WebSocketTransport extends Transport {
  /** An inbound link. Before `listen` and after `close` it is closed with `closing`. */
  take(channel: Channel): void
}

export function webSocketTransport(options: WebSocketTransportOptions = {}): WebSocketTransport {
  return new Links(options)
}

class Links implements WebSocketTransport {
  readonly address: string | undefined
  readonly #bounds: Bounds
  readonly #pings: Heartbeat
  readonly #countRejection: (rejection: Rejection) => void
  readonly #channels: Set<Channel> = new Set()
  readonly #dialling: Set<WebSocket> = new Set()
  #accept: ((link: Link) => void) | undefined
  #closed = false

  constructor({ address, onRejection, bounds }: WebSocketTransportOptions) {
    this.address = address
    this.#bounds = { ...BOUNDS, ...bounds }
    this.#pings = new Heartbeat(this.#bounds.pingMs)
    this.#countRejection = onRejection ?? (() => {})
  }

  listen(accept: (link: Link) => void): void {
    if (this.#accept !== undefined) throw new Error('listen is called once')
    this.#accept = accept
  }

  take(channel: Channel): void {
    if (this.#closed || this.#accept === undefined) {
      return channel.end({
        code: 'closing',
        reason: 'This replica takes no links now; dial later.',
      })
    }
    this.#keep(channel)
    this.#accept(channel)
  }

  async dial(address: string, deadlineMs: number): Promise<Link> {
    if (this.#closed) throw closedError()
    const socket = this.#newSocket(address)
    this.#dialling.add(socket)
    try {
      return await this.#opened(socket, address, deadlineMs)
    } finally {
      this.#dialling.delete(socket)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const socket of this.#dialling) socket.terminate()
    for (const channel of this.#channels) {
      channel.end({ code: 'closing', reason: 'This replica is closing.' })
    }
    await Promise.all([...this.#channels].map((channel) => channel.ended))
  }

  #newSocket(address: string): WebSocket {
    try {
      return new WebSocket(address, REPLICA_PROTOCOL, socketOptions(this.#bounds))
    } catch (cause) {
      throw new Error(`"${address}" is not an address to dial; it must be a ws: or wss: URL.`, {
        cause,
      })
    }
  }

  #opened(socket: WebSocket, address: string, deadlineMs: number): Promise<Link> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        reject(new RejoinError('timeout', `${address} did not answer in ${deadlineMs} ms.`))
        socket.terminate()
      }, deadlineMs)
      socket.on('error', (cause) => {
        clearTimeout(deadline)
        reject(this.#closed ? closedError() : unreachable(address, cause))
      })
      let stream: Socket
      socket.once('upgrade', (response) => (stream = response.socket))
      // The channel is made at once: frames may come in this same turn, before the promise is heard.
      socket.once('open', () => {
        clearTimeout(deadline)
        resolve(this.#keep(this.#newChannel(socket, stream)))
      })
    })
  }

  #newChannel(socket: WebSocket, stream: Socket): Channel {
    return new Channel(socket, stream, {
      bounds: this.#bounds,
      pings: this.#pings,
      countRejection: this.#countRejection,
    })
  }

  #keep(channel: Channel): Channel {
    this.#channels.add(channel)
    void channel.ended.then(() => this.#channels.delete(channel))
    return channel
  }
}

function closedError(): RejoinError {
  return new RejoinError('closed', 'This transport is closed and dials no more.')
}

function unreachable(address: string, cause: Error): Error {
  return new Error(
    `No replica was reached at ${address} (${cause.message}). Check the address and that it runs.`,
    { cause },
  )
}
