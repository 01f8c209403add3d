import type { Engine, EngineEffect, EngineEvent, EngineTimer, SessionId } from '@rejoin/engine'
import { CLOSE_CODES, CHAIN_START, type Rejection, type RejectionCode } from '@rejoin/protocol'

import { compact } from './compact.ts'
import { REPLICA_LIMITS } from './limits.ts'
import type { Store } from './ports/store.ts'
import type { Link, Transport } from './ports/transport.ts'
import type { SessionListener } from './session.ts'

export interface DriverPorts {
  readonly engine: Engine
  readonly store: Store
  readonly transport: Transport | undefined
}

interface DrivenLink {
  readonly link: Link
  blocked: boolean
}

/**
 * Drives an engine: brings it events one after the other, each with the time, and carries out its
 * effects on the ports. Events that come while one is being handled wait for it, so the engine is
 * never entered twice, and nobody is called back from inside a call of theirs.
 */
export class Driver {
  readonly engine: Engine
  readonly #store: Store
  readonly #transport: Transport | undefined
  readonly #events: EngineEvent[] = []
  #draining = false
  readonly #links = new Map<number, DrivenLink>()
  readonly #sessions = new Map<SessionId, SessionListener>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #statusListeners = new Set<() => void>()
  readonly rejections: Partial<Record<RejectionCode, number>> = {}
  #lastLink = 0
  #lastSession = 0
  #stopped = false
  #ending = false

  constructor(ports: DriverPorts) {
    this.engine = ports.engine
    this.#store = ports.store
    this.#transport = ports.transport
  }

  start(): void {
    this.#transport?.listen((link) => this.#linked(link, undefined))
    this.dispatch({ type: 'started' })
  }

  /** Brings an event to the engine, soon: after whoever calls has returned. */
  dispatch(event: EngineEvent): void {
    if (this.#stopped || (this.#ending && event.type === 'frame')) return
    this.#events.push(event)
    if (this.#draining) return
    this.#draining = true
    queueMicrotask(() => this.#drain())
  }

  #drain(): void {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      for (const effect of this.engine.step(event, performance.now())) this.#carryOut(effect)
    }
    this.#draining = false
  }

  attach(listener: SessionListener): SessionId {
    this.#lastSession += 1
    this.#sessions.set(this.#lastSession, listener)
    this.dispatch({ type: 'attached', session: this.#lastSession })
    return this.#lastSession
  }

  detach(session: SessionId): void {
    if (this.#sessions.delete(session)) this.dispatch({ type: 'detached', session })
  }

  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  countRejection({ code }: Rejection): void {
    this.rejections[code] = (this.rejections[code] ?? 0) + 1
  }

  /**
   * Ends every session, and takes nothing more from peers: what they send would have to become
   * durable too, and never end. They still get what was accepted here.
   */
  endSessions(rejection: Rejection): void {
    this.#ending = true
    for (const session of this.#sessions.keys()) this.#ended(session, rejection)
  }

  /** Ends every link, and no event is taken any more. */
  async stop(rejection: Rejection): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { link } of this.#links.values()) {
      link.close(CLOSE_CODES[rejection.code], rejection.reason)
    }
    await this.#transport?.close()
    await this.#store.close()
  }

  #carryOut(effect: EngineEffect): void {
    switch (effect.type) {
      case 'opened':
      case 'update':
      case 'presence':
      case 'ack':
      case 'ask':
      case 'refused':
      case 'ended':
        return this.#tellSession(effect)
      case 'commit':
      case 'load':
      case 'read':
      case 'compact':
        return this.#useStore(effect)
      case 'dial':
        return this.#dial(effect.address)
      case 'send':
        for (const id of effect.links) this.#send(id, effect.frame)
        return
      case 'close':
        return this.#links
          .get(effect.link)
          ?.link.close(CLOSE_CODES[effect.rejection.code], effect.rejection.reason)
      case 'schedule':
        return this.#schedule(effect.timer, effect.delayMs)
      case 'rejected':
        return this.countRejection(effect.rejection)
      case 'status':
        for (const listener of this.#statusListeners) listener()
        return
    }
  }

  #tellSession(effect: SessionEffects): void {
    switch (effect.type) {
      case 'update':
        for (const id of effect.sessions)
          this.#sessions.get(id)?.update(effect.document, effect.update)
        return
      case 'presence':
        for (const id of effect.sessions) {
          this.#sessions.get(id)?.presence(effect.document, effect.update)
        }
        return
      case 'opened': {
        const { session, document, update, stateVector } = effect
        return this.#sessions.get(session)?.opened(document, update, stateVector)
      }
      case 'ack':
        return this.#sessions.get(effect.session)?.ack(effect.document, effect.ref, effect.dot)
      case 'ask':
        return this.#sessions.get(effect.session)?.ask(effect.document, effect.stateVector)
      case 'refused': {
        const { session, document, ref, rejection } = effect
        return this.#sessions.get(session)?.refused(document, ref, rejection)
      }
      case 'ended':
        return this.#ended(effect.session, effect.rejection)
    }
  }

  #ended(session: SessionId, rejection: Rejection): void {
    const listener = this.#sessions.get(session)
    this.detach(session)
    listener?.closed(rejection)
  }

  #useStore(effect: StoreEffects): void {
    switch (effect.type) {
      case 'commit': {
        const batch = effect.batch.id
        this.#store.commit(effect.batch).then(
          () => this.dispatch({ type: 'committed', batch }),
          (error: Error) => this.dispatch({ type: 'commit-failed', batch, reason: error.message }),
        )
        return
      }
      case 'load':
        return this.#load(effect.document)
      case 'read':
        return this.#read(effect)
      case 'compact': {
        const { document, updates, end } = effect
        const snapshot = compact(updates)
        const compacted = { type: 'compacted', document, end } as const
        return this.dispatch(snapshot === undefined ? compacted : { ...compacted, snapshot })
      }
    }
  }

  #load(document: string): void {
    this.#store.readDocument(document).then(
      (updates) => {
        const whole =
          updates.length > REPLICA_LIMITS.loadedUpdatesMax ? compact(updates) : undefined
        this.dispatch({
          type: 'loaded',
          document,
          updates: whole === undefined ? updates : [whole],
        })
      },
      (error: Error) => this.dispatch({ type: 'load-failed', document, reason: error.message }),
    )
  }

  #read({ link, range, bytesMax }: EngineEffect & { type: 'read' }): void {
    const { origin, from, to } = range
    this.#store.readEntries(origin, { from, to, bytesMax }).then(
      (found) => this.dispatch({ type: 'read', link, range, found }),
      // A peer that gets nothing asks somebody else; the store's own trouble shows with its writes.
      () => {
        const found = { previous: CHAIN_START, entries: [] }
        this.dispatch({ type: 'read', link, range, found })
      },
    )
  }

  #dial(address: string): void {
    const failed = (): void => this.dispatch({ type: 'dial-failed', address })
    if (this.#transport === undefined) return failed()
    this.#transport
      .dial(address, REPLICA_LIMITS.dialMs)
      .then((link) => this.#linked(link, address), failed)
  }

  #linked(link: Link, dialled: string | undefined): void {
    this.#lastLink += 1
    const id = this.#lastLink
    const driven = { link, blocked: false }
    this.#links.set(id, driven)
    link.attach({
      frame: (frame) => this.dispatch({ type: 'frame', link: id, frame }),
      drained: () => {
        if (driven.blocked) this.dispatch({ type: 'drained', link: id })
        driven.blocked = false
      },
      closed: () => {
        this.#links.delete(id)
        this.dispatch({ type: 'unlinked', link: id })
      },
    })
    if (this.#stopped) return link.close(CLOSE_CODES.closing, 'This replica is closing.')
    this.dispatch({ type: 'linked', link: id, ...(dialled === undefined ? {} : { dialled }) })
  }

  #send(id: number, frame: Uint8Array): void {
    const driven = this.#links.get(id)
    if (driven === undefined) return
    driven.link.send(frame)
    if (driven.blocked || driven.link.queuedBytes <= REPLICA_LIMITS.linkQueueBytesMax) return
    driven.blocked = true
    this.dispatch({ type: 'blocked', link: id })
  }

  #schedule(timer: EngineTimer, delayMs: number): void {
    if (delayMs === 0) {
      setImmediate(() => this.dispatch({ type: 'timer', timer }))
      return
    }
    const handle = setTimeout(() => {
      this.#timers.delete(handle)
      this.dispatch({ type: 'timer', timer })
    }, delayMs)
    this.#timers.add(handle)
  }
}

type StoreEffects = Extract<EngineEffect, { type: 'commit' | 'load' | 'read' | 'compact' }>
type SessionEffects = Extract<
  EngineEffect,
  { type: 'opened' | 'update' | 'presence' | 'ack' | 'ask' | 'refused' | 'ended' }
>
