import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import type { SessionHost } from '@rejoin/replica'
import { WebSocketServer, type WebSocket } from 'ws'

import { BOUNDS, type Bounds } from './bounds.ts'
import { Channel } from './channel.ts'
import { serveClient } from './client-endpoint.ts'
import { documentOfUrl } from './document-of-url.ts'
import { Heartbeat } from './heartbeat.ts'
import { originPasses } from './origin.ts'
import { refuseHandshake, type HandshakeRefusal } from './refuse-handshake.ts'
import { routeOf, type Route } from './route.ts'
import { socketOptions } from './socket-options.ts'
import { serveStock } from './stock-endpoint.ts'
import type { WebSocketTransport } from './transport.ts'

export interface ServingOptions {
  /** The replica that clients attach to; it must outlive the serving. */
  readonly host: SessionHost
  /** Takes the links that other replicas dial. Left out: they are closed with `closing`. */
  readonly transport?: WebSocketTransport
  /** Origins of pages that may connect, besides this host's own and loopback ones; `*` is all. */
  readonly allowOrigins?: readonly string[]
  readonly bounds?: Partial<Bounds>
}

/** WebSockets on an HTTP server that somebody else runs. */
export interface WebSocketServing {
  /** WebSockets now, links included. */
  readonly connections: number
  /** Handshakes that were answered with an HTTP error since the start, by why. */
  readonly refusedHandshakes: Readonly<Record<HandshakeRefusal, number>>
  /** Takes no more, closes all with `closing`, and resolves when they are gone (`closeMs`). */
  close(): Promise<void>
}

/**
 * Takes every WebSocket that comes to `server`, and gives it to whoever speaks its sub-protocol: the
 * transport between replicas, the endpoint of our clients or that of stock y-websocket clients.
 */
export function serveWebSockets(server: Server, options: ServingOptions): WebSocketServing {
  return new Serving(server, options)
}

class Serving implements WebSocketServing {
  readonly refusedHandshakes: Record<HandshakeRefusal, number> = {
    'too-many': 0,
    'foreign-origin': 0,
    'unknown-protocol': 0,
  }
  readonly #server: Server
  readonly #options: ServingOptions
  readonly #bounds: Bounds
  readonly #handshakes: WebSocketServer
  /** Of links whose ends prove a secret: their frames are longer by a tag. */
  readonly #provingHandshakes: WebSocketServer
  readonly #pings: Heartbeat
  readonly #keepAlives: Heartbeat
  readonly #channels: Set<Channel> = new Set()

  constructor(server: Server, options: ServingOptions) {
    this.#server = server
    this.#options = options
    this.#bounds = { ...BOUNDS, ...options.bounds }
    this.#pings = new Heartbeat(this.#bounds.pingMs)
    this.#keepAlives = new Heartbeat(this.#bounds.keepAliveMs / 2)
    this.#handshakes = this.#newHandshakes(false)
    this.#provingHandshakes = this.#newHandshakes(true)
    server.on('upgrade', this.#onUpgrade)
  }

  get connections(): number {
    return this.#channels.size
  }

  async close(): Promise<void> {
    this.#server.off('upgrade', this.#onUpgrade)
    for (const channel of this.#channels) {
      channel.end({ code: 'closing', reason: 'This replica is closing; connect to another.' })
    }
    await Promise.all([...this.#channels].map((channel) => channel.ended))
  }

  #newHandshakes(proves: boolean): WebSocketServer {
    return new WebSocketServer({
      ...socketOptions(this.#bounds, proves),
      noServer: true,
      clientTracking: false,
      handleProtocols: (offered) => protocolOf(routeOf([...offered].join(','))),
    })
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // Without a listener a reset connection would end the process.
    stream.on('error', () => stream.destroy())
    const route = routeOf(request.headers['sec-websocket-protocol'])
    const refusal = this.#refusalOf(request, route)
    if (refusal !== undefined) {
      this.refusedHandshakes[refusal]++
      return refuseHandshake(stream, refusal)
    }
    const proves = route?.to === 'replica' && route.proves
    const handshakes = proves ? this.#provingHandshakes : this.#handshakes
    handshakes.handleUpgrade(request, stream, head, (socket) => {
      if (route !== undefined) this.#serve(socket, request, route)
    })
  }

  #refusalOf({ headers }: IncomingMessage, route: Route | undefined): HandshakeRefusal | undefined {
    if (this.#channels.size >= this.#bounds.connectionsMax) return 'too-many'
    if (!originPasses(headers, this.#options.allowOrigins ?? [])) return 'foreign-origin'
    return route === undefined ? 'unknown-protocol' : undefined
  }

  #serve(socket: WebSocket, request: IncomingMessage, route: Route): void {
    const channel = this.#newChannel(socket, request)
    switch (route.to) {
      case 'replica':
        return this.#serveReplica(channel, route.proves)
      case 'client':
        return serveClient(this.#options.host, channel)
      case 'stock':
        return this.#serveStock(channel, request.url ?? '')
      case 'other-version': {
        const reason = `This replica speaks ${route.ours}, not ${route.protocol}; upgrade the older.`
        return channel.reject({ code: 'wrong-protocol', reason })
      }
    }
  }

  #newChannel(socket: WebSocket, request: IncomingMessage): Channel {
    const channel = new Channel(socket, request.socket, {
      bounds: this.#bounds,
      pings: this.#pings,
      countRejection: (rejection) => this.#options.host.countRejection(rejection),
    })
    this.#channels.add(channel)
    void channel.ended.then(() => this.#channels.delete(channel))
    return channel
  }

  #serveReplica(channel: Channel, proves: boolean): void {
    const { transport } = this.#options
    if (transport !== undefined) return transport.take(channel, proves)
    channel.end({ code: 'closing', reason: 'This replica stands alone and takes no links.' })
  }

  #serveStock(channel: Channel, url: string): void {
    const document = documentOfUrl(url)
    if (!document.ok) return channel.reject(document.rejection)
    serveStock(this.#options.host, {
      channel,
      document: document.value,
      keepAlives: this.#keepAlives,
    })
  }
}

function protocolOf(route: Route | undefined): string | false {
  return route === undefined || route.to === 'stock' ? false : route.protocol
}
