/**
 * One replica on one port: its store, its links, its clients, and its HTTP. Opens them in the order
 * in which each needs the one before, and closes what it has opened when a later one fails; closing
 * makes durable what was accepted.
 */
import type { Server } from 'node:http'

import { openLeveldbStore, type LeveldbStore } from '@rejoin/leveldb'
import type { Rejection } from '@rejoin/protocol'
import { openReplica, type Replica } from '@rejoin/replica'
import {
  serveWebSockets,
  webSocketTransport,
  type Secrets,
  type WebSocketTransport,
} from '@rejoin/websocket'

import { failed } from './command-line/command-error.ts'
import { failure, type Answer } from './http/answer.ts'
import { EventStreams } from './http/event-stream.ts'
import { httpServer, type Handle } from './http/http-server.ts'
import { router } from './http/router.ts'
import { findResource } from './http/routes.ts'
import { staticFiles, type StaticFiles } from './http/static-files.ts'

export interface ServeOptions {
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
  /** The data directory; made where there is none. */
  readonly data: string
  /** Addresses of other replicas. */
  readonly peers: readonly string[]
  /** What an operator says of this replica. */
  readonly tags: Readonly<Record<string, string>>
  /** Where others dial this replica. Left out: the address that it listens on. */
  readonly advertise?: string
  /** Origins of web pages that may connect, beside this machine's own. */
  readonly allowOrigins: readonly string[]
  /** Whether links may be cut and mended over HTTP, and the page be served. */
  readonly demo: boolean
  /** The directory of the built page. */
  readonly static?: string
  /** Whether to open also what has lost durable state, under a new id. */
  readonly repair: boolean
  /** Beginnings of names of documents whose deleted content is kept. */
  readonly keepHistory: readonly string[]
  /** Of which replicas must know one to be linked with this one. Left out: only those without are. */
  readonly secrets?: Secrets
  /** Hears of each dialled link that comes to nothing since the two replicas share no secret. */
  readonly onWrongSecret?: (address: string) => void
}

type Where = Pick<ServeOptions, 'host' | 'port'>

export interface Serving {
  readonly replica: Replica
  /** Such as `http://127.0.0.1:7001`. */
  readonly url: string
  /** Resolves when the replica has left for good, as it was asked to over HTTP: it is to be closed. */
  readonly left: Promise<void>
  /** From now on for new links; those that are open stay. */
  useSecrets(secrets: Secrets): void
  /** Rejects when what was accepted could not be made durable; everything is closed all the same. */
  close(): Promise<void>
}

/** How long closing waits for the other end of a socket, so that it ends well within 10 s. */
const BOUNDS = { closeMs: 3_000 }

/** Rejects with an error whose message is fit for a person where a port or directory won't do. */
export async function serveReplica(options: ServeOptions): Promise<Serving> {
  const page = await openPage(options.static)
  const store = await openLeveldbStore(options.data, { repair: options.repair })
  try {
    return await serveStore(store, page, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function serveStore(
  store: LeveldbStore,
  page: StaticFiles | undefined,
  options: ServeOptions,
): Promise<Serving> {
  const { demo, allowOrigins, peers, tags } = options
  let onLeft = (): void => {}
  const left = new Promise<void>((resolve) => (onLeft = resolve))
  let handle: Handle = starting
  const server = httpServer((request) => handle(request))
  const url = await listen(server, options)
  // Nothing is dialled before there is a replica.
  let countRejection: Replica['countRejection'] = () => {}
  const onRejection = (rejection: Rejection): void => countRejection(rejection)
  const transport = newTransport(options, url, onRejection)
  try {
    const keepHistory = (name: string): boolean => {
      return options.keepHistory.some((prefix) => name.startsWith(prefix))
    }
    const replica = await openReplica({ store, transport, peers, tags, keepHistory })
    countRejection = (rejection) => replica.countRejection(rejection)
    const sockets = serveWebSockets(server, {
      host: replica,
      transport,
      allowOrigins,
      bounds: BOUNDS,
    })
    const site = { replica, store, demo, page, streams: new EventStreams(), onLeft }
    handle = router({
      find: (path) => findResource(site, path),
      allowOrigins,
    })
    const close = async (): Promise<void> => {
      const closed = closeServer(server)
      try {
        await replica.close()
      } finally {
        await sockets.close()
        server.closeAllConnections()
        await closed
      }
    }
    const useSecrets = (secrets: Secrets): void => transport.useSecrets(secrets)
    return { replica, url, left, useSecrets, close }
  } catch (error) {
    await transport.close()
    server.closeAllConnections()
    await closeServer(server)
    throw error
  }
}

function newTransport(
  options: ServeOptions,
  url: string,
  onRejection: (rejection: Rejection) => void,
): WebSocketTransport {
  const { secrets, onWrongSecret } = options
  return webSocketTransport({
    ...addressOption(options, url),
    ...(secrets === undefined ? {} : { secrets }),
    ...(onWrongSecret === undefined ? {} : { onWrongSecret }),
    onRejection,
    bounds: BOUNDS,
  })
}

function starting(): Answer {
  return failure(503, 'starting', 'This replica is starting; try again soon.')
}

async function openPage(directory: string | undefined): Promise<StaticFiles | undefined> {
  if (directory === undefined) return undefined
  try {
    return await staticFiles(directory)
  } catch (cause) {
    throw failed(`The page's directory ${directory} is not there; build it, or mend --static.`, {
      cause,
    })
  }
}

/** A replica that listens on all interfaces can't know by which of its names others reach it. */
function addressOption({ host, advertise }: ServeOptions, url: string): { address?: string } {
  if (advertise !== undefined) return { address: advertise }
  return host === '0.0.0.0' || host === '::' ? {} : { address: url.replace(/^http/, 'ws') }
}

/** Answers the URL that the server then has. */
function listen(server: Server, { host, port }: Where): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(failed(whyNotListening(cause, { host, port }), { cause }))
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      // Too many open files, for example: this connection fails, and the next may not.
      server.on('error', (error) => console.error(`A connection was not taken: ${error.message}.`))
      resolve(urlOf(host, portOf(server)))
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('There is no TCP port.')
  return address.port
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function whyNotListening({ code, message }: NodeJS.ErrnoException, where: Where): string {
  const { host, port } = where
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use; stop what uses it or choose another with --port.`
  }
  if (code === 'EACCES') {
    return `Port ${port} needs rights that this process lacks; choose one from 1024 with --port.`
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${host} is no address of this machine; choose another with --host.`
  }
  return `Port ${port} on ${host} can't be listened on: ${message}.`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
