import { reject, type Rejection } from '@rejoin/protocol'

import type { Emit, SessionId } from './events.ts'
import { ENGINE_LIMITS } from './limits.ts'

interface SessionState {
  paused: boolean
  /** It was told to go; nothing of it is taken any more, and its owner will detach it. */
  ending: boolean
  readonly documents: Set<string>
}

/** The sessions of this replica: who is attached, to which documents, and who reads too slowly. */
export class Sessions {
  readonly #sessions = new Map<SessionId, SessionState>()
  readonly #emit: Emit

  constructor(emit: Emit) {
    this.#emit = emit
  }

  attached(session: SessionId): void {
    this.#sessions.set(session, { paused: false, ending: false, documents: new Set() })
  }

  isAttached(session: SessionId): boolean {
    return this.#sessions.get(session)?.ending === false
  }

  /** Notes that a session opens a document; fails when it has too many. */
  opens(session: SessionId, document: string): Rejection | undefined {
    const documents = this.documents(session)
    const { sessionDocumentsMax } = ENGINE_LIMITS
    if (documents.size >= sessionDocumentsMax && !documents.has(document)) {
      const reason = `A session can open ${sessionDocumentsMax} documents; leave some.`
      return reject('too-many', reason).rejection
    }
    documents.add(document)
    return undefined
  }

  leaves(session: SessionId, document: string): void {
    this.#sessions.get(session)?.documents.delete(document)
  }

  documents(session: SessionId): Set<string> {
    return this.#sessions.get(session)?.documents ?? new Set()
  }

  setPaused(session: SessionId, paused: boolean): void {
    const state = this.#sessions.get(session)
    if (state !== undefined) state.paused = paused
  }

  isPaused(session: SessionId): boolean {
    return this.#sessions.get(session)?.paused ?? true
  }

  detached(session: SessionId): void {
    this.#sessions.delete(session)
  }

  /** Ends a session from here, once; its owner answers by detaching it, which cleans up. */
  end(session: SessionId, rejection: Rejection): void {
    const state = this.#sessions.get(session)
    if (state === undefined || state.ending) return
    state.ending = true
    this.#emit({ type: 'rejected', rejection })
    this.#emit({ type: 'ended', session, rejection })
  }

  refuse(at: { session: SessionId; document: string; ref: number }, rejection: Rejection): void {
    const { session, document, ref } = at
    this.#emit({ type: 'rejected', rejection })
    this.#emit({ type: 'refused', session, document, ref, rejection })
  }
}
