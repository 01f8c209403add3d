import type { KnownMember } from '@rejoin/engine'
import {
  checkTags,
  checkTopic,
  LIMITS,
  orThrow,
  RejoinError,
  versionToJSON,
  type Rejection,
  type ReplicaId,
} from '@rejoin/protocol'

import { assemble, type Parts } from './assemble.ts'
import { AttachedSession } from './attached-session.ts'
import type { StoreCompaction } from './compaction/store-compaction.ts'
import { deferred } from './deferred.ts'
import type { Driver } from './driver.ts'
import { handedOver, sayFarewell } from './leaving.ts'
import { REPLICA_LIMITS } from './limits.ts'
import { LocalDocument } from './local-document.ts'
import { pause } from './pause.ts'
import type { Store } from './ports/store.ts'
import { refusedSession } from './refused-session.ts'
import type { OpenDocument, Replica, ReplicaOptions } from './replica.ts'
import type { Session, SessionListener } from './session.ts'
import type {
  MemberListener,
  MemberStatus,
  MessageListener,
  ReplicaStatus,
  StoreStatus,
} from './status.ts'
import type { StoreDriver } from './store-driver.ts'
import { thisMachine } from './this-machine.ts'

/** The state vector of somebody who has nothing. */
const NOTHING = Uint8Array.of(0)

const CLOSING: Rejection = {
  code: 'closing',
  reason: 'This replica is closing; attach to another, or come back later.',
}

const LEAVING: Rejection = {
  code: 'closing',
  reason: 'This replica is leaving for good; attach to another.',
}

/** Opens a replica: recovers what its store holds, and begins to gossip. */
export async function openReplica(options: ReplicaOptions = {}): Promise<Replica> {
  const parts = assemble(options, thisMachine())
  parts.driver.start()
  return new OpenReplica(parts, options.transport?.address ?? '')
}

export class OpenReplica implements Replica {
  readonly #driver: Driver
  readonly #store: Store
  readonly #storeDriver: StoreDriver
  readonly #compaction: StoreCompaction
  readonly #address: string
  #closing: Promise<void> | undefined
  #isLeaving = false

  constructor({ driver, store, storeDriver, compaction }: Parts, address: string) {
    this.#driver = driver
    this.#store = store
    this.#storeDriver = storeDriver
    this.#compaction = compaction
    this.#address = address
  }

  get id(): ReplicaId {
    return this.#driver.engine.replica
  }

  attach(listener: SessionListener): Session {
    const { clock } = this.#driver
    if (this.#isLeaving) return refusedSession(clock, listener, LEAVING)
    if (this.#closing !== undefined) return refusedSession(clock, listener, CLOSING)
    return new AttachedSession(this.#driver, listener)
  }

  countRejection(rejection: Rejection): void {
    this.#driver.countRejection(rejection)
  }

  status(): ReplicaStatus {
    const { engine, rejections } = this.#driver
    const { stable, union, divergence } = engine.stability
    const { incarnation, tags } = engine.own
    return {
      replica: this.id,
      address: this.#address === '' ? null : this.#address,
      tags: Object.fromEntries(tags),
      incarnation,
      health: engine.health,
      version: versionToJSON(engine.version),
      stable: versionToJSON(stable),
      union: versionToJSON(union),
      divergence,
      members: [...this.#members(), ...this.#unmet()],
      documents: this.#store.documentCount(),
      readOnly: engine.failure ?? null,
      floors: Object.fromEntries([...engine.floors].map(([origin, { seq }]) => [origin, seq])),
      store: this.#storeStatus(),
      backlog: engine.backlog,
      messages: engine.messages,
      rejections: { ...rejections },
    }
  }

  #storeStatus(): StoreStatus {
    return {
      problems: this.#store.recovered.problems,
      damaged: this.#driver.engine.damagedDocuments,
      incompactible: this.#compaction.quarantined(),
      committingMs: this.#storeDriver.committingMs ?? null,
    }
  }

  #members(): MemberStatus[] {
    const { engine } = this.#driver
    return engine.members.map((member) => {
      const { state, link, roundTripMs } = engine.linkTo(member)
      return {
        replica: member.replica,
        address: member.address,
        state,
        health: healthOf(member),
        incarnation: member.incarnation,
        tags: Object.fromEntries(member.tags),
        roundTripMs: roundTripMs ?? null,
        traffic: this.#driver.trafficOf(link) ?? null,
        version: versionToJSON(member.version),
      }
    })
  }

  #unmet(): MemberStatus[] {
    return this.#driver.engine.unmet.map((address) => ({
      replica: null,
      address,
      state: 'unreachable',
      health: null,
      incarnation: 0,
      tags: {},
      roundTripMs: null,
      traffic: null,
      version: {},
    }))
  }

  onStatus(listener: () => void): () => void {
    return this.#driver.statusListeners.add(listener)
  }

  onMember(listener: MemberListener): () => void {
    return this.#driver.memberListeners.add(listener)
  }

  setTags(tags: Readonly<Record<string, string>>): void {
    this.#driver.dispatch({ type: 'retag', tags: orThrow(checkTags(tags)) })
  }

  broadcast(topic: string, payload: Uint8Array): void {
    this.#assertOpen()
    orThrow(checkTopic(topic))
    const { messageBytesMax } = LIMITS
    if (payload.length > messageBytesMax) {
      const reason = `A message has ${messageBytesMax} bytes at most; this one has ${payload.length}.`
      throw new RejoinError('too-large', reason)
    }
    // A copy, as it is sent later than this returns.
    this.#driver.dispatch({ type: 'broadcast', topic, payload: payload.slice() })
  }

  onMessage(listener: MessageListener): () => void {
    return this.#driver.messageListeners.add(listener)
  }

  async open(document: string): Promise<OpenDocument> {
    this.#assertOpen()
    if (this.#isLeaving) throw new RejoinError(LEAVING.code, LEAVING.reason)
    const local = new LocalDocument(this.#driver, document)
    await local.ready
    return local
  }

  async encode(document: string): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    const whole = await readWhole(this, document)
    return whole.length === 2 ? undefined : whole
  }

  async listDocuments(page: { after?: string; limit: number }): Promise<string[]> {
    return await this.#store.listDocuments(page)
  }

  cut(peer: ReplicaId): void {
    this.#driver.dispatch({ type: 'cut', peer: this.#known(peer) })
  }

  mend(peer: ReplicaId): void {
    this.#driver.dispatch({ type: 'mended', peer: this.#known(peer) })
  }

  remove(peer: ReplicaId): void {
    this.#driver.dispatch({ type: 'retire', replica: this.#known(peer), state: 'removed' })
  }

  #known(peer: ReplicaId): ReplicaId {
    if (this.#driver.engine.members.some(({ replica }) => replica === peer)) return peer
    throw new RejoinError(
      'unknown-peer',
      `No member has the id ${peer}; see the status for those there are.`,
    )
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new RejoinError('closed', 'The replica is closed.')
  }

  async leave({ timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    this.#assertOpen()
    if (this.#isLeaving) throw new RejoinError(LEAVING.code, LEAVING.reason)
    this.#isLeaving = true
    this.#driver.endAll(LEAVING)
    try {
      await handedOver(this.#driver, {
        timeoutMs: timeoutMs ?? REPLICA_LIMITS.leaveMs,
        isOver: () => this.#closing !== undefined,
      })
      await sayFarewell(this.#driver)
    } catch (error) {
      this.#isLeaving = false
      throw error
    }
    await this.close()
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    this.#driver.endSessions(CLOSING)
    const isDurable = await this.#settled()
    await this.#driver.stop(CLOSING)
    if (!isDurable) {
      throw new RejoinError(
        'store-failed',
        'The store did not finish what was accepted before closing.',
      )
    }
  }

  /** Waits until all that was accepted is durable; `false` when that can't, or did not, happen. */
  async #settled(): Promise<boolean> {
    const { clock } = this.#driver
    const deadline = clock.now() + REPLICA_LIMITS.closeMs
    const isSettled = (): boolean => this.#driver.engine.isSettled
    // Another engine may take its place meanwhile (rule L8).
    const isDone = (): boolean => isSettled() || this.#driver.engine.failure !== undefined
    // Edits that were dispatched in this very turn have first to reach the engine.
    await pause(clock, 0)
    while (!isDone() && clock.now() < deadline) await pause(clock, 1)
    return isSettled()
  }
}

/** Members that are retired are none, so that there are no other states. */
function healthOf({ state }: KnownMember): MemberStatus['health'] {
  return state === 'suspect' || state === 'failed' ? state : 'alive'
}

/** The whole of a document, by way of a session that lasts just as long. */
async function readWhole(replica: Replica, document: string): Promise<Uint8Array> {
  const { promise, resolve, reject } = deferred<Uint8Array>()
  const failed = ({ code, reason }: Rejection): void => reject(new RejoinError(code, reason))
  const session = replica.attach({
    opened: (_document, update) => resolve(update),
    update: () => {},
    ack: () => {},
    ask: () => {},
    presence: () => {},
    refused: (_document, _ref, rejection) => failed(rejection),
    closed: failed,
  })
  session.open(document, NOTHING)
  try {
    return await promise
  } finally {
    session.close()
  }
}
