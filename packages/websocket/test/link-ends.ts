import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import type { Link } from '@rejoin/replica'
import { onTestFinished } from 'vitest'
import { WebSocketServer, type ServerOptions } from 'ws'

/** One end of a link, and what it heard. */
export class Watched {
  readonly link: Link
  readonly frames: Uint8Array[] = []
  closed: { closeCode: number; reason: string } | undefined

  constructor(link: Link) {
    this.link = link
    link.attach({
      frame: (frame) => this.frames.push(frame),
      drained: () => {},
      closed: (closeCode, reason) => (this.closed = { closeCode, reason }),
    })
  }
}

/** What speaks WebSocket at the other end, without being ours. */
export async function otherReplica(
  options: ServerOptions,
): Promise<{ server: WebSocketServer; address: string }> {
  const server = new WebSocketServer({ ...options, port: 0, host: '127.0.0.1' })
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, address: `ws://127.0.0.1:${port}/` }
}

/** Secrets with the same number are the same. */
export function secret(number: number): Uint8Array {
  return new Uint8Array(16).fill(number)
}

/** What must be there, in a test that has made sure of it. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there')
  return value
}
