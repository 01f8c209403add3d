/**
 * Types a recording through running replicas as its authors did: each author at a replica, each
 * transaction on exactly the state that it was typed on, with links cut and mended on the way; and
 * then waits until every replica has the recorded text. Whatever happens, links that this has cut
 * are mended and its clients closed.
 */
import { randomInt } from 'node:crypto'

import * as Y from 'yjs'

import { failed } from '../command-line/command-error.ts'
import type { HttpReplica } from '../http/http-replica.ts'
import { Author } from './author.ts'
import { reachText, type Verdict } from './convergence.ts'
import type { Stretch } from './cut-schedule.ts'
import { Links } from './links.ts'
import type { ProgressFacts } from './progress.ts'
import type { Trace } from './trace.ts'
import { Typist } from './typist.ts'
import { pause } from './waiting.ts'

export interface ReplayOptions {
  readonly trace: Trace
  readonly document: string
  readonly replicas: readonly HttpReplica[]
  /** Transactions per second, of all authors together. */
  readonly perSecondMax: number
  readonly stretches: readonly Stretch[]
  readonly signal: AbortSignal
  /** Called with one line when something worth knowing happens. */
  readonly note: (line: string) => void
}

export interface ReplayOutcome {
  readonly verdicts: readonly Verdict[]
  /** From the first transaction until all were acknowledged as durable. */
  readonly typingMs: number
  /** From then until every replica had the text. */
  readonly convergingMs: number
  readonly cuts: number
}

/** For all replicas to become equal once everything was typed. */
const CONVERGENCE_DEADLINE_MS = 120_000
/** Typing goes on for so long before sockets get their turn. */
const TURN_MS = 8

export class Replay {
  readonly #options: ReplayOptions
  readonly #typist: Typist
  readonly #authors: readonly Author[]
  readonly #links: Links
  /** The stretches that are left, the next one last. */
  readonly #stretches: Stretch[]
  #mendBefore = Number.POSITIVE_INFINITY
  #cuts = 0
  #turnStartedMs = 0
  #phase: ProgressFacts['phase'] = 'typing'
  #equal = 0

  constructor(options: ReplayOptions) {
    const { trace, replicas, document, signal } = options
    this.#options = options
    this.#typist = new Typist(trace, freshClientIds(trace.agentCount))
    this.#authors = Array.from({ length: trace.agentCount }, (_, agent) => {
      const { webSocketUrl } = replicas[agent % replicas.length]!
      return new Author(webSocketUrl, document, signal)
    })
    this.#links = new Links(replicas)
    this.#stretches = options.stretches.toReversed()
  }

  get progress(): ProgressFacts {
    return {
      phase: this.#phase,
      typed: this.#typist.next,
      total: this.#options.trace.transactions.length,
      links: this.#links.state,
      equal: `${this.#equal} of ${this.#options.replicas.length}`,
    }
  }

  async run(): Promise<ReplayOutcome> {
    try {
      await this.#refuseUsedDocument()
      await Promise.all(this.#authors.map((author) => author.attached()))
      const startedMs = performance.now()
      await this.#typeAll()
      await this.#links.mend()
      this.#phase = 'saving'
      await Promise.all(this.#authors.map((author) => author.durable()))
      const typedMs = performance.now()
      const verdicts = await this.#converge()
      const convergingMs = performance.now() - typedMs
      return { verdicts, typingMs: typedMs - startedMs, convergingMs, cuts: this.#cuts }
    } finally {
      for (const author of this.#authors) author.close()
      await this.#links.mend()
    }
  }

  /** Typing into what others have written could not end as recorded. */
  async #refuseUsedDocument(): Promise<void> {
    const { replicas, document } = this.#options
    for (const replica of replicas) {
      const update = await replica.document(document)
      if (update === undefined || isEmpty(update)) continue
      throw failed(
        `The document ${JSON.stringify(document)} at ${replica.httpUrl} is not empty: ` +
          `name another one with --document ${document}-2.`,
      )
    }
  }

  async #typeAll(): Promise<void> {
    const { trace, perSecondMax, signal } = this.#options
    const startedMs = performance.now()
    this.#turnStartedMs = startedMs
    for (const [index, { agent }] of trace.transactions.entries()) {
      signal.throwIfAborted()
      await this.#followSchedule(index)
      const author = this.#authors[agent]!
      await this.#awaitParents(index, author)
      author.type(this.#typist.type(index))
      await author.relieved()
      await this.#keepPace(startedMs + ((index + 1) * 1_000) / perSecondMax)
    }
  }

  async #followSchedule(index: number): Promise<void> {
    if (index >= this.#mendBefore) await this.#mend()
    const next = this.#stretches.at(-1)
    if (next === undefined || index < next.from) return
    this.#stretches.pop()
    const refusal = await this.#links.cut(next.unplugged)
    if (refusal === undefined) {
      this.#cuts++
      this.#mendBefore = next.to
      return
    }
    this.#stretches.length = 0
    this.#options.note(`Links are left whole. ${refusal}`)
  }

  /** What the transaction builds on must have come by way of the replicas, as it did to its author. */
  async #awaitParents(index: number, author: Author): Promise<void> {
    for (const parent of this.#typist.missing(index)) {
      if (this.#typist.arrived(parent, author.doc)) continue
      if (this.#links.areCut) await this.#mend()
      const what = `Transaction ${parent}, on which ${index} was typed,`
      await author.received((doc) => this.#typist.arrived(parent, doc), what)
      this.#turnStartedMs = performance.now()
    }
  }

  async #mend(): Promise<void> {
    this.#mendBefore = Number.POSITIVE_INFINITY
    await this.#links.mend()
  }

  /** Waits until `dueMs`, and now and then gives the sockets their turn. */
  async #keepPace(dueMs: number): Promise<void> {
    const nowMs = performance.now()
    const isEarly = dueMs - nowMs > TURN_MS
    if (!isEarly && nowMs - this.#turnStartedMs < TURN_MS) return
    await pause(isEarly ? dueMs - nowMs : 0, this.#options.signal)
    this.#turnStartedMs = performance.now()
  }

  #converge(): Promise<Verdict[]> {
    const { replicas, document, trace, signal } = this.#options
    this.#phase = 'converging'
    const deadline = performance.now() + CONVERGENCE_DEADLINE_MS
    const goal = { document, text: trace.endContent, deadline, signal }
    return Promise.all(
      replicas.map(async (replica) => {
        const verdict = await reachText(replica, goal)
        if (verdict.difference === undefined) this.#equal++
        return verdict
      }),
    )
  }
}

/** Rising ids from a random base: an id that was ever used before would stand for other edits. */
function freshClientIds(count: number): number[] {
  const base = randomInt(1, 2 ** 31)
  return Array.from({ length: count }, (_, agent) => base + agent)
}

function isEmpty(update: Uint8Array): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  return structs.length === 0 && ds.clients.size === 0
}
