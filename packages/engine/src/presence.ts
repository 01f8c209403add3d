import { encodePresence, LIMITS, PRESENCE_GONE, type PresenceState } from '@rejoin/protocol'

import type { SessionId } from './events.ts'
import { ENGINE_LIMITS } from './limits.ts'

interface Present {
  clock: number
  state: string
  /** The session here that announced it; `undefined` when it came from a peer. */
  owner: SessionId | undefined
  /** What its clock is raised by on the way out, since it last came back. */
  raise: number
  seenAt: number
}

/** The length of all states in all documents together. */
export interface PresenceBudget {
  length: number
}

/**
 * Who is in a document, over all replicas: never stored, never in an entry. A state replaces an
 * older one of its client by clock, as in y-protocols. Of a client that went away the clock is
 * remembered, and when it comes back with an old one, as stock clients do, the clock is raised for
 * everybody else, who would otherwise not see it until it has renewed itself twice.
 */
export class Presence {
  readonly #clients = new Map<number, Present>()
  readonly #budget: PresenceBudget

  constructor(budget: PresenceBudget) {
    this.#budget = budget
  }

  get isEmpty(): boolean {
    return this.#clients.size === 0
  }

  /** Takes what a session of this replica announced; answers with what is news to everybody. */
  announced(session: SessionId, states: readonly PresenceState[], now: number): PresenceState[] {
    const news: PresenceState[] = []
    for (const { client, clock, state } of states) {
      if (clock > ENGINE_LIMITS.presenceClockMax) continue
      const known = this.#clients.get(client)
      const raise = this.#raiseFor(session, known, clock, state)
      if (known === undefined && !this.#hasRoom(session)) continue
      const raised = { client, clock: clock + raise, state }
      if (!isNews(known, raised) || !this.#spend(known, state)) continue
      const owner = known?.owner ?? session
      this.#clients.set(client, { clock: raised.clock, state, owner, raise, seenAt: now })
      news.push(raised)
    }
    return news
  }

  /** Counts a state that takes the place of another; `false` when there is no room for it. */
  #spend(known: Present | undefined, state: string): boolean {
    const length = state.length - (known?.state.length ?? 0)
    if (length > 0 && this.#budget.length + length > ENGINE_LIMITS.presenceLengthMax) return false
    this.#budget.length += length
    return true
  }

  #raiseFor(session: SessionId, known: Present | undefined, clock: number, state: string): number {
    if (known === undefined) return 0
    if (known.owner === session) return known.raise
    const returns = known.owner === undefined && known.state === PRESENCE_GONE
    return returns && state !== PRESENCE_GONE && clock <= known.clock ? known.clock + 1 - clock : 0
  }

  #hasRoom(session: SessionId): boolean {
    if (this.#clients.size >= ENGINE_LIMITS.presencePerDocumentMax) return false
    let owned = 0
    for (const { owner } of this.#clients.values()) if (owner === session) owned += 1
    return owned < ENGINE_LIMITS.presencePerSessionMax
  }

  /** Takes what a peer passed on; answers with what is news here, to be passed on in turn. */
  heard(states: readonly PresenceState[], now: number): PresenceState[] {
    const news: PresenceState[] = []
    for (const each of states) {
      const { client, clock, state } = each
      const known = this.#clients.get(client)
      const isFull = this.#clients.size >= ENGINE_LIMITS.presencePerDocumentMax
      // What is not kept is not passed on: it would be news for ever, and go round in circles.
      if (!isNews(known, each) || (isFull && known === undefined)) continue
      if (!this.#spend(known, state)) continue
      this.#clients.set(client, { clock, state, owner: undefined, raise: 0, seenAt: now })
      news.push(each)
    }
    return news
  }

  /** A session has left: the clients that it announced are gone. */
  left(session: SessionId, now: number): PresenceState[] {
    return this.#remove(({ owner }) => owner === session, now)
  }

  /** Takes those that were not renewed for gone, and forgets those that have been gone for long. */
  expire(now: number): PresenceState[] {
    const old = ({ seenAt }: Present): boolean => now - seenAt >= ENGINE_LIMITS.presenceMs
    for (const [client, present] of this.#clients) {
      if (present.state !== PRESENCE_GONE || !old(present)) continue
      this.#clients.delete(client)
      this.#budget.length -= present.state.length
    }
    return this.#remove(old, now)
  }

  #remove(which: (present: Present) => boolean, now: number): PresenceState[] {
    const gone: PresenceState[] = []
    for (const [client, present] of this.#clients) {
      if (!which(present) || present.state === PRESENCE_GONE) continue
      this.#spend(present, PRESENCE_GONE)
      present.state = PRESENCE_GONE
      present.owner = undefined
      present.seenAt = now
      gone.push({ client, clock: present.clock, state: PRESENCE_GONE })
    }
    return gone
  }

  /** Everybody who is there, as awareness updates of as many as one may name. */
  everybody(): Uint8Array[] {
    const states = [...this.#clients]
      .filter(([, { state }]) => state !== PRESENCE_GONE)
      .map(([client, { clock, state }]) => ({ client, clock, state }))
    const updates: Uint8Array[] = []
    for (let at = 0; at < states.length; at += LIMITS.presenceStatesMax) {
      updates.push(encodePresence(states.slice(at, at + LIMITS.presenceStatesMax)))
    }
    return updates
  }
}

/** y-protocols' rule: a newer clock wins, and at the same clock only "gone" is news. */
function isNews(known: Present | undefined, { clock, state }: PresenceState): boolean {
  if (known === undefined) return state !== PRESENCE_GONE
  if (clock > known.clock) return true
  return clock === known.clock && state === PRESENCE_GONE && known.state !== PRESENCE_GONE
}
