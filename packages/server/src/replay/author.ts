/**
 * One agent of a recording at work: a client of its own, attached to one replica. What it types goes
 * into its live document as a local edit, so it reaches the others by way of the replicas only.
 */
import { connect, type Client, type OpenDocument } from '@rejoin/client'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import { failed } from '../command-line/command-error.ts'
import { waitFor, type Wait } from './waiting.ts'

/** Typed and not yet acknowledged as durable; an author that has as many waits for half of them. */
const EDITS_PENDING_MAX = 2_000
const ATTACH_DEADLINE_MS = 15_000
/** For acknowledgements, and for the typing of others to arrive. */
const PROGRESS_DEADLINE_MS = 60_000

export class Author {
  readonly doc: Y.Doc
  readonly #url: string
  readonly #client: Client
  readonly #document: OpenDocument
  readonly #signal: AbortSignal
  #refusal: string | undefined

  constructor(url: string, document: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
    this.#client = connect(url, { WebSocket })
    this.#document = this.#client.open(document)
    this.doc = this.#document.doc
    this.#document.on('refused', ({ reason }) => {
      this.#refusal = reason
    })
  }

  /** Resolves once the replica's state of the document is here. */
  attached(): Promise<void> {
    return this.#wait({
      subscribe: (check) => {
        this.#document.on('synced', check)
        return () => this.#document.off('synced', check)
      },
      until: () => this.#document.synced,
      deadlineMs: ATTACH_DEADLINE_MS,
      orElse: () => `No replica answers at ${this.#url}: start one there with rejoin serve.`,
    })
  }

  type(update: Uint8Array): void {
    if (this.#refusal !== undefined) {
      throw failed(`${this.#url} refused what was typed: ${this.#refusal}`)
    }
    Y.applyUpdate(this.doc, update, 'typing')
  }

  /** Resolves once this author may type more: at once, unless too much is unacknowledged. */
  async relieved(): Promise<void> {
    if (this.#document.pending.edits < EDITS_PENDING_MAX) return
    await this.#pendingAtMost(EDITS_PENDING_MAX / 2)
  }

  /** Resolves once all that was typed here is durable at the replica. */
  durable(): Promise<void> {
    return this.#pendingAtMost(0)
  }

  /** Resolves once `has` is true of the live document. */
  received(has: (doc: Y.Doc) => boolean, what: string): Promise<void> {
    return this.#wait({
      subscribe: (check) => {
        this.doc.on('update', check)
        return () => this.doc.off('update', check)
      },
      until: () => has(this.doc),
      deadlineMs: PROGRESS_DEADLINE_MS,
      orElse: () =>
        `${what} did not arrive at ${this.#url} within ${seconds(PROGRESS_DEADLINE_MS)}.`,
    })
  }

  close(): void {
    this.#client.close()
  }

  #pendingAtMost(edits: number): Promise<void> {
    return this.#wait({
      subscribe: (check) => {
        this.#document.on('pending', check)
        return () => this.#document.off('pending', check)
      },
      until: () => this.#document.pending.edits <= edits,
      deadlineMs: PROGRESS_DEADLINE_MS,
      orElse: () => {
        const { edits: left } = this.#document.pending
        return `${this.#url} left ${left} edits unacknowledged for ${seconds(PROGRESS_DEADLINE_MS)}.`
      },
    })
  }

  #wait(wait: Omit<Wait, 'signal'>): Promise<void> {
    return waitFor({ ...wait, signal: this.#signal })
  }
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`
}
