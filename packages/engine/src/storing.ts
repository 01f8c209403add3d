import type { Gossip, GossipEffect, GossipEvent } from '@rejoin/gossip'
import type { Rejection, ReplicaId } from '@rejoin/protocol'

import { byReader, type Waiter } from './acks.ts'
import type { Compacting } from './compacting.ts'
import { Comparing } from './comparing.ts'
import type { Editing } from './editing.ts'
import type { Emit, StoreEvent } from './events.ts'
import type { Committed, GroupCommit } from './group-commit.ts'
import type { Log } from './log.ts'
import type { Reading } from './reading.ts'
import type { Receiving } from './receiving.ts'
import { Repairing } from './repairing.ts'
import type { Resident, Residents } from './residents.ts'
import { Republishing } from './republishing.ts'
import { Rollbacks } from './rollbacks.ts'
import { floorFor, type Retention } from './trimming.ts'

export interface StoringOptions {
  readonly replica: ReplicaId
  readonly log: Log
  readonly commit: GroupCommit
  readonly residents: Residents
  readonly reading: Reading
  readonly editing: Editing
  readonly receiving: Receiving
  readonly compacting: Compacting
  readonly retention: Retention
  readonly emit: Emit
}

/** The note by which a store says that another program has written to it. */
export const FOREIGN_NOTE = 'foreign'

const FORGET = new Uint8Array()

/** What gossip is to hear, in order, of what the store has told. */
type Heard = GossipEvent[]

/**
 * What the store tells, and what follows from it: edits that are durable are acknowledged and sent
 * out, documents that were read are opened, damaged ones repaired, and what the log need not hold
 * any longer is dropped.
 */
export class Storing {
  readonly #with: StoringOptions
  readonly #rollbacks: Rollbacks
  readonly #republishing: Republishing
  readonly #repairing: Repairing
  readonly #comparing: Comparing
  /** Origins that were given up, on whose account everything is being published. */
  readonly #publishing = new Set<ReplicaId>()
  /** Whether the last write was made, as gossip was told. */
  #isWell = true
  #heard: Heard = []

  constructor(options: StoringOptions) {
    this.#with = options
    const { log, commit, residents, emit } = options
    const republishing = new Republishing({ commit, emit })
    this.#republishing = republishing
    this.#rollbacks = new Rollbacks({ log, commit, emit, republishing })
    this.#comparing = new Comparing({ log, residents, commit, republishing, emit })
    this.#repairing = new Repairing({
      log,
      emit,
      tell: (event) => this.#heard.push(event),
    })
  }

  /** Documents that are damaged and not repaired yet. */
  get damaged(): string[] {
    return this.#repairing.documents
  }

  get rollbacks(): Rollbacks {
    return this.#rollbacks
  }

  /** An id was given up: where entries that documents hold were lost with it, everything is published. */
  retired(origin: ReplicaId): void {
    const { log } = this.#with
    if (this.#publishing.has(origin) || !log.isLostAhead(origin)) return
    this.#publishing.add(origin)
    const onDone = (): void => {
      this.#publishing.delete(origin)
      if (log.isLostAhead(origin)) this.#heard.push({ type: 'published', origin })
    }
    this.#republishing.begin({ onDone })
  }

  /** Another program has written to the store: what it wrote is published. */
  adopt(): void {
    const { commit, emit } = this.#with
    const onDone = (): void => {
      const notes = new Map([[FOREIGN_NOTE, FORGET]])
      commit.addSnapshots({ snapshots: [], notes, jumps: new Map() })
      emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    }
    this.#republishing.begin({ onDone })
  }

  /** Documents have come whole, from a peer. */
  snapshots(effect: GossipEffect & { type: 'snapshots' }, now: number): Heard {
    this.#heard = []
    const { log, receiving } = this.#with
    const refusal = receiving.refusalOf(effect)
    if (refusal !== undefined) return [refusal]
    // At once, though they may have to be compared first: it would be out of date then.
    log.runAhead(effect.ahead)
    const take = (): void => receiving.snapshots(effect, now)
    if (effect.doubt === undefined) {
      this.#comparing.forget()
      take()
    } else this.#comparing.compare(effect, effect.doubt, take)
    return this.#heard
  }

  /** A peer's copy of a damaged document has come. */
  fetched({ document, updates, upTo }: GossipEffect & { type: 'fetched' }): Heard {
    this.#heard = []
    this.#repairing.fetched(document, { updates, upTo })
    return this.#heard
  }

  /** Takes an event; answers what gossip is to hear. */
  take(event: StoreEvent, gossip: Gossip, now: number): Heard {
    this.#heard = []
    this.#take(event, gossip, now)
    return this.#heard
  }

  #take(event: StoreEvent, gossip: Gossip, now: number): void {
    const { commit, compacting, emit } = this.#with
    switch (event.type) {
      case 'committed':
        return this.#committed(commit.committed(event.batch), now)
      case 'commit-failed':
        commit.failed(event.reason)
        this.#sayWell(false)
        return emit({ type: 'status' })
      case 'reopened':
        return this.#reopened(event, now)
      case 'loaded':
      case 'load-failed':
        return this.#loaded(event, now)
      case 'compacted':
        return compacting.done(event)
      case 'measured':
        return this.#trim(event.logBytes, gossip)
      case 'read':
      case 'documents-read':
        this.#heard.push(event)
        return
      case 'damaged':
      case 'salvaged':
      case 'replaced':
        return this.#repair(event, now)
      case 'all-read':
        return this.#republishing.found(event.documents, event)
      case 'loose':
      case 'was-cut':
      case 'trimmed':
        return this.#logged(event)
    }
  }

  /** Gossip asks for nothing that could not be stored. */
  #sayWell(isWell: boolean): void {
    if (this.#isWell === isWell) return
    this.#isWell = isWell
    this.#heard.push({ type: 'storage', isWell })
  }

  #committed({ batch, own, waiters, chunk }: Committed, now: number): void {
    const { log, receiving, emit } = this.#with
    this.#sayWell(true)
    log.becameDurable(batch.entries)
    this.acknowledge(waiters)
    emit({ type: 'status' })
    this.#rollbacks.committed(batch.id)
    this.#republishing.committed(batch.id)
    if (batch.jumps.size > 0) receiving.jumped(batch.jumps, now)
    this.seal()
    this.#seeWhole()
    this.#repairing.advanced()
    if (chunk !== undefined) this.#heard.push({ type: 'snapshots-stored', chunk })
    if (batch.entries.length > 0 || batch.jumps.size > 0) {
      this.#heard.push({ type: 'advanced', own })
    }
  }

  /** Of some documents something was missing, which has come by itself. */
  #seeWhole(): void {
    for (const document of this.#repairing.withHoles) {
      const resident = this.#with.residents.get(document)
      if (resident?.loaded === true && resident.document.isWhole) {
        this.#repairing.foundWhole(document)
      }
    }
  }

  /** The next batch, if one is due and none is under way. */
  seal(): void {
    const batch = this.#with.commit.next(this.#with.log)
    if (batch !== undefined) this.#with.emit({ type: 'commit', batch })
  }

  /** Tells waiters that their edits are durable; each hears once of the newest of its document. */
  acknowledge(waiters: readonly Waiter[]): void {
    const { replica, log, residents, emit } = this.#with
    const dot = { replica, seq: log.heads.get(replica)?.seq ?? 0 }
    for (const { session, document, refs } of byReader(waiters)) {
      const reader = residents.get(document)?.readers.get(session)
      const ack = reader?.acks.durable(refs, dot)
      if (ack !== undefined) emit({ type: 'ack', session, document, ...ack })
    }
  }

  /** The store is open again: what had failed is written once more, unless it is in there after all. */
  #reopened({ heads, floors }: StoreEvent & { type: 'reopened' }, now: number): void {
    const { commit, log, emit } = this.#with
    const { again, durable } = commit.reopened(heads)
    log.trimmed(floors)
    emit({ type: 'status' })
    // That it opens is no sign that it takes anything.
    if (again !== undefined) emit({ type: 'commit', batch: again })
    else this.#sayWell(true)
    if (durable !== undefined) this.#committed(commit.committed(durable), now)
    this.#republishing.goOn()
    this.#rollbacks.goOn()
    this.#comparing.goOn()
    this.seal()
  }

  #loaded(event: StoreEvent & { type: 'loaded' | 'load-failed' }, now: number): void {
    const { document } = event
    const { residents, reading } = this.#with
    const resident = residents.get(document)
    if (resident?.loaded === false) {
      if (event.type === 'loaded') this.#opened(resident, event.updates, now)
      else reading.unreadable(resident, event.reason)
    }
    const link = this.#comparing.loaded(event)
    if (event.type === 'loaded') return
    if (event.damaged) this.#repairing.found(document, { hasHoles: false })
    const rejection: Rejection = { code: 'unreadable', reason: event.reason }
    if (link !== undefined) this.#heard.push({ type: 'refused', link, rejection })
  }

  #opened(resident: Resident, updates: readonly Uint8Array[], now: number): void {
    const { residents, reading, editing } = this.#with
    const document = resident.document.name
    try {
      reading.loaded(resident, updates)
    } catch (error) {
      reading.unreadable(resident, (error as Error).message)
      return this.#repairing.found(document, { hasHoles: false })
    }
    if (resident.document.isWhole) this.#repairing.foundWhole(document)
    else this.#repairing.found(document, { hasHoles: true })
    editing.unpark(resident, now)
    residents.left(document)
  }

  #repair(event: StoreEvent & { type: 'damaged' | 'salvaged' | 'replaced' }, now: number): void {
    const { document } = event
    if (event.type === 'damaged') return this.#repairing.found(document, { hasHoles: false })
    if (event.type === 'salvaged') return this.#repairing.salvaged(document, event)
    const whole = this.#repairing.replaced(document)
    if (whole !== undefined) this.#with.receiving.bring(document, whole, now)
  }

  #logged(event: StoreEvent & { type: 'loose' | 'was-cut' | 'trimmed' }): void {
    if (event.type === 'loose') return this.#rollbacks.found(event.origin, event.entries)
    this.#with.emit({ type: 'status' })
    if (event.type === 'trimmed') return this.#with.log.trimmed(event.floors)
    this.#rollbacks.done(event.origin, event.head)
    this.#heard.push({ type: 'rolled-back', origin: event.origin })
  }

  #trim(bytes: number, gossip: Gossip): void {
    const { log, retention, emit } = this.#with
    const heads = new Map([...log.heads].filter(([origin]) => !log.isBlocked(origin)))
    const stable = gossip.stable(log.version())
    const floor = floorFor({ bytes, heads, floors: log.floors }, stable, retention)
    if (floor.size > 0) emit({ type: 'trim', floor })
  }
}
