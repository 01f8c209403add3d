import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Why a handshake was answered with HTTP and not with a WebSocket. */
export type HandshakeRefusal = 'too-many' | 'foreign-origin' | 'unknown-protocol'

const ANSWERS: Readonly<Record<HandshakeRefusal, { status: number; body: string }>> = {
  'too-many': { status: 503, body: 'This replica has all the connections it takes; try later.' },
  'foreign-origin': {
    status: 403,
    body: 'This replica does not serve pages of your origin; add it to its allowed origins.',
  },
  'unknown-protocol': {
    status: 400,
    body: 'None of the sub-protocols is known here; offer one of Rejoin, or none as y-websocket.',
  },
}

/**
 * Answers an upgrade request with an HTTP error of one line, and hangs up. The reason is for whoever
 * looks at the network: browsers show a page nothing of it.
 */
export function refuseHandshake(stream: Duplex, refusal: HandshakeRefusal): void {
  const { status, body } = ANSWERS[refusal]
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body) + 1}`,
    '',
    `${body}\n`,
  ]
  // The other end may never hang up by itself.
  stream.once('finish', () => stream.destroy())
  stream.end(lines.join('\r\n'))
}
