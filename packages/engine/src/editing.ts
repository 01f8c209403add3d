import { reject, type Rejection } from '@rejoin/protocol'

import type { Waiter } from './acks.ts'
import type { Emit, SessionId } from './events.ts'
import type { Need } from './extent.ts'
import { decodeUpdate, type DecodedUpdate } from './gate.ts'
import type { GroupCommit } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Parked } from './parking.ts'
import type { Reading } from './reading.ts'
import type { Resident, Residents } from './residents.ts'
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
 * and its sender is asked for what is missing; otherwise it is accepted, as is what of a parked one
 * builds on nothing that is missing: readers get it, and it goes into the next commit. Rejected input
 * changes nothing (rule X2). Where a bound is reached the session ends, so that its owner comes back
 * and sends again, and nothing is lost.
 */
export class Editing {
  readonly #residents: Residents
  readonly #sessions: Sessions
  readonly #reading: Reading
  readonly #commit: GroupCommit
  readonly #emit: Emit
  /** Acknowledges an edit that is durable already. */
  readonly #ack: (waiter: Waiter) => void

  constructor(options: {
    residents: Residents
    sessions: Sessions
    reading: Reading
    commit: GroupCommit
    emit: Emit
    ack: (waiter: Waiter) => void
  }) {
    this.#residents = options.residents
    this.#sessions = options.sessions
    this.#reading = options.reading
    this.#commit = options.commit
    this.#emit = options.emit
    this.#ack = options.ack
  }

  edit(edit: Edit, now: number): void {
    const { session, document, ref } = edit
    if (!this.#sessions.isAttached(session)) return
    const hold = this.#holdUp()
    if (hold !== undefined) return this.#sessions.end(session, hold)
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
      return this.#sessions.end(session, { code: 'too-slow', reason })
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

  #consider(resident: Resident, edit: Decoded, now: number): void {
    if (!resident.loaded) return this.#park(resident, edit)
    const needs = this.#take(resident, edit, now)
    if (needs.length > 0) this.#park(resident, edit, needs)
    this.unpark(resident, now)
  }

  /** Takes what is news of an edit and lacks nothing; answers what the rest lacks. */
  #take(resident: Resident, edit: Decoded, now: number): readonly Need[] {
    const { document } = resident
    if (document.extent.holds(edit.update)) {
      this.#settle(resident, edit)
      return []
    }
    if (document.extent.lacks(edit.update) === undefined) {
      this.#accept(resident, edit, now)
      this.#settle(resident, edit)
      return []
    }
    const update = document.partOf(edit.update)
    if (update !== undefined) this.#accept(resident, { ...edit, update }, now)
    return document.extent.lacking(edit.update)
  }

  #accept(resident: Resident, { session, update }: Decoded, now: number): void {
    const { document } = resident
    document.append(update)
    this.#commit.addEdit(document.name, update.bytes)
    this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    this.#reading.wrote(resident, session, now)
  }

  #settle(resident: Resident, edit: Decoded): void {
    if (edit.ref === 0) return
    const waiter = { session: edit.session, document: resident.document.name, ref: edit.ref }
    if (!this.#commit.wait(waiter)) this.#ack(waiter)
  }

  #park(resident: Resident, { session, ref, update }: Decoded, needs?: readonly Need[]): void {
    if (resident.parking.park({ session, ref, bytes: update.bytes, needs })) return
    const reason = 'Too many updates wait for what they build on; connect again to send it all.'
    this.#sessions.end(session, { code: 'park-full', reason })
  }

  #ask(resident: Resident, session: SessionId, now: number): void {
    const reader = resident.readers.get(session)
    if (reader === undefined) return
    if (reader.askedAt !== undefined && now - reader.askedAt < ENGINE_LIMITS.askMs) return
    reader.askedAt = now
    const stateVector = resident.document.extent.stateVector()
    this.#emit({ type: 'ask', session, document: resident.document.name, stateVector })
  }

  /** Something is missing that a reader may still have. */
  askAll(resident: Resident, now: number): void {
    for (const session of resident.readers.keys()) this.#ask(resident, session, now)
  }

  /** The document was loaded or has grown: takes what waited for that, as far as it goes. */
  unpark(resident: Resident, now: number): void {
    const { parking, document } = resident
    if (!resident.loaded || parking.isEmpty) return
    const before = parking.sessions()
    let ready = parking.takeReady(document.extent)
    for (; ready.length > 0; ready = parking.takeReady(document.extent)) {
      for (const edit of ready) this.#retry(resident, edit, now)
    }
    const after = parking.sessions()
    for (const session of after) this.#ask(resident, session, now)
    // Whose question was answered can be asked another at once: nobody would do so later.
    for (const session of before) {
      const reader = resident.readers.get(session)
      if (reader !== undefined && !after.has(session)) reader.askedAt = undefined
    }
  }

  #retry(resident: Resident, { session, ref, bytes }: Parked, now: number): void {
    const decoded = decodeUpdate(bytes)
    if (!decoded.ok) throw new Error('An update passed the gate and now does not decode.')
    const edit = { session, ref, update: decoded.value }
    const needs = this.#take(resident, edit, now)
    if (needs.length > 0) this.#park(resident, edit, needs)
  }
}

/** An edit that has passed the gate. */
interface Decoded {
  readonly session: SessionId
  readonly ref: number
  readonly update: DecodedUpdate
}
