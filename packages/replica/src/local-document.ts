import { covers, RejoinError, type Dot, type Rejection } from '@rejoin/protocol'
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import * as Y from 'yjs'

import { AttachedSession } from './attached-session.ts'
import { deferred } from './deferred.ts'
import type { Driver } from './driver.ts'
import { REPLICA_LIMITS } from './limits.ts'
import type { Level, OpenDocument } from './replica.ts'
import type { SessionListener } from './session.ts'

interface AwarenessChange {
  readonly added: number[]
  readonly updated: number[]
  readonly removed: number[]
}

/**
 * A document opened in the replica's own process: a `Y.Doc` on a session, like any other client's.
 * What is typed here goes through the same gate, commit and acknowledgement.
 */
export class LocalDocument implements OpenDocument, SessionListener {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly #driver: Driver
  #session: AttachedSession
  readonly #ready = deferred()
  readonly #changed = new Set<() => void>()
  #isOpen = false
  #lastRef = 0
  #ackedRef = 0
  #failure: Rejection | undefined

  constructor(driver: Driver, name: string) {
    this.name = name
    this.doc = new Y.Doc()
    this.awareness = new Awareness(this.doc)
    this.#driver = driver
    this.#session = new AttachedSession(driver, this)
    this.doc.on('update', this.#typed)
    this.awareness.on('update', this.#moved)
    this.#session.open(name, Y.encodeStateVector(this.doc))
  }

  /** Resolves once the replica's state of the document is here. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  readonly #typed = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this) this.#edit(update)
  }

  #edit(update: Uint8Array): void {
    this.#lastRef += 1
    this.#session.edit(this.name, this.#lastRef, update)
  }

  readonly #moved = ({ added, updated, removed }: AwarenessChange): void => {
    const own = [...added, ...updated, ...removed].filter((client) => client === this.doc.clientID)
    if (own.length === 0) return
    this.#session.presence(this.name, encodeAwarenessUpdate(this.awareness, own))
  }

  async settled(level: Level, options: { timeoutMs?: number } = {}): Promise<void> {
    const deadline = this.#driver.clock.now() + (options.timeoutMs ?? REPLICA_LIMITS.settledMs)
    const ref = this.#lastRef
    await this.#until(() => this.#ackedRef >= ref, { deadline, level })
    if (level === 'durable') return
    // All that is durable here by now: the edits, and whatever else they may have come with.
    const target = this.#driver.engine.version
    const isStable = (): boolean => covers(this.#driver.engine.stability.stable, target)
    await this.#until(isStable, { deadline, level })
  }

  async #until(done: () => boolean, by: { deadline: number; level: Level }): Promise<void> {
    const { promise, resolve, reject } = deferred()
    const check = (): void => {
      // First: an edit that was refused, or made after the end, is none that `done` looks at.
      if (this.#failure !== undefined)
        return reject(new RejoinError(this.#failure.code, this.#failure.reason))
      if (done()) resolve()
    }
    const stopListening = this.#driver.statusListeners.add(check)
    this.#changed.add(check)
    const late = `The edits are not ${by.level} yet. They are kept, and may become so; wait longer.`
    const { clock } = this.#driver
    const cancel = clock.schedule(Math.max(0, by.deadline - clock.now()), () => {
      reject(new RejoinError('timeout', late))
    })
    try {
      check()
      await promise
    } finally {
      cancel()
      stopListening()
      this.#changed.delete(check)
    }
  }

  leave(): void {
    this.#session.close()
    this.#finish({ code: 'closing', reason: 'The document was left.' })
  }

  opened(_document: string, update: Uint8Array, stateVector: Uint8Array): void {
    this.#take(() => Y.applyUpdate(this.doc, update, this))
    this.#isOpen = true
    this.#ready.resolve()
    // What was typed while the replica started again, or not acknowledged before, is sent once more.
    if (this.#ackedRef < this.#lastRef) this.#edit(Y.encodeStateAsUpdate(this.doc, stateVector))
  }

  update(_document: string, update: Uint8Array): void {
    this.#take(() => Y.applyUpdate(this.doc, update, this))
  }

  /** What Yjs, or an observer of the application's, throws ends this document and not the process. */
  #take(apply: () => void): void {
    try {
      apply()
    } catch (error) {
      this.#session.close()
      this.#finish({ code: 'unreadable', reason: (error as Error).message })
    }
  }

  ack(_document: string, ref: number, _dot: Dot): void {
    this.#ackedRef = ref
    this.#notify()
  }

  ask(_document: string, stateVector: Uint8Array): void {
    this.#edit(Y.encodeStateAsUpdate(this.doc, stateVector))
  }

  presence(_document: string, update: Uint8Array): void {
    this.#take(() => applyAwarenessUpdate(this.awareness, update, this))
  }

  refused(_document: string, ref: number, rejection: Rejection): void {
    // Presence that is refused says nothing about the edits.
    if (ref === 0 && this.#isOpen) return
    this.#fail(rejection)
  }

  closed(rejection: Rejection): void {
    if (rejection.code === 'restarting' && this.#failure === undefined) return this.#comeBack()
    this.#finish(rejection)
  }

  #comeBack(): void {
    this.#session = new AttachedSession(this.#driver, this)
    this.#session.open(this.name, Y.encodeStateVector(this.doc))
    if (this.awareness.getLocalState() === null) return
    this.#session.presence(this.name, encodeAwarenessUpdate(this.awareness, [this.doc.clientID]))
  }

  #finish(rejection: Rejection): void {
    this.doc.off('update', this.#typed)
    this.awareness.off('update', this.#moved)
    removeAwarenessStates(this.awareness, [...this.awareness.getStates().keys()], this)
    this.awareness.destroy()
    this.#fail(rejection)
  }

  #fail(rejection: Rejection): void {
    this.#failure = rejection
    this.#ready.reject(new RejoinError(rejection.code, rejection.reason))
    // Whoever awaits `ready` hears of it; a document that was ready already has nobody to tell.
    this.#ready.promise.catch(() => {})
    this.#notify()
  }

  #notify(): void {
    for (const check of this.#changed) check()
  }
}
