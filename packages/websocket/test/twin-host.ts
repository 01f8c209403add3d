import {
  accept,
  decodePresence,
  encodePresence,
  LIMITS,
  PRESENCE_GONE,
  reject,
  type PresenceState,
  type Rejection,
  type ReplicaId,
  type Result,
} from '@rejoin/protocol'
import type { Session, SessionHost, SessionListener } from '@rejoin/replica'
import * as Y from 'yjs'

/**
 * The slow and obvious twin of a replica: a `Y.Doc` for each document, no log, no disk. It keeps the
 * contract of sessions (answers in a later turn, shared update bytes, pause and resume, refusals), so
 * that the endpoints are tested against behaviour and not against recorded calls.
 */
export class TwinHost implements SessionHost {
  readonly id: ReplicaId = '00000000000000aa' as ReplicaId
  readonly rejections: Rejection[] = []
  readonly sessions: Set<TwinSession> = new Set()
  readonly documents: Map<string, TwinDocument> = new Map()
  /** While set, openings wait: for tests of what happens meanwhile. */
  holdOpenings = false
  /** Openings that sessions were asked for. */
  openings = 0
  seq = 0

  attach(listener: SessionListener): TwinSession {
    const session = new TwinSession(this, listener)
    this.sessions.add(session)
    return session
  }

  countRejection(rejection: Rejection): void {
    this.rejections.push(rejection)
  }

  document(name: string): TwinDocument {
    const known = this.documents.get(name)
    if (known !== undefined) return known
    const fresh = { doc: new Y.Doc(), presence: new Map() }
    this.documents.set(name, fresh)
    return fresh
  }

  /** The document's text `t`, which the tests edit. */
  text(name: string): string {
    return this.document(name).doc.getText('t').toJSON()
  }

  /** Applies an update and hands it to every session that has the document open. */
  apply(name: string, update: Uint8Array): void {
    Y.applyUpdate(this.document(name).doc, update)
    for (const session of this.sessions) session.onUpdate(name, update)
  }

  spread(name: string, states: readonly PresenceState[]): void {
    const { presence } = this.document(name)
    for (const state of states) presence.set(state.client, state)
    const update = encodePresence(states)
    for (const session of this.sessions) session.onPresence(name, update)
  }

  codes(): string[] {
    return this.rejections.map(({ code }) => code)
  }

  releaseOpenings(): void {
    this.holdOpenings = false
    for (const session of this.sessions) session.answerHeld()
  }
}

interface TwinDocument {
  readonly doc: Y.Doc
  readonly presence: Map<number, PresenceState>
}

export class TwinSession implements Session {
  readonly #host: TwinHost
  readonly #listener: SessionListener
  /** Updates that came while paused, by document; every key is an open document. */
  readonly #open: Map<string, Uint8Array[]> = new Map()
  /** Opened, but the answer is held back: edits are taken already. */
  readonly #held: (() => void)[] = []
  readonly #clients: Map<number, string> = new Map()
  paused = false
  pauses = 0
  over = false

  constructor(host: TwinHost, listener: SessionListener) {
    this.#host = host
    this.#listener = listener
  }

  open(document: string, stateVector: Uint8Array): void {
    this.#host.openings++
    const answer = (): void => this.#later(() => this.#answer(document, stateVector))
    this.#open.set(document, [])
    if (this.#host.holdOpenings) this.#held.push(answer)
    else answer()
  }

  answerHeld(): void {
    for (const answer of this.#held.splice(0)) answer()
  }

  edit(document: string, ref: number, update: Uint8Array): void {
    const checked = this.#open.has(document) ? checkUpdate(update) : NOT_OPEN
    if (!checked.ok) return this.#refuse(document, ref, checked.rejection)
    this.#host.apply(document, update)
    const { doc } = this.#host.document(document)
    const dot = { replica: this.#host.id, seq: ++this.#host.seq }
    if (ref > 0) this.#later(() => this.#listener.ack(document, ref, dot))
    if (doc.store.pendingStructs === null) return
    const stateVector = Y.encodeStateVector(doc)
    this.#later(() => this.#listener.ask(document, stateVector))
  }

  presence(document: string, update: Uint8Array): void {
    const decoded = this.#open.has(document) ? decodePresence(update) : NOT_OPEN
    if (!decoded.ok) return this.#refuse(document, 0, decoded.rejection)
    for (const { client } of decoded.value) this.#clients.set(client, document)
    this.#host.spread(document, decoded.value)
  }

  leave(document: string): void {
    this.#open.delete(document)
  }

  pause(): void {
    this.paused = true
    this.pauses++
  }

  resume(): void {
    this.paused = false
    for (const [document, missed] of this.#open) {
      // A merged update must still fit a frame.
      for (const few of inGroups(missed.splice(0), LIMITS.updateBytesMax)) {
        const merged = Y.mergeUpdates(few)
        this.#later(() => this.#listener.update(document, merged))
      }
    }
  }

  close(): void {
    this.over = true
    this.#host.sessions.delete(this)
    for (const [client, document] of this.#clients) {
      const clock = (this.#host.document(document).presence.get(client)?.clock ?? 0) + 1
      this.#host.spread(document, [{ client, clock, state: PRESENCE_GONE }])
    }
  }

  onUpdate(document: string, update: Uint8Array): void {
    const missed = this.#open.get(document)
    if (missed === undefined) return
    if (this.paused) missed.push(update)
    else this.#later(() => this.#listener.update(document, update))
  }

  onPresence(document: string, update: Uint8Array): void {
    if (this.#open.has(document)) this.#later(() => this.#listener.presence(document, update))
  }

  /** Ends the session from the replica's side. */
  end(rejection: Rejection): void {
    this.#later(() => this.#listener.closed(rejection))
  }

  #answer(document: string, stateVector: Uint8Array): void {
    const { doc, presence } = this.#host.document(document)
    let missing: Uint8Array
    try {
      missing = Y.encodeStateAsUpdate(doc, stateVector)
    } catch {
      this.#open.delete(document)
      const reason = 'The state vector cannot be decoded.'
      return this.#listener.refused(document, 0, { code: 'malformed', reason })
    }
    this.#listener.opened(document, missing, Y.encodeStateVector(doc))
    if (presence.size > 0) {
      this.#listener.presence(document, encodePresence([...presence.values()]))
    }
  }

  #refuse(document: string, ref: number, rejection: Rejection): void {
    this.#host.countRejection(rejection)
    this.#later(() => this.#listener.refused(document, ref, rejection))
  }

  #later(call: () => void): void {
    setImmediate(() => {
      if (!this.over) call()
    })
  }
}

/** Consecutive updates, in groups of at most `bytesMax`. */
function inGroups(updates: readonly Uint8Array[], bytesMax: number): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let bytes = Infinity
  for (const update of updates) {
    bytes += update.length
    if (bytes > bytesMax) {
      groups.push([])
      bytes = update.length
    }
    groups.at(-1)?.push(update)
  }
  return groups
}

const NOT_OPEN = reject('not-open', 'The document is not open; open it first.')

function checkUpdate(update: Uint8Array): Result<void> {
  let decoded: ReturnType<typeof Y.decodeUpdate>
  try {
    decoded = Y.decodeUpdate(update)
  } catch {
    return reject('bad-update', 'The update cannot be decoded.')
  }
  const isEmpty = decoded.structs.length === 0 && decoded.ds.clients.size === 0
  // In V1 an empty update has two bytes; V2's begin with zeros too and go on.
  if (isEmpty && update.length > 2) return reject('v2-update', 'Send updates in V1 encoding.')
  return accept(undefined)
}
