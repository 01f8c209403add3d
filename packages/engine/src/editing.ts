import { reject, type Rejection } from '@rejoin/protocol'

import type { Waiter } from './acks.ts'
import type { Emit, SessionId } from './events.ts'
import { decodeUpdate } from './gate.ts'
import type { GroupCommit } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Reading } from './reading.ts'
import type { Parked, Resident, Residents } from './residents.ts'
import type { Sessions } from './sessions.ts'

export interface Edit {
  readonly session: SessionId
  readonly document: string
  readonly ref: number
  readonly update: Uint8Array
}

/**
 * Editing: what becomes of an edit from a session. The gate decodes it. If all of it is held already
 * it is only acknowledged; if it builds on something that is not held it is parked, within a bound,
 * and its sender is asked for what is missing; otherwise it is accepted: readers get it, and it goes
 * into the next commit. Rejected input changes nothing (rule X2).
 */
export class Editing {
  readonly #residents: Residents
  readonly #sessions: Sessions
  readonly #reading: Reading
  readonly #commit: GroupCommit
  readonly #emit: Emit
  /** Ends a session that must come back and send again, so that nothing of it is lost. */
  readonly #end: (session: SessionId, rejection: Rejection) => void
  /** Acknowledges an edit that is durable already. */
  readonly #ack: (waiter: Waiter) => void

  constructor(options: {
    residents: Residents
    sessions: Sessions
    reading: Reading
    commit: GroupCommit
    emit: Emit
    end: (session: SessionId, rejection: Rejection) => void
    ack: (waiter: Waiter) => void
  }) {
    this.#residents = options.residents
    this.#sessions = options.sessions
    this.#reading = options.reading
    this.#commit = options.commit
    this.#emit = options.emit
    this.#end = options.end
    this.#ack = options.ack
  }

  edit(edit: Edit, now: number): void {
    const { session, document, ref } = edit
    if (!this.#sessions.isAttached(session)) return
    const hold = this.#holdUp()
    if (hold !== undefined) return this.#end(session, hold)
    const resident = this.#residents.get(document)
    const reader = resident?.readers.get(session)
    if (resident === undefined || reader === undefined) {
      const { rejection } = reject('not-open', 'Open the document before editing it.')
      return this.#sessions.refuse(edit, rejection)
    }
    const decoded = decodeUpdate(edit.update)
    if (!decoded.ok) return this.#sessions.refuse({ session, document, ref }, decoded.rejection)
    if (reader.acks.count >= ENGINE_LIMITS.awaitedEditsMax) {
      const reason = 'Too many edits wait for their acknowledgement; connect and send them again.'
      return this.#end(session, { code: 'too-slow', reason })
    }
    if (ref > 0) reader.acks.await(ref)
    this.#consider(resident, { session, ref, update: decoded.value }, now)
  }

  /** Why no edit can be taken now; the sender keeps it and comes back. */
  #holdUp(): Rejection | undefined {
    const { failure } = this.#commit
    if (failure !== undefined) {
      return { code: 'read-only', reason: `This replica can't store edits: ${failure}` }
    }
    if (this.#commit.isFull) {
      return { code: 'too-slow', reason: 'The disk is behind by its bound; send the edits again.' }
    }
    return undefined
  }

  #consider(resident: Resident, edit: Parked, now: number): void {
    const { extent } = resident.document
    if (!resident.loaded) return this.#park(resident, edit)
    if (extent.holds(edit.update)) return this.#settle(resident, edit)
    if (!extent.reaches(edit.update)) {
      this.#park(resident, edit)
      return this.#ask(resident, edit.session, now)
    }
    this.#accept(resident, edit, now)
    this.unpark(resident, now)
  }

  #accept(resident: Resident, edit: Parked, now: number): void {
    resident.document.append(edit.update)
    this.#commit.addEdit(resident.document.name, edit.update.bytes)
    this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    this.#settle(resident, edit)
    this.#reading.grew(resident, now)
  }

  #settle(resident: Resident, edit: Parked): void {
    if (edit.ref === 0) return
    const waiter = { session: edit.session, document: resident.document.name, ref: edit.ref }
    if (!this.#commit.wait(waiter)) this.#ack(waiter)
  }

  #park(resident: Resident, edit: Parked): void {
    const { parkedUpdatesMax, parkedBytesMax } = ENGINE_LIMITS
    const bytes = resident.parkedBytes + edit.update.bytes.length
    const isFull = resident.parked.length >= parkedUpdatesMax || bytes > parkedBytesMax
    if (isFull && resident.parked.length > 0) {
      const reason = 'Too many updates wait for what they build on; connect again to send it all.'
      return this.#end(edit.session, { code: 'park-full', reason })
    }
    resident.parked.push(edit)
    resident.parkedBytes = bytes
  }

  #ask(resident: Resident, session: SessionId, now: number): void {
    const reader = resident.readers.get(session)
    if (reader === undefined) return
    if (reader.askedAt !== undefined && now - reader.askedAt < ENGINE_LIMITS.askMs) return
    reader.askedAt = now
    const stateVector = resident.document.extent.stateVector()
    this.#emit({ type: 'ask', session, document: resident.document.name, stateVector })
  }

  /** The document was loaded or has grown: takes what waited for that, as far as it goes. */
  unpark(resident: Resident, now: number): void {
    if (!resident.loaded) return
    const before = sessionsOf(resident.parked)
    for (let moved = resident.parked.length > 0; moved;) {
      const waiting = resident.parked
      const { extent } = resident.document
      resident.parked = []
      resident.parkedBytes = 0
      for (const edit of waiting) {
        if (extent.holds(edit.update)) this.#settle(resident, edit)
        else if (extent.reaches(edit.update)) this.#accept(resident, edit, now)
        else this.#park(resident, edit)
      }
      moved = resident.parked.length > 0 && resident.parked.length < waiting.length
    }
    const after = sessionsOf(resident.parked)
    for (const session of after) this.#ask(resident, session, now)
    // Whose question was answered can be asked another at once: nobody would do so later.
    for (const session of before) {
      const reader = resident.readers.get(session)
      if (reader !== undefined && !after.has(session)) reader.askedAt = undefined
    }
  }
}

function sessionsOf(parked: readonly Parked[]): Set<SessionId> {
  return new Set(parked.map(({ session }) => session))
}
