import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'

import { CLOSE_CODES, LIMITS, REPLICA_PROTOCOL, type Rejection } from '@rejoin/protocol'
import { transportConformance } from '@rejoin/replica/conformance'
import { describe, expect, it, onTestFinished } from 'vitest'

import { serveWebSockets, webSocketTransport } from '../src/index.ts'
import { closeServer, listen, serve, until } from './bench.ts'
import { otherReplica, secret, Watched } from './link-ends.ts'
import { TwinHost } from './twin-host.ts'

const CASES = { WebSocket: {}, 'WebSocket with a secret': { secrets: [secret(1)] } }

for (const [name, secrets] of Object.entries(CASES)) {
  transportConformance({ describe, it }, name, async () => {
    const server = createServer()
    const port = await listen(server)
    const here = webSocketTransport(secrets)
    const there = webSocketTransport({ address: `ws://127.0.0.1:${port}`, ...secrets })
    const serving = serveWebSockets(server, { host: new TwinHost(), transport: there })
    const silent = await silentServer()
    return {
      here,
      there,
      nowhere: 'ws://127.0.0.1:1',
      silent: silent.address,
      async close() {
        await Promise.all([here.close(), there.close(), serving.close()])
        silent.close()
        await closeServer(server)
      },
    }
  })
}

describe('the WebSocket transport', () => {
  it('[X2] a frame over the limit ends the link with 1009, is counted, and reaches nobody', async () => {
    const accepted: Watched[] = []
    const transport = webSocketTransport()
    transport.listen((link) => accepted.push(new Watched(link)))
    const bench = await serve({ transport })
    const dialler = webSocketTransport()
    const near = new Watched(await dialler.dial(bench.url, 5_000))
    near.link.send(new Uint8Array(LIMITS.frameBytesMax + 1))
    await until(() => near.closed !== undefined && accepted[0]?.closed !== undefined)
    expect(near.closed?.closeCode).toBe(CLOSE_CODES['too-large'])
    expect(accepted[0]?.closed?.reason).toMatch(/payload size exceeded/)
    expect(accepted[0]?.frames).toEqual([])
    expect(bench.host.codes()).toEqual(['too-large'])
    await dialler.close()
  })

  it('[X2] a text frame ends the link with 1003, at the end that dialled too', async () => {
    const other = await otherReplica({})
    other.server.on('connection', (socket) => socket.send('text'))
    const rejections: Rejection[] = []
    const transport = webSocketTransport({ onRejection: (rejection) => rejections.push(rejection) })
    const link = new Watched(await transport.dial(other.address, 5_000))
    await until(() => link.closed !== undefined)
    expect(link.closed?.closeCode).toBe(CLOSE_CODES['text-frame'])
    expect(link.frames).toEqual([])
    expect(rejections.map(({ code }) => code)).toEqual(['text-frame'])
  })

  it('[X3] a link whose other end answers no ping ends with `silent`', async () => {
    const other = await otherReplica({ autoPong: false })
    const transport = webSocketTransport({ bounds: { pingMs: 30 } })
    const link = new Watched(await transport.dial(other.address, 5_000))
    await until(() => link.closed !== undefined)
    expect(link.closed?.closeCode).toBe(CLOSE_CODES.silent)
  })

  it('a link on which nothing is said stays while pings are answered', async () => {
    const other = await otherReplica({})
    let pings = 0
    other.server.on('connection', (socket) => socket.on('ping', () => pings++))
    // A beat must leave a loaded machine the time to answer.
    const transport = webSocketTransport({ bounds: { pingMs: 500 } })
    const link = new Watched(await transport.dial(other.address, 5_000))
    await until(() => pings >= 4)
    expect(link.closed).toBeUndefined()
    await transport.close()
  })

  it('links are closed with `closing` where nobody listens, or no transport is served', async () => {
    for (const transport of [undefined, webSocketTransport()]) {
      const bench = await serve(transport === undefined ? {} : { transport })
      const dialler = webSocketTransport()
      const link = new Watched(await dialler.dial(bench.url, 5_000))
      await until(() => link.closed !== undefined)
      expect(link.closed?.closeCode).toBe(CLOSE_CODES.closing)
      await dialler.close()
    }
  })

  it('a refused handshake is a clear rejection', async () => {
    const server = createServer((_request, response) => response.writeHead(403).end())
    const port = await listen(server)
    onTestFinished(() => closeServer(server))
    const dialler = webSocketTransport()
    const dialled = dialler.dial(`ws://127.0.0.1:${port}/`, 5_000)
    await expect(dialled).rejects.toThrow(/127\.0\.0\.1.*403/)
    await dialler.close()
  })

  it(`offers ${REPLICA_PROTOCOL}`, async () => {
    const other = await otherReplica({})
    const offered: string[] = []
    other.server.on('connection', (socket) => offered.push(socket.protocol))
    const dialler = webSocketTransport()
    await dialler.dial(other.address, 5_000)
    await until(() => offered.length > 0)
    expect(offered).toEqual([REPLICA_PROTOCOL])
    await dialler.close()
  })
})

/** Takes connections and says nothing. */
async function silentServer(): Promise<{ address: string; close: () => void }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `ws://127.0.0.1:${port}/`,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
