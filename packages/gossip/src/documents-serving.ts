import {
  EMPTY_VERSION,
  encodeReplicaMessage,
  join,
  seqOf,
  type Fetch,
  type Heads,
  type Piece,
  type Version,
} from '@rejoin/protocol'

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
  /** What was applied when the queue was read: what is in it. */
  applied: Version
  /** What was read waits until all of that is durable. */
  isHeld: boolean
  /** Whether there is nothing to be read after the queue. */
  done: boolean
}

/**
 * Sends documents whole to who is behind the log's floor (rule L7), or whose copy is damaged (S3). An
 * answer is one bounded chunk, and the asker asks on, so one that reads slowly costs what was read for
 * it: a chunk, or one larger document. `base` was durable before the first document was read, so all
 * of them hold at least that; what has come meanwhile they may hold too, and `upTo` says so. They are sent
 * once that is durable: a crash must not take back what somebody else builds on (rule L3).
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
    const nothing = { queue, applied: EMPTY_VERSION, isHeld: false, done: false }
    this.#sending.set(link.id, { base, asked: fetch, only, ...nothing })
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
    sending.applied = new Map(this.#log.applied)
    sending.isHeld = true
    this.#release(id, sending)
  }

  /** More is durable. */
  advanced(): void {
    for (const [id, sending] of this.#sending) if (sending.isHeld) this.#release(id, sending)
  }

  #release(id: LinkId, sending: Sending): void {
    if (!this.#isDurable(sending.applied)) return
    sending.isHeld = false
    sending.asked = undefined
    this.#answer(id, sending)
  }

  /** What was rolled back meanwhile will never be. */
  #isDurable(version: Version): boolean {
    const { heads, applied } = this.#log
    for (const [origin, seq] of version) {
      if ((heads.get(origin)?.seq ?? 0) < Math.min(seq, seqOf(applied, origin))) return false
    }
    return true
  }

  #answer(id: LinkId, { base, queue, done, applied }: Sending): void {
    const pieces = queue.take(GOSSIP_LIMITS.documentsChunkBytesMax)
    const isLast = done && queue.isEmpty
    if (isLast) this.#sending.delete(id)
    this.#send(id, { base, pieces, done: isLast, applied })
  }

  #send(
    id: LinkId,
    { applied, ...answer }: { base: Heads; pieces: Piece[]; done: boolean; applied?: Version },
  ): void {
    const upTo = join([applied ?? EMPTY_VERSION, this.#log.ahead])
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
