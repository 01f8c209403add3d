import type { Socket } from 'node:net'

import {
  CLOSE_CODES,
  RejoinError,
  rejectionOfClose,
  REPLICA_PROTOCOL,
  type Rejection,
} from '@rejoin/protocol'
import type { Link, Transport } from '@rejoin/replica'
import { WebSocket } from 'ws'

import { BOUNDS, type Bounds } from './bounds.ts'
import { Channel, type Closing } from './channel.ts'
import { Heartbeat } from './heartbeat.ts'
import { DiallerProver, TakerProver } from './prover.ts'
import { prove } from './proving.ts'
import { SECRET_PROTOCOL } from './route.ts'
import { checkedSecrets, type Secrets } from './secrets.ts'
import { socketOptions } from './socket-options.ts'

export interface WebSocketTransportOptions {
  /** The `ws:` or `wss:` URL at which `serveWebSockets` is reached. Left out: only this one dials. */
  readonly address?: string
  /** What replicas must know to be linked with this one. Left out: only those without one are. */
  readonly secrets?: Secrets
  /** Hears of what was wrong with the bytes on links that this replica dialled. */
  readonly onRejection?: (rejection: Rejection) => void
  /**
   * Hears of each link that this replica dialled and that either end refused because the two share no
   * secret: the address that was dialled.
   */
  readonly onWrongSecret?: (address: string) => void
  readonly bounds?: Partial<Bounds>
}

/**
 * Links between replicas over WebSockets, one binary message a frame. It dials by itself; the links
 * that others dial come to the HTTP server, and `serveWebSockets` hands them over to `take`.
 */
export interface WebSocketTransport extends Transport {
  /**
   * An inbound link. Before `listen` and after `close` it is closed with `closing`. `proves`: whoever
   * dialled has a secret; unless both ends or neither have one it is closed with `wrong-secret`.
   */
  take(channel: Channel, proves: boolean): void
  /** From now on for new links, those that are open stay. Throws a `RangeError` as the option does. */
  useSecrets(secrets: Secrets): void
}

/** Throws a `RangeError` where a secret, or their number, is not within `SECRET_LIMITS`. */
export function webSocketTransport(options: WebSocketTransportOptions = {}): WebSocketTransport {
  return new Links(options)
}

class Links implements WebSocketTransport {
  readonly address: string | undefined
  readonly #bounds: Bounds
  readonly #pings: Heartbeat
  readonly #countRejection: (rejection: Rejection) => void
  readonly #onWrongSecret: (address: string) => void
  readonly #channels: Set<Channel> = new Set()
  readonly #dialling: Set<WebSocket> = new Set()
  #secrets: Secrets | undefined
  #accept: ((link: Link) => void) | undefined
  #closed = false

  constructor(options: WebSocketTransportOptions) {
    this.address = options.address
    this.#bounds = { ...BOUNDS, ...options.bounds }
    this.#pings = new Heartbeat(this.#bounds.pingMs)
    this.#countRejection = options.onRejection ?? (() => {})
    this.#onWrongSecret = options.onWrongSecret ?? (() => {})
    if (options.secrets !== undefined) this.useSecrets(options.secrets)
  }

  useSecrets(secrets: Secrets): void {
    this.#secrets = checkedSecrets(secrets)
  }

  listen(accept: (link: Link) => void): void {
    if (this.#accept !== undefined) throw new Error('listen is called once')
    this.#accept = accept
  }

  take(channel: Channel, proves: boolean): void {
    const accept = this.#accept
    if (this.#closed || accept === undefined) {
      return channel.end({
        code: 'closing',
        reason: 'This replica takes no links now; dial later.',
      })
    }
    const secrets = this.#secrets
    if (proves !== (secrets !== undefined)) return channel.reject(oneSided(proves))
    this.#keep(channel)
    if (secrets === undefined) return accept(channel)
    prove(channel, new TakerProver(secrets), { proven: accept, failed: () => {} })
  }

  async dial(address: string, deadlineMs: number): Promise<Link> {
    if (this.#closed) throw closedError()
    const secrets = this.#secrets
    const socket = this.#newSocket(address, secrets !== undefined)
    this.#dialling.add(socket)
    const late = (): Error => {
      socket.terminate()
      return new RejoinError('timeout', `${address} did not answer in ${deadlineMs} ms.`)
    }
    try {
      return await within(deadlineMs, this.#linked(socket, address, secrets), late)
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

  #newSocket(address: string, proves: boolean): WebSocket {
    const protocol = proves ? SECRET_PROTOCOL : REPLICA_PROTOCOL
    try {
      return new WebSocket(address, protocol, socketOptions(this.#bounds, proves))
    } catch (cause) {
      throw new Error(`"${address}" is not an address to dial; it must be a ws: or wss: URL.`, {
        cause,
      })
    }
  }

  async #linked(socket: WebSocket, address: string, secrets: Secrets | undefined): Promise<Link> {
    const channel = await this.#opened(socket, address)
    void channel.ended.then(({ closeCode }) => {
      if (closeCode === CLOSE_CODES['wrong-secret']) this.#onWrongSecret(address)
    })
    if (secrets === undefined) return channel
    return new Promise((resolve, reject) => {
      prove(channel, new DiallerProver(secrets), {
        proven: resolve,
        failed: (closeCode, reason) => {
          reject(this.#closed ? closedError() : refusedError(address, { closeCode, reason }))
        },
      })
    })
  }

  #opened(socket: WebSocket, address: string): Promise<Channel> {
    return new Promise((resolve, reject) => {
      socket.on('error', (cause) => {
        reject(this.#closed ? closedError() : unreachable(address, cause))
      })
      let stream: Socket
      socket.once('upgrade', (response) => (stream = response.socket))
      // The channel is made at once: frames may come in this same turn, before the promise is heard.
      socket.once('open', () => resolve(this.#keep(this.#newChannel(socket, stream))))
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

/** Rejects with what `late` makes at the deadline; what `promise` comes to after that is dropped. */
function within<T>(deadlineMs: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(late()), deadlineMs)
    promise.then(resolve, reject).finally(() => clearTimeout(deadline))
  })
}

function oneSided(diallerHasOne: boolean): Rejection {
  const [one, other] = diallerHasOne ? ['dialled', 'was dialled'] : ['was dialled', 'dialled']
  const reason = `The replica that ${one} has a secret, the one that ${other} has none; give both the same.`
  return { code: 'wrong-secret', reason }
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

/** The link was ended while the two ends proved themselves to each other. */
function refusedError(address: string, { closeCode, reason }: Closing): Error {
  const code = rejectionOfClose(closeCode)
  const message = `There is no link to ${address}: ${reason}`
  return code === undefined ? new Error(message) : new RejoinError(code, message)
}
