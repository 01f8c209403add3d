/**
 * Events as they happen, one JSON text a line (`application/x-ndjson`), for as long as whoever asked
 * listens. An empty line now and then shows that the replica is there.
 */
import { Readable } from 'node:stream'

import { failure, type Answer } from './answer.ts'
import type { Request } from './request.ts'

/** Calls `tell` with each event, and returns the undo. */
type Subscribe = (tell: (event: object) => void) => () => void

/** Bytes that wait for a listener; one that lets more gather does not read, and is dropped. */
const WAITING_BYTES_MAX = 262_144
/** Listeners at once; more are answered with 503. */
const LISTENERS_MAX = 100
/** Between two empty lines: well within the time after which a silent connection is dropped. */
const BEAT_MS = 20_000

/** The listeners of one replica. */
export class EventStreams {
  readonly #open = new Set<EventStream>()

  answer({ method }: Request, subscribe: Subscribe): Answer {
    if (this.#open.size >= LISTENERS_MAX) {
      const message = `${LISTENERS_MAX} listeners are there already; end one, or ask another replica.`
      return failure(503, 'busy', message)
    }
    const headers = { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }
    if (method === 'HEAD') return { status: 200, headers, body: '' }
    const stream = new EventStream(subscribe)
    this.#open.add(stream)
    stream.on('close', () => this.#open.delete(stream))
    return { status: 200, headers, body: stream }
  }
}

class EventStream extends Readable {
  readonly #unsubscribe: () => void
  readonly #beat: NodeJS.Timeout

  constructor(subscribe: Subscribe) {
    super()
    this.#unsubscribe = subscribe((event) => this.#write(`${JSON.stringify(event)}\n`))
    this.#beat = setInterval(() => this.#write('\n'), BEAT_MS)
    // What is told first is a beat, so that whoever asked knows from when on it hears everything.
    this.#write('\n')
  }

  override _read(): void {}

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#beat)
    this.#unsubscribe()
    done(error)
  }

  #write(line: string): void {
    if (this.readableLength <= WAITING_BYTES_MAX) this.push(line)
    else this.destroy(new Error('The listener does not read.'))
  }
}
