import { createServer, type Server } from 'node:http'
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net'

import {
  CLIENT_PROTOCOL,
  decodeServerMessage,
  encodeClientMessage,
  type ClientMessage,
  type ServerMessage,
} from '@rejoin/protocol'
import { expect, onTestFinished } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'

import { serveWebSockets, type ServingOptions, type WebSocketServing } from '../src/index.ts'
import { TwinHost } from './twin-host.ts'

/** A real HTTP server with the twin behind it; all of it is closed when the test is over. */
export interface Bench {
  readonly host: TwinHost
  readonly serving: WebSocketServing
  readonly port: number
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
}

export async function serve(options: Partial<ServingOptions> = {}): Promise<Bench> {
  const host = new TwinHost()
  const server = createServer()
  const serving = serveWebSockets(server, { host, ...options })
  const port = await listen(server)
  onTestFinished(async () => {
    await serving.close()
    await closeServer(server)
  })
  return { host, serving, port, url: `ws://127.0.0.1:${port}` }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

/** A WebSocket that keeps all that it hears. */
export class Peer {
  readonly socket: WebSocket
  readonly frames: Uint8Array[] = []
  closed: { code: number; reason: string } | undefined
  opened = false
  /** What the handshake was answered with, when that was HTTP. */
  refused: { status: number; body: string } | undefined

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, {
      closeTimeout: 1_000,
      ...options,
    } as ClientOptions)
    this.socket.on('open', () => (this.opened = true))
    this.socket.on('message', (data: Buffer) => this.frames.push(new Uint8Array(data)))
    this.socket.on('close', (code, reason) => (this.closed ??= { code, reason: reason.toString() }))
    this.socket.on('error', () => {})
    this.socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('end', () => (this.refused = { status: response.statusCode ?? 0, body }))
    })
    onTestFinished(() => this.socket.terminate())
  }

  async open(): Promise<this> {
    await until(() => this.opened)
    return this
  }

  async close(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined)
    return this.closed ?? expect.unreachable()
  }
}

/** A client that speaks our protocol, decoded. */
export class ClientPeer extends Peer {
  constructor(bench: Bench) {
    super(bench.url, [CLIENT_PROTOCOL])
  }

  say(message: ClientMessage): void {
    this.socket.send(encodeClientMessage(message))
  }

  get heard(): ServerMessage[] {
    return this.frames.map((frame) => {
      const decoded = decodeServerMessage(frame)
      return decoded.ok ? decoded.value : expect.unreachable(decoded.rejection.reason)
    })
  }

  ofType<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.heard.filter((message) => message.type === type) as Extract<
      ServerMessage,
      { type: T }
    >[]
  }
}

/** A TCP connection on which a WebSocket handshake has been made by hand. */
export async function rawSocket(
  bench: Pick<Bench, 'port'>,
  path = '/document',
  protocol?: string,
): Promise<Socket> {
  const offer = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
  const socket = connectTcp(bench.port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      offer +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await new Promise((resolve) => socket.once('data', resolve))
  return socket
}

export async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 20_000, interval: 2 }).toBe(true)
}
