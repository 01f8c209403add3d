import {
  Gossip,
  RememberedMembers,
  type GossipEffect,
  type GossipEvent,
  type KnownMember,
  type LinkId,
  type MessageCounts,
} from '@rejoin/gossip'
import {
  CHAIN_START,
  decodePresence,
  type Heads,
  type MemberRecord,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'

import type { Backlog } from './backlog.ts'
import { Compacting } from './compacting.ts'
import { Editing } from './editing.ts'
import type {
  EngineEffect,
  EngineEvent,
  EngineTimer,
  SessionEvent,
  SessionId,
  StoreEvent,
} from './events.ts'
import { GroupCommit } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { linkView, type LinkView } from './link-view.ts'
import { Log } from './log.ts'
import type { EngineOptions } from './options.ts'
import { Presences } from './presences.ts'
import { Reading } from './reading.ts'
import { Receiving } from './receiving.ts'
import { Remembering } from './remembering.ts'
import { Residents } from './residents.ts'
import { Sessions } from './sessions.ts'
import { stabilityOf, type Stability } from './stability.ts'
import { FOREIGN_NOTE, Storing } from './storing.ts'

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
  readonly #receiving: Receiving
  readonly #storing: Storing
  readonly #cuts: readonly ReplicaId[]
  /** Whether another program has written to the store. */
  readonly #isForeign: boolean
  /** Its id can't be used any longer: it takes no more events, and another takes its place. */
  #disowned = false
  #sealing = false
  #statusChanged = false
  #out: EngineEffect[] = []

  constructor(options: EngineOptions) {
    const { replica, heads, floors, members, cuts } = options.stored
    const log = new Log({
      self: replica,
      heads,
      floors,
      isVoid: (origin, seq, by) => this.#gossip.isVoid(origin, seq, by),
    })
    const emit = (effect: EngineEffect): void => this.#emit(effect)
    const [residents, commit] = [this.#residents, this.#commit]
    const sessions = new Sessions(emit)
    const presences = new Presences({ residents, sessions, emit })
    const compacting = new Compacting({ residents, emit })
    const reading = new Reading({ residents, sessions, presences, commit, compacting, emit })
    const editing = new Editing({
      residents,
      sessions,
      reading,
      commit,
      emit,
      ack: (waiter) => this.#storing.acknowledge([waiter]),
    })
    const receiving = new Receiving({ log, residents, commit, editing, reading, emit })
    const { retention } = options
    const parts = { log, commit, residents, reading, editing, receiving, compacting }
    this.replica = replica
    this.#cuts = cuts
    this.#isForeign = options.stored.notes.has(FOREIGN_NOTE)
    this.#log = log
    this.#gossip = gossipOf(options, log)
    log.runAhead(this.#gossip.ahead)
    this.#sessions = sessions
    this.#presences = presences
    this.#reading = reading
    this.#remembering = new Remembering(members, { commit, emit })
    this.#editing = editing
    this.#receiving = receiving
    this.#storing = new Storing({ ...parts, replica, retention, emit })
  }

  /** What this replica has: everything that is durable here. */
  get version(): Version {
    return this.#log.version()
  }

  /** What has left the log of each origin. */
  get floors(): Heads {
    return this.#log.floors
  }

  /** `R`, `U` and the divergence, as far as this replica knows. */
  get stability(): Stability {
    return stabilityOf(this.version, this.#gossip)
  }

  get members(): KnownMember[] {
    return [...this.#gossip.membership.all()]
  }

  /** Addresses whose replica nobody has met. */
  get unmet(): string[] {
    return this.#gossip.unmet()
  }

  linkTo(member: KnownMember): LinkView {
    return linkView(this.#gossip, member)
  }

  /** What this replica says of itself. */
  get own(): MemberRecord {
    return this.#gossip.membership.own
  }

  /** How many messages of the application came and went. */
  get messages(): MessageCounts {
    return this.#gossip.messages.counts
  }

  /** Lifeguard's score of this replica's own health: 0 is well, and the worst is 7. */
  get health(): number {
    return this.#gossip.detection.health.score
  }

  /** Why nothing becomes durable any more; `undefined` while all is well. */
  get failure(): string | undefined {
    return this.#commit.failure
  }

  /** Documents that are damaged here and not repaired yet. */
  get damagedDocuments(): string[] {
    return this.#storing.damaged
  }

  /** What waits here, in queues that have bounds. */
  get backlog(): Backlog {
    const { parkedBytes } = this.#residents
    return { ...this.#commit.backlog, ...this.#log.backlog, parkedBytes }
  }

  /** Whether everything that was accepted is durable. */
  get isSettled(): boolean {
    return this.#commit.isIdle
  }

  step(event: EngineEvent, now: number): EngineEffect[] {
    if (this.#disowned) return []
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
        return this.#start(now)
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
      case 'linked':
      case 'frame':
      case 'unlinked':
      case 'dial-failed':
      case 'blocked':
      case 'drained':
      case 'served':
      case 'cut':
      case 'mended':
      case 'retire':
      case 'retag':
      case 'broadcast':
      case 'farewell':
        return this.#gossiped(event, now)
      default:
        return this.#store(event, now)
    }
  }

  #start(now: number): void {
    this.#schedule({ kind: 'presence' }, ENGINE_LIMITS.presenceMs / 3)
    this.#schedule({ kind: 'trim' }, ENGINE_LIMITS.trimMs)
    for (const origin of this.#cuts) {
      this.#storing.rollbacks.begin(origin, this.#log.heads.get(origin)?.seq ?? 0)
    }
    if (this.#isForeign) this.#storing.adopt()
    this.#gossiped({ type: 'started' }, now)
  }

  #timer(timer: EngineTimer, now: number): void {
    switch (timer.kind) {
      case 'gossip':
        return this.#gossiped({ type: 'timer', timer: timer.timer }, now)
      case 'seal':
        this.#sealing = false
        return this.#storing.seal()
      case 'flush':
        return this.#reading.flush(timer.document, timer.token, now)
      case 'presence':
        this.#presences.expire(now)
        return this.#schedule(timer, ENGINE_LIMITS.presenceMs / 3)
      case 'trim':
        this.#schedule(timer, ENGINE_LIMITS.trimMs)
        return this.#emit({ type: 'measure' })
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
    this.#heed(this.#storing.take(event, this.#gossip, now), now)
    this.#seeRetired()
  }

  #seeRetired(): void {
    if (this.#log.ahead.size === 0) return
    for (const { replica } of this.#gossip.membership.retired()) this.#storing.retired(replica)
  }

  #heed(heard: readonly GossipEvent[], now: number): void {
    for (const event of heard) this.#gossiped(event, now)
  }

  /** One `seal` and one `status` a turn are enough: they take everything that has gathered by then. */
  #emit(effect: EngineEffect): void {
    if (effect.type === 'status') {
      this.#statusChanged = true
      return
    }
    if (effect.type === 'schedule' && effect.timer.kind === 'seal') {
      if (this.#sealing) return
      this.#sealing = true
    }
    this.#out.push(effect)
  }

  #schedule(timer: EngineTimer, delayMs: number): void {
    this.#emit({ type: 'schedule', timer, delayMs })
  }

  #gossiped(event: GossipEvent | undefined, now: number): void {
    if (event === undefined) return
    for (const effect of this.#gossip.step(event, now)) this.#carryOut(effect, now)
  }

  #carryOut(effect: GossipEffect, now: number): void {
    switch (effect.type) {
      case 'schedule':
        return this.#schedule({ kind: 'gossip', timer: effect.timer }, effect.delayMs)
      case 'entries':
        return this.#gossiped(this.#receiving.entries(effect, now), now)
      case 'snapshots':
        return this.#heed(this.#storing.snapshots(effect, now), now)
      case 'fetched':
        return this.#heed(this.#storing.fetched(effect), now)
      case 'rollback':
        return this.#storing.rollbacks.begin(effect.origin, effect.seq)
      case 'disowned':
        return this.#disown(effect.keep, effect.reason)
      case 'presence':
        return this.#hearPresence(effect, now)
      case 'greeted':
        return this.#tellPresence(effect.link, now)
      case 'ahead':
        return this.#receiving.ahead(effect)
      case 'members':
        this.#statusChanged = true
        this.#seeRetired()
        this.#receiving.released(now)
        return this.#remembering.remember(effect.changed, this.#gossip)
      case 'links':
        this.#statusChanged = true
        return
      case 'member':
      case 'message':
      case 'dial':
      case 'send':
      case 'serve':
      case 'close':
      case 'read':
      case 'read-documents':
      case 'rejected':
        return this.#emit(effect)
    }
  }

  #disown(keep: number, reason: string): void {
    if (this.#disowned) return
    this.#disowned = true
    this.#emit({ type: 'renew', keep, reason })
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

function gossipOf(options: EngineOptions, log: Log): Gossip {
  const { stored, run, address, tags, peers, seed, meshMax } = options
  const { replica: self, notes, heads } = stored
  const members = new RememberedMembers(stored.members)
  const chain = heads.get(self)?.hash ?? CHAIN_START
  const known = { self, members, log, notes, chain }
  return new Gossip({ ...known, run, address, tags, peers, seed, meshMax })
}
