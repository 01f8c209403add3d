import {
  Gossip,
  RememberedMembers,
  type GossipEffect,
  type GossipEvent,
  type Member,
  type MemberChange,
} from '@rejoin/gossip'
import { CHAIN_START, NO_TAGS, type Dot, type ReplicaId, type Tags } from '@rejoin/protocol'

import { WorldLog } from './world-log.ts'

/** What a replica asks of its world. */
export interface Surroundings {
  readonly now: number
  later(replica: WorldReplica, delayMs: number, event: GossipEvent): void
  carryOut(replica: WorldReplica, effect: GossipEffect): void
  /** `replica` has taken an event, whole. */
  stepped(replica: WorldReplica): void
}

/** A replica in a test's world: a disk, and a process that may be gone. */
export class WorldReplica {
  readonly place: number
  readonly id: ReplicaId
  readonly address: string
  readonly log: WorldLog
  /** What people were told of members, by the members' ids. */
  readonly changes: { readonly change: MemberChange; readonly of: ReplicaId }[] = []
  /** Starts so far: timers of an earlier process are not this one's. */
  run = 0
  /** Why its id was given up, once it was. */
  disowned: string | undefined
  hasPower = true
  #remembered: readonly Member[] = []
  #gossip: Gossip | undefined
  readonly #world: Surroundings
  readonly #meshMax: number

  constructor(world: Surroundings, place: number, id: ReplicaId, meshMax: number = 8) {
    this.#meshMax = meshMax
    this.#world = world
    this.place = place
    this.id = id
    this.address = `at ${place}`
    this.log = new WorldLog(id)
  }

  get isUp(): boolean {
    return this.#gossip !== undefined
  }

  get gossip(): Gossip {
    if (this.#gossip === undefined) throw new Error(`replica ${this.place} is down`)
    return this.#gossip
  }

  remembers(members: readonly Member[]): void {
    this.#remembered = members
  }

  start(peers: readonly string[], seed: number, tags: Tags = NO_TAGS): void {
    this.run += 1
    this.#gossip = new Gossip({
      self: this.id,
      run: this.run.toString(16).padStart(16, '0'),
      address: this.address,
      tags,
      peers,
      members: new RememberedMembers(this.#remembered),
      log: this.log,
      notes: new Map(),
      chain: this.log.heads.get(this.id)?.hash ?? CHAIN_START,
      seed: seed * 1_000 + this.place * 10 + this.run,
      meshMax: this.#meshMax,
    })
    this.take({ type: 'started' })
  }

  /** The process ends; what it knew of the members is on its disk. */
  stop(): void {
    const { membership } = this.gossip
    this.#remembered = [...membership.all(), ...membership.retired()]
    this.#gossip = undefined
  }

  take(event: GossipEvent): void {
    if (this.#gossip === undefined) return
    for (const effect of this.#gossip.step(event, this.#world.now)) this.#carryOut(effect)
    this.#world.stepped(this)
  }

  #carryOut(effect: GossipEffect): void {
    switch (effect.type) {
      case 'entries': {
        const { link, series, isPushed } = effect
        this.take({ type: 'took', link, isPushed, ...this.log.take(series) })
        return this.take({ type: 'advanced', own: [] })
      }
      case 'read': {
        const { link, range } = effect
        return this.#later({ type: 'read', link, range, found: this.log.read(range) })
      }
      case 'serve': {
        const { link, frame } = effect
        this.#world.carryOut(this, { type: 'send', links: [link], frame })
        return this.#later({ type: 'served', link })
      }
      case 'member':
        this.changes.push({ change: effect.change, of: effect.member.replica })
        return
      case 'disowned':
        this.disowned = effect.reason
        return
      default:
        this.#world.carryOut(this, effect)
    }
  }

  #later(event: GossipEvent): void {
    this.#world.later(this, 1, event)
  }

  publish(): Dot {
    const sealed = this.log.publish()
    this.take({ type: 'advanced', own: [sealed] })
    return sealed.dot
  }
}
