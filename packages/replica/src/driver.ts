import type {
  Engine,
  EngineEffect,
  EngineEvent,
  EngineTimer,
  LinkId,
  SessionId,
} from '@rejoin/engine'
import { rejectionOfClose, type Rejection, type RejectionCode, type Tags } from '@rejoin/protocol'

import { DrivenLink, type LinkTraffic } from './driven-link.ts'
import { REPLICA_LIMITS } from './limits.ts'
import { Listeners } from './listeners.ts'
import type { Clock } from './ports/clock.ts'
import type { Link, Transport } from './ports/transport.ts'
import type { SessionListener } from './session.ts'
import type { MemberEvent, Message } from './status.ts'
import { isStoreEffect, type StoreDriver } from './store-driver.ts'

export interface DriverPorts {
  /** Makes an engine of what the store holds: at the start, and whenever it has a new id. Its tags stay. */
  readonly engineOf: (tags: Tags | undefined) => Engine
  readonly storeDriver: StoreDriver
  readonly transport: Transport | undefined
  readonly clock: Clock
}

const CLOSING: Rejection = { code: 'closing', reason: 'This replica is closing.' }

const RESTARTING: Rejection = {
  code: 'restarting',
  reason: 'This replica has taken a new id and starts again; attach to it once more.',
}

/**
 * Drives an engine: brings it events one after the other, each with the time, and carries out its
 * effects on the ports. Events that come while one is being handled wait for it, so the engine is
 * never entered twice, and nobody is called back from inside a call of theirs. When the engine has
 * lost its id (rule L8) another takes its place, as if the process had been started again.
 */
export class Driver {
  #engine: Engine
  readonly #engineOf: DriverPorts['engineOf']
  readonly #storeDriver: StoreDriver
  readonly #transport: Transport | undefined
  readonly clock: Clock
  readonly #events: EngineEvent[] = []
  #draining = false
  readonly #links = new Map<number, DrivenLink>()
  readonly #sessions = new Map<SessionId, SessionListener>()
  /** Each undoes a timer that is running. */
  readonly #timers = new Set<() => void>()
  readonly statusListeners: Listeners<void> = new Listeners()
  readonly memberListeners: Listeners<MemberEvent> = new Listeners()
  readonly messageListeners: Listeners<Message> = new Listeners()
  readonly rejections: Partial<Record<RejectionCode, number>> = {}
  #lastLink = 0
  #lastSession = 0
  /** Counts the engines; what was asked for by an earlier one is not told to a later one. */
  #life = 1
  #renewing: Promise<void> | undefined
  #stopped = false
  #ending = false

  constructor(ports: DriverPorts) {
    this.#engineOf = ports.engineOf
    this.#storeDriver = ports.storeDriver
    this.#transport = ports.transport
    this.clock = ports.clock
    this.#engine = this.#engineOf(undefined)
  }

  get engine(): Engine {
    return this.#engine
  }

  /** Whether the engine has lost its id: it takes no more events, and another is about to take its place. */
  get isRenewing(): boolean {
    return this.#renewing !== undefined
  }

  start(): void {
    this.#transport?.listen((link) => this.#linked(link, undefined))
    this.dispatch({ type: 'started' })
  }

  /** Brings an event to the engine, soon: after whoever calls has returned. */
  dispatch(event: EngineEvent): void {
    if (this.#stopped || (this.#ending && event.type === 'frame')) return
    this.#events.push(event)
    if (this.#draining || this.isRenewing) return
    this.#draining = true
    this.clock.soon(() => this.#drain())
  }

  #drain(): void {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      this.#carryOutAll(this.#engine.step(event, this.clock.now()))
    }
    this.#draining = false
  }

  // What an engine wants after it has lost its id would be done in the name of the next one.
  #carryOutAll(effects: readonly EngineEffect[]): void {
    for (const effect of effects) {
      if (this.isRenewing) return
      this.#carryOut(effect)
    }
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

  /** Links that have not ended, greeted or not. */
  get linkCount(): number {
    return this.#links.size
  }

  /** What has gone over a link that is open. */
  trafficOf(link: LinkId | undefined): LinkTraffic | undefined {
    return link === undefined ? undefined : this.#links.get(link)?.traffic
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
    this.endAll(rejection)
  }

  /** Those who attach again as they are told so are new ones. */
  endAll(rejection: Rejection): void {
    const sessions = Array.from(this.#sessions.keys())
    for (const session of sessions) this.#ended(session, rejection)
  }

  /** Ends every link, and no event is taken any more. */
  async stop(rejection: Rejection): Promise<void> {
    this.#stopped = true
    this.#endLinks(rejection)
    await this.#transport?.close()
    await this.#storeDriver.close()
    await this.#renewing
  }

  #endLinks(rejection: Rejection): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    for (const link of this.#links.values()) link.close(rejection)
  }

  #carryOut(effect: EngineEffect): void {
    if (isStoreEffect(effect)) {
      return this.#storeDriver.carryOut(effect, this.#tellerOf(this.#life))
    }
    switch (effect.type) {
      case 'dial':
        return this.#dial(effect.address)
      case 'send':
        for (const id of effect.links) this.#send(id, effect.frame)
        return
      case 'serve':
        this.#links.get(effect.link)?.serve(effect.frame)
        return this.#sendServed(effect.link)
      case 'close':
        return this.#links.get(effect.link)?.close(effect.rejection)
      case 'schedule':
        return this.#schedule(effect.timer, effect.delayMs)
      case 'renew':
        this.#renewing = this.#renew(effect.keep)
        return
      case 'rejected':
        return this.countRejection(effect.rejection)
      case 'status':
        return this.statusListeners.tell()
      case 'member':
        return this.#tellMember(effect)
      case 'message': {
        const { from, topic, payload } = effect
        return this.messageListeners.tell({ from, topic, payload })
      }
      default:
        return this.#tellSession(effect)
    }
  }

  /** Brings events to the engine of `life` as long as it is the one that runs. */
  #tellerOf(life: number): (event: EngineEvent) => void {
    return (event) => {
      if (life === this.#life) this.dispatch(event)
    }
  }

  #tellMember({ change, member }: EngineEffect & { type: 'member' }): void {
    const { replica, address, tags } = member
    this.memberListeners.tell({ change, replica, address, tags: Object.fromEntries(tags) })
  }

  /** Starts again under a new id; everybody who was attached or linked comes back by themselves. */
  async #renew(keep: number): Promise<void> {
    this.#life += 1
    this.#endLinks(RESTARTING)
    await this.#storeDriver.renew(keep)
    this.#engine = this.#engineOf(this.#engine.own.tags)
    this.#renewing = undefined
    // What was said to the engine before it is not for this one.
    this.#events.length = 0
    this.#links.clear()
    this.dispatch({ type: 'started' })
    this.endAll(RESTARTING)
    this.statusListeners.tell()
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

  #dial(address: string): void {
    const tell = this.#tellerOf(this.#life)
    const failed = (): void => tell({ type: 'dial-failed', address })
    if (this.#transport === undefined) return failed()
    this.#transport
      .dial(address, REPLICA_LIMITS.dialMs)
      .then((link) => this.#linked(link, address), failed)
  }

  #linked(link: Link, dialled: string | undefined): void {
    const tell = this.#tellerOf(this.#life)
    this.#lastLink += 1
    const id = this.#lastLink
    const driven = new DrivenLink(link)
    this.#links.set(id, driven)
    link.attach({
      frame: (frame) => {
        driven.received(frame)
        tell({ type: 'frame', link: id, frame })
      },
      drained: () => {
        if (driven.drained()) tell({ type: 'drained', link: id })
        this.#sendServed(id)
      },
      closed: (closeCode) => {
        this.#links.delete(id)
        const code = rejectionOfClose(closeCode)
        tell({ type: 'unlinked', link: id, ...(code === undefined ? {} : { code }) })
      },
    })
    if (this.#stopped) return driven.close(CLOSING)
    if (this.isRenewing) return driven.close(RESTARTING)
    tell({ type: 'linked', link: id, ...(dialled === undefined ? {} : { dialled }) })
  }

  #send(id: number, frame: Uint8Array): void {
    const isOver = this.#links.get(id)?.send(frame) === true
    if (isOver) this.dispatch({ type: 'blocked', link: id })
  }

  #sendServed(id: number): void {
    const frame = this.#links.get(id)?.takeServed()
    if (frame === undefined) return
    this.#send(id, frame)
    this.dispatch({ type: 'served', link: id })
  }

  #schedule(timer: EngineTimer, delayMs: number): void {
    const tell = this.#tellerOf(this.#life)
    const cancel = this.clock.schedule(delayMs, () => {
      this.#timers.delete(cancel)
      tell({ type: 'timer', timer })
    })
    this.#timers.add(cancel)
  }
}

type SessionEffects = Extract<
  EngineEffect,
  { type: 'opened' | 'update' | 'presence' | 'ack' | 'ask' | 'refused' | 'ended' }
>
