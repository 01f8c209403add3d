/**
 * A replica as its HTTP shows it: what `rejoin status` and `rejoin replay` ask. Every request has a
 * deadline, and every failure is one line that names the replica and says what to do.
 */
import { parseReplicaId, type ReplicaId } from '@rejoin/protocol'
import type { ReplicaStatus } from '@rejoin/replica'

import { CommandError, failed, misused } from '../command-line/command-error.ts'
import { readJsonLines } from './json-lines.ts'

const DEADLINE_MS = 10_000

export class HttpReplica {
  /** With no slash at its end. */
  readonly httpUrl: string
  readonly webSocketUrl: string

  /** Takes `http:`, `https:`, `ws:` and `wss:`; what comes after host and port is ignored. */
  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || !/^(http|ws)s?:$/.test(parsed.protocol)) {
      throw misused(`${JSON.stringify(url)} is no address of a replica, like ws://127.0.0.1:7001.`)
    }
    const secure = /^(https|wss):$/.test(parsed.protocol) ? 's' : ''
    this.httpUrl = `http${secure}://${parsed.host}`
    this.webSocketUrl = `ws${secure}://${parsed.host}`
  }

  async status(): Promise<ReplicaStatus> {
    const response = await this.#ask('GET', '/status')
    if (!response.ok) throw await this.#refused(response)
    const body = parsedJson(await response.text())
    if (isStatus(body)) return body
    throw failed(`What answers at ${this.httpUrl} is no replica; name another address.`)
  }

  /** The document as one Yjs update, or `undefined` where the replica has none. */
  async document(name: string): Promise<Uint8Array | undefined> {
    // Every URL parser takes these two, percent-encoded or not, for steps up and down the path.
    if (name === '.' || name === '..') throw misused(`A document named ${name} can't be fetched.`)
    const response = await this.#ask('GET', `/documents/${encodeURIComponent(name)}`)
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    if (!response.ok) throw await this.#refused(response)
    return new Uint8Array(await response.arrayBuffer())
  }

  /** All that it holds at this moment. */
  async backup(): Promise<AsyncIterable<Uint8Array>> {
    // However long it takes: only the answer itself has a deadline.
    const response = await fetch(`${this.httpUrl}/backup`).catch((cause: unknown) => {
      throw this.#unanswered(cause)
    })
    if (!response.ok || response.body === null) throw await this.#refused(response)
    return response.body
  }

  /** What happens from when `onOpen` is called, as it does; ends with an error unless `signal` ends it. */
  async *events(path: string, signal: AbortSignal, onOpen: () => void): AsyncGenerator {
    const response = await fetch(`${this.httpUrl}${path}`, { signal }).catch((cause: unknown) => {
      if (!signal.aborted) throw this.#unanswered(cause)
    })
    if (response === undefined) return
    if (!response.ok || response.body === null) throw await this.#refused(response)
    onOpen()
    try {
      yield* readJsonLines(response.body)
    } catch (cause) {
      if (!signal.aborted) throw this.#ended(cause)
    }
    if (!signal.aborted) throw this.#ended()
  }

  #ended(cause?: unknown): CommandError {
    return failed(`The replica at ${this.httpUrl} tells nothing any more: it has ended.`, { cause })
  }

  async remove(member: ReplicaId): Promise<void> {
    const response = await this.#ask('DELETE', `/members/${member}`)
    if (!response.ok) throw await this.#refused(response)
    await response.body?.cancel()
  }

  /** Lets it leave for good; answers its id. */
  async leave(timeoutS: number): Promise<string> {
    const deadlineMs = timeoutS * 1_000 + DEADLINE_MS
    const response = await this.#ask('POST', `/leave?timeout=${timeoutS}`, { deadlineMs })
    if (!response.ok) throw await this.#refused(response)
    const body = parsedJson(await response.text())
    return isRecord(body) ? String(body.left) : ''
  }

  /** A message to all replicas that are up. */
  async send(topic: string, payload: Uint8Array<ArrayBuffer>): Promise<void> {
    // A topic that every URL parser takes for a step up the path would name something else.
    if (topic === '.' || topic === '..') throw misused(`A message can't have the topic ${topic}.`)
    const path = `/messages/${encodeURIComponent(topic)}`
    const response = await this.#ask('POST', path, { body: payload })
    if (!response.ok) throw await this.#refused(response)
    await response.body?.cancel()
  }

  async cut(peer: ReplicaId): Promise<void> {
    await this.#command('DELETE', peer)
  }

  async mend(peer: ReplicaId): Promise<void> {
    await this.#command('PUT', peer)
  }

  async #command(method: string, peer: ReplicaId): Promise<void> {
    const response = await this.#ask(method, `/links/${peer}`)
    if (!response.ok) throw await this.#refused(response)
    await response.body?.cancel()
  }

  async #ask(
    method: string,
    path: string,
    {
      body,
      deadlineMs = DEADLINE_MS,
    }: { body?: Uint8Array<ArrayBuffer>; deadlineMs?: number } = {},
  ): Promise<Response> {
    try {
      const signal = AbortSignal.timeout(deadlineMs)
      const sent = body === undefined ? {} : { body }
      return await fetch(`${this.httpUrl}${path}`, { method, signal, ...sent })
    } catch (cause) {
      throw this.#unanswered(cause)
    }
  }

  #unanswered(cause: unknown): CommandError {
    const way = 'start one there with rejoin serve, or name another address.'
    return failed(`No replica answers at ${this.httpUrl} (${reasonOf(cause)}): ${way}`, { cause })
  }

  async #refused(response: Response): Promise<CommandError> {
    const text = await response.text()
    return failed(`${this.httpUrl} answered ${response.status}: ${messageIn(text)}`)
  }
}

/** Fetch says "fetch failed" and hides the reason, of which one line is told, in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${DEADLINE_MS / 1_000} s`
  const cause = error.cause instanceof Error ? error.cause : error
  if ('code' in cause && cause.code === 'ECONNREFUSED') return 'connection refused'
  return cause.message.split('\n', 1).join('').trim() || cause.name
}

/** The message of an error body, or the body itself. */
function messageIn(text: string): string {
  const body = parsedJson(text)
  if (isRecord(body) && isRecord(body.error)) return String(body.error.message)
  return text.slice(0, 200).trim() || 'no reason given.'
}

/** Looks at enough of it to tell a replica from other servers that speak JSON. */
function isStatus(body: unknown): body is ReplicaStatus {
  if (!isRecord(body)) return false
  const { replica, version, stable, union, members } = body
  const isOfReplica = typeof replica === 'string' && parseReplicaId(replica) !== undefined
  return isOfReplica && [version, stable, union].every(isRecord) && Array.isArray(members)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
