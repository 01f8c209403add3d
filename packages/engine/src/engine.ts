import {
  Gossip,
  type GossipEffect,
  type GossipEvent,
  type LinkId,
  type Member,
} from '@rejoin/gossip'
import {
  CHAIN_START,
  decodePresence,
  type Entries,
  type Heads,
  type ReplicaId,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'

import { byReader, type Waiter } from './acks.ts'
import { Editing } from './editing.ts'
import type {
  EngineEffect,
  EngineEvent,
  EngineTimer,
  SessionEvent,
  SessionId,
  StoreEvent,
} from './events.ts'
import { decodeAnySize } from './gate.ts'
import { GroupCommit, type Committed } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { Log } from './log.ts'
import { Presences } from './presences.ts'
import { Reading } from './reading.ts'
import { Remembering } from './remembering.ts'
import { Residents, type Resident } from './residents.ts'
import { Sessions } from './sessions.ts'
import { stabilityOf, type Stability } from './stability.ts'

export interface EngineOptions {
  readonly replica: ReplicaId
  /** What the store held when it was opened. */
  readonly heads: Heads
  readonly members: Iterable<Member>
  /** Where others can dial this replica; empty when they can't. */
  readonly address: string
  /** Addresses of peers given by configuration. */
  readonly peers: readonly string[]
  readonly seed: number
}

/**
 * One replica as a state machine with one verb: `step(event, now)` changes its state and answers
 * with what is to be done, in order. It has no clock, timer, randomness or I/O; equal events at
 * equal times give equal effects. SPEC.md has the rules that it keeps.
 */
export class Engine {
  readonly replica: ReplicaId
  readonly #log: Log
  readonly #gossip: Gossip
  readonly #commit = new GroupCommit()
  readonly #residents = new Residents()
  readonly #sessions: Sessions
  readonly #presences: Presences
  readonly #reading: Reading
  readonly #editing: Editing
  readonly #remembering: Remembering
  #sealing = false
  #statusChanged = false
  #out: EngineEffect[] = []

  constructor(options: EngineOptions) {
    this.replica = options.replica
    this.#log = new Log(options.replica, options.heads)
    this.#gossip = new Gossip({
      self: options.replica,
      address: options.address,
      peers: options.peers,
      members: options.members,
      log: this.#log,
      chain: options.heads.get(options.replica)?.hash ?? CHAIN_START,
      seed: options.seed,
    })
    const emit = (effect: EngineEffect): void => this.#emit(effect)
    const [residents, commit] = [this.#residents, this.#commit]
    const sessions = new Sessions(emit)
    const presences = new Presences({ residents, sessions, emit })
    const reading = new Reading({ residents, sessions, presences, commit, emit })
    this.#sessions = sessions
    this.#presences = presences
    this.#reading = reading
    this.#remembering = new Remembering(options.members, { commit, emit })
    const ack = (waiter: Waiter): void => this.#acknowledge([waiter])
    this.#editing = new Editing({ residents, sessions, reading, commit, emit, ack })
  }

  /** What this replica has: everything that is durable here. */
  get version(): Version {
    return this.#log.version()
  }

  /** `R`, `U` and the divergence, as far as this replica knows. */
  get stability(): Stability {
    return stabilityOf(this.version, this.#gossip.membership, this.unmet.length)
  }

  get members(): Member[] {
    return [...this.#gossip.membership.all()]
  }

  /** Addresses whose replica nobody has met. */
  get unmet(): string[] {
    return this.#gossip.unmet()
  }

  linkTo(replica: ReplicaId): 'linked' | 'cut' | 'unreachable' {
    if (this.#gossip.links.isCut(replica)) return 'cut'
    return this.#gossip.links.isOpen(replica) ? 'linked' : 'unreachable'
  }

  /** Why nothing becomes durable any more; `undefined` while all is well. */
  get failure(): string | undefined {
    return this.#commit.failure
  }

  /** Whether everything that was accepted is durable. */
  get isSettled(): boolean {
    return this.#commit.isIdle
  }

  step(event: EngineEvent, now: number): EngineEffect[] {
    this.#take(event, now)
    if (this.#statusChanged) this.#out.push({ type: 'status' })
    this.#statusChanged = false
    const out = this.#out
    this.#out = []
    return out
  }

  #take(event: EngineEvent, now: number): void {
    switch (event.type) {
      case 'started':
        this.#schedulePresence()
        return this.#gossiped({ type: 'started' }, now)
      case 'timer':
        return this.#timer(event.timer, now)
      case 'attached':
      case 'open':
      case 'edit':
      case 'presence':
      case 'leave':
      case 'paused':
      case 'resumed':
      case 'detached':
        return this.#session(event, now)
      case 'committed':
      case 'commit-failed':
      case 'loaded':
      case 'load-failed':
      case 'read':
      case 'compacted':
        return this.#store(event, now)
      case 'linked':
      case 'frame':
      case 'unlinked':
      case 'dial-failed':
      case 'blocked':
      case 'drained':
      case 'cut':
      case 'mended':
        return this.#gossiped(event, now)
    }
  }

  #timer(timer: EngineTimer, now: number): void {
    switch (timer.kind) {
      case 'gossip':
        return this.#gossiped({ type: 'timer', timer: timer.timer }, now)
      case 'seal':
        this.#sealing = false
        return this.#seal()
      case 'flush':
        this.#reading.flush(timer.document, timer.token, now)
        return this.#compact(this.#residents.get(timer.document))
      case 'presence':
        this.#presences.expire(now)
        return this.#schedulePresence()
    }
  }

  #session(event: SessionEvent, now: number): void {
    const { session } = event
    switch (event.type) {
      case 'attached':
        return this.#sessions.attached(session)
      case 'open':
        return this.#reading.open(session, event.document, event.stateVector)
      case 'edit':
        return this.#editing.edit(event, now)
      case 'presence':
        return this.#spread(
          event.document,
          this.#presences.announced(event, event.update, now),
          now,
        )
      case 'leave':
        return this.#leave(session, event.document, now)
      case 'paused':
        return this.#sessions.setPaused(session, true)
      case 'resumed':
        return this.#reading.resumed(session, now)
      case 'detached':
        return this.#detach(session, now)
    }
  }

  #leave(session: SessionId, document: string, now: number): void {
    this.#reading.leave(session, document)
    this.#spread(document, this.#presences.left(session, document, now), now)
  }

  #detach(session: SessionId, now: number): void {
    for (const document of this.#sessions.documents(session)) this.#leave(session, document, now)
    this.#sessions.detached(session)
  }

  #spread(document: string, update: Uint8Array | undefined, now: number, except?: LinkId): void {
    if (update === undefined) return
    const from = except === undefined ? {} : { except }
    this.#gossiped({ type: 'presence', document, update, ...from }, now)
  }

  #store(event: StoreEvent, now: number): void {
    switch (event.type) {
      case 'committed':
        return this.#committed(this.#commit.committed(event.batch), now)
      case 'commit-failed':
        this.#commit.failed(event.reason)
        this.#statusChanged = true
        return
      case 'read':
        return this.#gossiped(event, now)
      case 'loaded':
      case 'load-failed':
        return this.#loaded(event, now)
      case 'compacted':
        return this.#compacted(event)
    }
  }

  #committed(done: Committed, now: number): void {
    this.#log.becameDurable(done.entries)
    this.#acknowledge(done.waiters)
    this.#statusChanged = true
    this.#seal()
    if (done.entries.length > 0) this.#gossiped({ type: 'advanced', own: done.own }, now)
  }

  /** Tells waiters that their edits are durable; each hears once of the newest of its document. */
  #acknowledge(waiters: readonly Waiter[]): void {
    const dot = { replica: this.replica, seq: this.#log.heads.get(this.replica)?.seq ?? 0 }
    for (const { session, document, refs } of byReader(waiters)) {
      const reader = this.#residents.get(document)?.readers.get(session)
      const ack = reader?.acks.durable(refs, dot)
      if (ack !== undefined) this.#emit({ type: 'ack', session, document, ...ack })
    }
  }

  #loaded(event: StoreEvent & { type: 'loaded' | 'load-failed' }, now: number): void {
    const resident = this.#residents.get(event.document)
    if (resident === undefined || resident.loaded) return
    if (event.type === 'load-failed') return this.#reading.unreadable(resident, event.reason)
    try {
      this.#reading.loaded(resident, event.updates)
    } catch (error) {
      return this.#reading.unreadable(resident, (error as Error).message)
    }
    this.#editing.unpark(resident, now)
    this.#residents.left(event.document)
  }

  #compact(resident: Resident | undefined): void {
    if (resident?.loaded !== true || resident.compacting || resident.incompactible) return
    if (!resident.document.wantsCompaction) return
    resident.compacting = true
    const document = resident.document.name
    this.#emit({ type: 'compact', document, ...resident.document.toCompact() })
  }

  #compacted({ document, snapshot, end }: StoreEvent & { type: 'compacted' }): void {
    const resident = this.#residents.get(document)
    if (resident === undefined) return
    resident.compacting = false
    if (snapshot === undefined) resident.incompactible = true
    else resident.document.compacted(snapshot, end)
    this.#residents.left(document)
  }

  #seal(): void {
    const batch = this.#commit.next(this.#log)
    if (batch !== undefined) this.#emit({ type: 'commit', batch })
  }

  /** One `seal` a turn is enough: it takes everything that has gathered by then. */
  #emit(effect: EngineEffect): void {
    if (effect.type === 'schedule' && effect.timer.kind === 'seal') {
      if (this.#sealing) return
      this.#sealing = true
    }
    this.#out.push(effect)
  }

  #schedulePresence(): void {
    const delayMs = ENGINE_LIMITS.presenceMs / 3
    this.#emit({ type: 'schedule', timer: { kind: 'presence' }, delayMs })
  }

  #gossiped(event: GossipEvent, now: number): void {
    for (const effect of this.#gossip.step(event, now)) this.#carryOut(effect, now)
  }

  #carryOut(effect: GossipEffect, now: number): void {
    switch (effect.type) {
      case 'schedule': {
        const timer = { kind: 'gossip', timer: effect.timer } as const
        return this.#emit({ type: 'schedule', timer, delayMs: effect.delayMs })
      }
      case 'entries':
        return this.#takeEntries(effect.link, effect.message, now)
      case 'presence':
        return this.#hearPresence(effect, now)
      case 'greeted':
        return this.#tellPresence(effect.link, now)
      case 'members':
        this.#statusChanged = true
        return this.#remembering.remember(effect.changed, this.#gossip)
      case 'links':
        this.#statusChanged = true
        return
      case 'dial':
      case 'send':
      case 'close':
      case 'read':
      case 'rejected':
        return this.#emit(effect)
    }
  }

  #takeEntries(link: LinkId, message: Entries, now: number): void {
    // What is dropped here is not durable, so it stays missing, and is asked for again.
    if (this.#commit.failure !== undefined || this.#commit.isBehind) return
    const taken = this.#log.take(message)
    if (!taken.ok) return this.#gossiped({ type: 'refused', link, rejection: taken.rejection }, now)
    const { origin, ready } = taken.value
    for (const entry of ready) this.#apply(entry, now)
    if (ready.length > 0) {
      this.#commit.addEntries(ready)
      this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
    }
    this.#gossiped({ type: 'took', link, origin }, now)
  }

  /** Shows an entry from a peer to the readers of its documents; the store gets it with the batch. */
  #apply(entry: SealedEntry, now: number): void {
    for (const { document, update } of entry.changes) {
      const resident = this.#residents.get(document)
      if (resident === undefined) continue
      const decoded = decodeAnySize(update)
      if (!decoded.ok) throw new Error('An entry passed the gate and now does not decode.')
      resident.document.append(decoded.value)
      this.#editing.unpark(resident, now)
      this.#reading.grew(resident, now)
      // Without readers there is no flush, after which it would be compacted.
      if (resident.readers.size === 0) this.#compact(resident)
    }
  }

  #hearPresence(effect: GossipEffect & { type: 'presence' }, now: number): void {
    const { link, document, update } = effect
    const decoded = decodePresence(update)
    if (!decoded.ok)
      return this.#gossiped({ type: 'refused', link, rejection: decoded.rejection }, now)
    this.#spread(document, this.#presences.heard(document, decoded.value, now), now, link)
  }

  #tellPresence(only: LinkId, now: number): void {
    for (const document of this.#presences.documents()) {
      for (const update of this.#presences.everybody(document)) {
        this.#gossiped({ type: 'presence', document, update, only }, now)
      }
    }
  }
}
