import { encodeReplicaMessage, type Fetch, type Heads, type Piece } from '@rejoin/protocol'

import { DocumentQueue } from './document-queue.ts'
import type { Emit, FoundDocuments, LinkId, LogView } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { OpenLink } from './link.ts'

/** What one link is being sent. */
interface Sending {
  readonly base: Heads
  /** What it has asked for and not been answered. */
  asked: Fetch | undefined
  /** Whether it wants one document, and no others after it. */
  readonly only: boolean
  queue: DocumentQueue
  /** Whether there is nothing to be read after the queue. */
  done: boolean
}

/**
 * Sends documents whole to who is behind the log's floor (rule L7), or whose copy is damaged (S3). An
 * answer is one bounded chunk, and the asker asks on, so one that reads slowly costs what was read for
 * it: a chunk, or one larger document. `base` was durable before the first document was read, so all
 * of them hold at least that; what has come meanwhile they may hold too.
 */
export class DocumentsServing {
  readonly #log: LogView
  readonly #emit: Emit
  readonly #sending = new Map<LinkId, Sending>()

  constructor(options: { log: LogView; emit: Emit }) {
    this.#log = options.log
    this.#emit = options.emit
  }

  asked(link: OpenLink, fetch: Fetch): void {
    const going = this.#sending.get(link.id)
    // One question at a time: another would only be answered out of turn.
    if (going?.asked !== undefined) return
    const goesOn = going !== undefined && continues(going, fetch)
    if (goesOn && (going.done || !going.queue.isEmpty)) {
      return this.#answer(link.id, going)
    }
    const { only, document } = fetch
    const base = goesOn ? going.base : new Map(this.#log.heads)
    const queue = new DocumentQueue(document, [])
    this.#sending.set(link.id, { base, asked: fetch, only, queue, done: false })
    const bytesMax = GOSSIP_LIMITS.documentsChunkBytesMax
    this.#emit({ type: 'read-documents', link: link.id, only, document, bytesMax })
  }

  /** The store has answered; `undefined` when a document can't be read here. */
  read(id: LinkId, found: FoundDocuments | undefined): void {
    const sending = this.#sending.get(id)
    if (sending?.asked === undefined) return
    if (found === undefined) {
      this.#sending.delete(id)
      return this.#send(id, { base: sending.base, pieces: [], done: false })
    }
    sending.queue = new DocumentQueue(sending.asked.document, found.documents)
    sending.done = found.done
    sending.asked = undefined
    this.#answer(id, sending)
  }

  #answer(id: LinkId, { base, queue, done }: Sending): void {
    const pieces = queue.take(GOSSIP_LIMITS.documentsChunkBytesMax)
    const isLast = done && queue.isEmpty
    if (isLast) this.#sending.delete(id)
    this.#send(id, { base, pieces, done: isLast })
  }

  #send(id: LinkId, answer: { base: Heads; pieces: Piece[]; done: boolean }): void {
    const upTo = this.#log.shown()
    const frame = encodeReplicaMessage({ type: 'documents', ...answer, upTo })
    this.#emit({ type: 'send', links: [id], frame })
  }

  ended(id: LinkId): void {
    this.#sending.delete(id)
  }
}

/** Whether `fetch` asks for what comes next; of one document the name stays, and `skip` grows. */
function continues({ only, queue }: Sending, fetch: Fetch): boolean {
  return only === fetch.only && queue.sent === fetch.document && queue.skip === fetch.skip
}
