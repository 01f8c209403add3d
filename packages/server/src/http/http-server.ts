/**
 * The HTTP server that replicas and the demo run on: bounds on all that a client may send or hold
 * open, and the one place that writes answers. Whatever happens to one request, the process and the
 * other connections go on.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline, Readable, type Duplex } from 'node:stream'

import { LIMITS } from '@rejoin/protocol'

import { failure, type Answer } from './answer.ts'
import { splitTarget, type Request } from './request.ts'

export type Handle = (request: Request) => Answer | Promise<Answer>

/** Request line and headers, in bytes; more is answered with 431. */
const HEADER_BYTES_MAX = 16_384
/** A body, in bytes: that of a message, as no other request needs any. More is answered with 413. */
const BODY_BYTES_MAX = LIMITS.messageBytesMax
/** Time to send the headers; then 408. */
const HEADERS_TIMEOUT_MS = 10_000
/** Time to send the whole request; then 408. */
const REQUEST_TIMEOUT_MS = 30_000
/** A connection on which nothing moves is dropped; WebSockets have timeouts of their own. */
const IDLE_TIMEOUT_MS = 60_000
/** Connections, WebSockets included; more are closed as they come in. */
const CONNECTIONS_MAX = 12_000

/** Requests that are being answered at once, each of which may hold a document; more get 503. */
const REQUESTS_MAX = 1_000

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The server, not yet listening. What `handle` throws is printed and answered with 500. */
export function httpServer(handle: Handle): Server {
  const bounds = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 5_000,
  }
  let requests = 0
  const server = createServer(bounds, (request, response) => {
    // A client that goes away while it is answered is no event.
    request.on('error', () => {})
    response.on('error', () => {})
    response.on('close', () => requests--)
    requests++
    void serve(requests > REQUESTS_MAX ? tooBusy : handle, request, response)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.timeout = IDLE_TIMEOUT_MS
  server.on('clientError', refuseUnreadable)
  return server
}

function tooBusy(): Answer {
  return failure(503, 'busy', `Over ${REQUESTS_MAX} requests are being answered; try again soon.`)
}

async function serve(
  handle: Handle,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (claimsLongBody(request)) {
    response.setHeader('connection', 'close')
    const message = `A request may have ${BODY_BYTES_MAX} bytes of body at most, and must say how many it has.`
    return write(response, request, failure(413, 'too-large', message))
  }
  const body = await readBody(request)
  // Whoever broke off does not wait for an answer.
  if (body === undefined) return
  const answer = await answerOf(handle, request, body)
  if (answer.afterwards !== undefined) whenOver(response, answer.afterwards)
  write(response, request, answer)
}

/** `undefined` when it breaks off; its length is bounded by what the headers claim. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) === 0) {
    request.resume()
    return new Uint8Array()
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch {
    return undefined
  }
}

function whenOver(response: ServerResponse, then: () => void): void {
  if (response.closed) then()
  else response.once('close', then)
}

async function answerOf(
  handle: Handle,
  message: IncomingMessage,
  body: Uint8Array,
): Promise<Answer> {
  const { method = 'GET', url = '/', headers } = message
  try {
    return await handle({ method, headers, body, ...splitTarget(url) })
  } catch (error) {
    console.error(`${method} ${url} failed:`, error)
    return failure(500, 'internal', 'The request failed; the reason is in the log of the replica.')
  }
}

/** A chunked body has no known length, so it counts as too long. */
function claimsLongBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true
  return Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX
}

function write(response: ServerResponse, request: IncomingMessage, answer: Answer): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  if (!(body instanceof Uint8Array)) {
    response.writeHead(answer.status, { ...SECURITY_HEADERS, ...answer.headers })
    return request.method === 'HEAD' ? void response.end() : stream(response, body)
  }
  const length = answer.status === 204 ? {} : { 'content-length': String(body.length) }
  response.writeHead(answer.status, { ...SECURITY_HEADERS, ...length, ...answer.headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A stream that breaks off ends its connection, so that nobody takes what has come for all of it. */
function stream(response: ServerResponse, body: AsyncIterable<Uint8Array>): void {
  // So that the headers don't wait for the first event of a stream of events.
  response.flushHeaders()
  pipeline(body instanceof Readable ? body : Readable.from(body), response, (error) => {
    if (error !== undefined && error !== null) response.destroy()
  })
}

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Answers what could not be parsed as HTTP, where the socket still takes an answer. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
