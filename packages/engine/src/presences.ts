import { decodePresence, encodePresence, type PresenceState } from '@rejoin/protocol'

import type { Emit, SessionId } from './events.ts'
import { Presence, type PresenceBudget } from './presence.ts'
import type { Residents } from './residents.ts'
import type { Sessions } from './sessions.ts'

/** Documents with somebody present, anywhere; presence in more is not passed on. */
const DOCUMENTS_MAX = 10_000

/** The presence of every document, and its way between sessions and peers. */
export class Presences {
  readonly #residents: Residents
  readonly #sessions: Sessions
  readonly #emit: Emit
  readonly #documents = new Map<string, Presence>()
  readonly #budget: PresenceBudget = { length: 0 }

  constructor(options: { residents: Residents; sessions: Sessions; emit: Emit }) {
    this.#residents = options.residents
    this.#sessions = options.sessions
    this.#emit = options.emit
  }

  /** A session announces somebody. Returns what peers must hear. */
  announced(
    at: { session: SessionId; document: string },
    update: Uint8Array,
    now: number,
  ): Uint8Array | undefined {
    const { session, document } = at
    const decoded = decodePresence(update)
    if (!decoded.ok) {
      this.#sessions.refuse({ session, document, ref: 0 }, decoded.rejection)
      return undefined
    }
    if (this.#residents.get(document)?.readers.has(session) !== true) return undefined
    const news = this.#of(document)?.announced(session, decoded.value, now) ?? []
    if (news.length === 0) return undefined
    // Its sender hears what it said as it said it: stock clients live on that echo, and a raised
    // clock would make them take their own older state for a newer one.
    this.#emit({ type: 'presence', sessions: [session], document, update })
    return this.#show(document, news, session)
  }

  /** A peer passed something on. Returns what further peers must hear. */
  heard(document: string, states: readonly PresenceState[], now: number): Uint8Array | undefined {
    const news = this.#of(document)?.heard(states, now) ?? []
    return news.length === 0 ? undefined : this.#show(document, news)
  }

  left(session: SessionId, document: string, now: number): Uint8Array | undefined {
    const gone = this.#documents.get(document)?.left(session, now) ?? []
    return gone.length === 0 ? undefined : this.#show(document, gone)
  }

  /** Drops those that were not renewed; this replica's readers hear of it, peers do the same. */
  expire(now: number): void {
    for (const [document, presence] of this.#documents) {
      const gone = presence.expire(now)
      if (gone.length > 0) this.#show(document, gone)
      if (presence.isEmpty) this.#documents.delete(document)
    }
  }

  everybody(document: string): Uint8Array[] {
    return this.#documents.get(document)?.everybody() ?? []
  }

  documents(): IterableIterator<string> {
    return this.#documents.keys()
  }

  #of(document: string): Presence | undefined {
    let presence = this.#documents.get(document)
    if (presence === undefined && this.#documents.size < DOCUMENTS_MAX) {
      presence = new Presence(this.#budget)
      this.#documents.set(document, presence)
    }
    return presence
  }

  #show(document: string, news: readonly PresenceState[], but?: SessionId): Uint8Array {
    const update = encodePresence(news)
    const readers = this.#residents.get(document)?.readers.keys() ?? []
    const sessions = [...readers].filter((each) => each !== but && !this.#sessions.isPaused(each))
    if (sessions.length > 0) this.#emit({ type: 'presence', sessions, document, update })
    return update
  }
}
