import { checkDocumentName, LIMITS, reject, type Rejection } from '@rejoin/protocol'
import * as Y from 'yjs'

import type { Compacting } from './compacting.ts'
import type { Emit, SessionId } from './events.ts'
import type { GroupCommit } from './group-commit.ts'
import { decodeAnySize } from './gate.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Presences } from './presences.ts'
import { newReader, type Reader, type Resident, type Residents } from './residents.ts'
import type { Sessions } from './sessions.ts'

/** `open`s of one session and document that wait for it to be loaded; older ones are dropped. */
const OPENING_MAX = 4

/**
 * Reading: opening documents, and bringing readers what is new. Readers are cursors into a
 * document's tail. A flush groups those that stand at the same place and hands each group one merged
 * update, so a busy document sends fewer, larger frames, and one that reads slowly (its session is
 * paused) costs nothing until it can go on.
 */
export class Reading {
  readonly #residents: Residents
  readonly #sessions: Sessions
  readonly #presences: Presences
  readonly #commit: GroupCommit
  readonly #compacting: Compacting
  readonly #emit: Emit
  #lastToken = 0

  constructor(options: {
    residents: Residents
    sessions: Sessions
    presences: Presences
    commit: GroupCommit
    compacting: Compacting
    emit: Emit
  }) {
    this.#residents = options.residents
    this.#sessions = options.sessions
    this.#presences = options.presences
    this.#commit = options.commit
    this.#compacting = options.compacting
    this.#emit = options.emit
  }

  open(session: SessionId, document: string, stateVector: Uint8Array): void {
    if (!this.#sessions.isAttached(session)) return
    const refusal = refusalOf(document, stateVector) ?? this.#sessions.opens(session, document)
    if (refusal !== undefined) return this.#sessions.refuse({ session, document, ref: 0 }, refusal)
    const resident = this.#residents.get(document) ?? this.#admit(document)
    let reader = resident.readers.get(session)
    if (reader === undefined) {
      reader = newReader(session)
      resident.readers.set(session, reader)
    }
    if (resident.loaded) return this.#answer(resident, reader, stateVector)
    reader.opening.push(stateVector)
    if (reader.opening.length > OPENING_MAX) reader.opening.shift()
  }

  #admit(document: string): Resident {
    const resident = this.#residents.admit(document)
    // The store may be read before a commit that is under way has reached it.
    for (const update of this.#commit.pendingUpdates(document)) {
      const decoded = decodeAnySize(update)
      if (decoded.ok) resident.document.append(decoded.value)
    }
    this.#emit({ type: 'load', document })
    return resident
  }

  #answer(resident: Resident, reader: Reader, stateVector: Uint8Array): void {
    const { document } = resident
    const { session } = reader
    reader.cursor = document.end
    this.#emit({
      type: 'opened',
      session,
      document: document.name,
      update: document.since(stateVector),
      stateVector: document.extent.stateVector(),
    })
    for (const update of this.#presences.everybody(document.name)) {
      this.#emit({ type: 'presence', sessions: [session], document: document.name, update })
    }
  }

  /** The store has answered. Throws when what it holds can't be read. */
  loaded(resident: Resident, updates: readonly Uint8Array[]): void {
    resident.document.load(updates)
    resident.loaded = true
    for (const reader of resident.readers.values()) {
      for (const stateVector of reader.opening) this.#answer(resident, reader, stateVector)
      reader.opening.length = 0
    }
  }

  /** A document can't be loaded: its readers are told, and it is forgotten. */
  unreadable(resident: Resident, reason: string): void {
    const document = resident.document.name
    const rejection: Rejection = { code: 'unreadable', reason }
    for (const { session } of resident.readers.values()) {
      this.#sessions.leaves(session, document)
      this.#sessions.refuse({ session, document, ref: 0 }, rejection)
    }
    this.#residents.remove(document)
  }

  /** A document has grown by what `session` wrote: if it had everything before, it has this too. */
  wrote(resident: Resident, session: SessionId, now: number): void {
    const reader = resident.readers.get(session)
    const { end } = resident.document
    if (reader?.cursor === end - 1) reader.cursor = end
    this.grew(resident, now)
  }

  /** A document has grown: its readers hear of it with the next flush. */
  grew(resident: Resident, now: number): void {
    if (resident.flushToken !== 0) return
    if (!isAnyBehind(resident)) return this.#compacting.consider(resident)
    this.#lastToken += 1
    resident.flushToken = this.#lastToken
    const { flushMsPerReader, flushMsMax } = ENGINE_LIMITS
    const pauseMs = Math.min(flushMsMax, resident.readers.size * flushMsPerReader)
    const delayMs = Math.max(0, resident.flushedAt + pauseMs - now)
    const timer = {
      kind: 'flush',
      document: resident.document.name,
      token: this.#lastToken,
    } as const
    this.#emit({ type: 'schedule', timer, delayMs })
  }

  flush(document: string, token: number, now: number): void {
    const resident = this.#residents.get(document)
    if (resident === undefined || resident.flushToken !== token) return
    resident.flushToken = 0
    resident.flushedAt = now
    for (const [cursor, readers] of this.#behind(resident)) {
      const sessions = readers.map(({ session }) => session)
      for (const reader of readers) reader.cursor = resident.document.end
      for (const update of resident.document.from(cursor)) {
        this.#emit({ type: 'update', sessions, document, update })
      }
    }
    this.#compacting.consider(resident)
  }

  /** The readers that lack something and can take it, by where they stand. */
  #behind({ document, readers }: Resident): Map<number, Reader[]> {
    const groups = new Map<number, Reader[]>()
    for (const reader of readers.values()) {
      const { cursor } = reader
      if (cursor === undefined || cursor === document.end) continue
      if (this.#sessions.isPaused(reader.session)) continue
      const group = groups.get(cursor)
      if (group === undefined) groups.set(cursor, [reader])
      else group.push(reader)
    }
    return groups
  }

  resumed(session: SessionId, now: number): void {
    this.#sessions.setPaused(session, false)
    for (const document of this.#sessions.documents(session)) {
      const resident = this.#residents.get(document)
      if (resident?.loaded === true) this.grew(resident, now)
    }
  }

  leave(session: SessionId, document: string): void {
    this.#sessions.leaves(session, document)
    const resident = this.#residents.get(document)
    if (resident === undefined) return
    resident.readers.delete(session)
    resident.parking.left(session)
    this.#residents.left(document)
  }
}

function isAnyBehind({ document, readers }: Resident): boolean {
  for (const { cursor } of readers.values()) {
    if (cursor !== undefined && cursor !== document.end) return true
  }
  return false
}

function refusalOf(document: string, stateVector: Uint8Array): Rejection | undefined {
  const checked = checkDocumentName(document)
  if (!checked.ok) return checked.rejection
  if (stateVector.length > LIMITS.stateVectorBytesMax) {
    return reject('too-large', `The state vector has ${stateVector.length} bytes.`).rejection
  }
  try {
    Y.decodeStateVector(stateVector)
    return undefined
  } catch {
    return reject('malformed', 'The state vector is not one of Yjs.').rejection
  }
}
