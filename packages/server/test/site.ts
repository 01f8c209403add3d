import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type Server } from 'node:http'
import type { Server as TcpServer } from 'node:net'

import { RejoinError } from '@rejoin/protocol'
import { memoryNetwork, memoryStore, openReplica, type Replica, type Store } from '@rejoin/replica'
import { onTestFinished } from 'vitest'

import { EventStreams } from '../src/http/event-stream.ts'
import { httpServer } from '../src/http/http-server.ts'
import { router } from '../src/http/router.ts'
import { findResource } from '../src/http/routes.ts'
import { staticFiles } from '../src/http/static-files.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: unknown
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A real HTTP server on real replicas in memory, the first of which it serves. */
export interface Site {
  readonly replica: Replica
  readonly peer: Replica
  readonly server: Server
  readonly port: number
  /** The path is sent as it is: `fetch` would normalise it. */
  readonly ask: (path: string, asked?: Asked) => Promise<Reply>
}

interface SiteOptions {
  readonly demo?: boolean
  readonly page?: string
  readonly store?: Store
  readonly onLeft?: () => void
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const network = memoryNetwork()
  const [replica, peer] = await Promise.all([
    openReplica({
      transport: network.transport('a'),
      peers: ['memory:b'],
      store: options.store ?? memoryStore(),
    }),
    openReplica({ transport: network.transport('b'), peers: ['memory:a'] }),
  ])
  const page = options.page === undefined ? undefined : await staticFiles(options.page)
  const onLeft = options.onLeft ?? ((): void => {})
  const site = {
    replica,
    store: { backup: nothing },
    demo: options.demo === true,
    page,
    streams: new EventStreams(),
    onLeft,
  }
  const allowOrigins = ['https://app.example']
  const find = (path: string): ReturnType<typeof findResource> => findResource(site, path)
  const server = httpServer(router({ find, allowOrigins }))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await Promise.allSettled([replica.close(), peer.close()])
  })
  const port = portOf(server)
  const ask = (path: string, asked: Asked = {}): Promise<Reply> => askHttp(port, path, asked)
  return { replica, peer, server, port, ask }
}

/** A store in memory has no backup. */
async function* nothing(): AsyncGenerator<Uint8Array> {}

export function portOf(server: TcpServer): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}

export function askHttp(port: number, path: string, asked: Asked = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body } = asked
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode = 0, headers: received } = response
        resolve({ status: statusCode, headers: received, body: bytes, json: parsed(bytes) })
      })
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

/** Waits until `condition` holds; rejects at the deadline, in milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A store whose disk takes nothing any more. */
export function failingStore(): Store {
  const store = memoryStore()
  const full = (): Promise<never> => {
    return Promise.reject(new RejoinError('store-failed', 'The disk is full; free some.'))
  }
  return Object.assign(Object.create(store) as Store, {
    recovered: store.recovered,
    commit: full,
    reopen: full,
    readDocument: (document: string) => store.readDocument(document),
    listDocuments: (page: { after?: string; limit: number }) => store.listDocuments(page),
    documentCount: () => store.documentCount(),
    logBytes: () => store.logBytes(),
    close: () => store.close(),
  })
}
