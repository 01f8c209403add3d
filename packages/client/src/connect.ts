import { Client } from './client.ts'
import type { SocketConstructor } from './socket.ts'

export interface ConnectOptions {
  /** Left out: the global one. Node 20 has none; give it the `ws` package's. */
  readonly WebSocket?: SocketConstructor
  /** The first wait before dialing again is at most this (100 ms); each next one twice that. */
  readonly backoffMsMin?: number
  /** No wait is longer (5,000 ms). A connection that lasted as long starts the waits afresh. */
  readonly backoffMsMax?: number
  /** A replica that owes an answer and says nothing at all for this long is given up (45,000 ms). */
  readonly silenceMsMax?: number
}

/**
 * Attaches to the replica at `url` (`ws:` or `wss:`) and stays attached until `close`: a connection
 * that ends is dialed again, for ever. Dialing begins after the caller's own turn, so listeners that
 * are added at once miss nothing. Throws a `TypeError` where there is no WebSocket to dial with; a
 * URL that can't be dialed shows as status `disconnected` with the reason.
 */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client({
    url,
    WebSocket: options.WebSocket ?? globalSocket(),
    backoffMsMin: options.backoffMsMin ?? 100,
    backoffMsMax: options.backoffMsMax ?? 5_000,
    silenceMsMax: options.silenceMsMax ?? 45_000,
  })
}

function globalSocket(): SocketConstructor {
  if (typeof globalThis.WebSocket === 'function') return globalThis.WebSocket
  throw new TypeError(
    'There is no global WebSocket here (Node before 22 has none): ' +
      "pass one, connect(url, { WebSocket }), for example the 'ws' package's.",
  )
}
