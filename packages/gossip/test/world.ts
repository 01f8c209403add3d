import type { GossipEffect, GossipEvent, LinkId } from '@rejoin/gossip'
import {
  covers,
  decodeReplicaMessage,
  EMPTY_VERSION,
  encodeReplicaMessage,
  join,
  NO_TAGS,
  type RejectionCode,
  type ReplicaId,
  type ReplicaMessage,
  type Tags,
} from '@rejoin/protocol'

import { Chance } from '../src/chance.ts'
import { WorldLinks, type LinksHost } from './world-links.ts'
import { WorldReplica, type Surroundings } from './world-replica.ts'

export interface WorldOptions {
  readonly replicas: number
  readonly seed: number
  /** Whether all know each other from the beginning; else each is given the first one's address. */
  readonly remembered?: boolean
  /** Members up to which there is a full mesh; left out: so few that these worlds have partial views. */
  readonly meshMax?: number
}

/** A frame that one replica sends to another. */
export interface Seen {
  readonly from: WorldReplica
  readonly to: WorldReplica
  readonly message: ReplicaMessage
}

/**
 * Gossip machines on virtual time, with links between them. All that is left to chance is drawn from a
 * seed. At each `have` that arrives it is noted whether who hears it knows every member that its sender
 * knew as it was sent: whoever knows a version knows these (rule L6).
 */
export class World implements LinksHost, Surroundings {
  now = 0
  readonly replicas: WorldReplica[] = []
  readonly links: WorldLinks
  readonly chance: Chance
  /** Called with each frame that is sent. */
  onFrame: ((seen: Seen) => void) | undefined
  /** Called with each link that somebody closes, and the reason. */
  onClose: (code: RejectionCode) => void = () => undefined
  /** Called after each event that a replica took. */
  onStep: (replica: WorldReplica) => void = () => undefined
  /** Of whom somebody was not told in time. */
  readonly untold: string[] = []
  readonly #options: WorldOptions
  readonly #electorates = new Map<WorldReplica, Electorate>()
  readonly #agenda = new Map<number, (() => void)[]>()

  constructor(options: WorldOptions) {
    this.#options = options
    this.chance = new Chance(options.seed)
    this.links = new WorldLinks(this, options.seed)
    for (let place = 0; place < options.replicas; place++) this.add()
    if (options.remembered !== true) return
    const all = this.replicas.map(({ id, address }) => {
      return { replica: id, address, version: EMPTY_VERSION, retired: false }
    })
    for (const replica of this.replicas) replica.remembers(all)
  }

  /** One more, which is to be started. */
  add(): WorldReplica {
    const place = this.replicas.length
    const half = (bits: number): string => bits.toString(16).padStart(8, '0')
    // In no order, as ids are.
    const id = half(Math.floor(this.chance.next() * 0xffffffff)) + half(place)
    const replica = new WorldReplica(this, place, id as ReplicaId, this.#options.meshMax)
    this.replicas.push(replica)
    return replica
  }

  /** Starts all, or these, and lets time pass. */
  start(ms: number, replicas: readonly WorldReplica[] = this.replicas, tags: Tags = NO_TAGS): void {
    for (const replica of replicas) {
      const knowsAll = this.#options.remembered === true && replica.place < this.#options.replicas
      const peers = knowsAll || replica.place === 0 ? [] : [this.replica(0).address]
      replica.hasPower = true
      this.links.cameBack(replica.place)
      replica.start(peers, this.#options.seed, tags)
    }
    this.run(ms)
  }

  replica(place: number): WorldReplica {
    return this.replicas[place] as WorldReplica
  }

  up(): WorldReplica[] {
    return this.replicas.filter(({ isUp }) => isUp)
  }

  isUp(place: number): boolean {
    return this.replica(place).isUp
  }

  hasPower(place: number): boolean {
    return this.replica(place).hasPower
  }

  take(place: number, event: GossipEvent): void {
    this.replica(place).take(event)
  }

  stepped(replica: WorldReplica): void {
    this.onStep(replica)
  }

  /** The process ends, and its host resets its links unless it has lost power. */
  kill(replica: WorldReplica, death: 'process' | 'power'): void {
    replica.stop()
    replica.hasPower = death === 'process'
    this.links.died(replica.place, replica.hasPower)
  }

  /** Takes a member out for good; `by` is where an operator says so. */
  retire(replica: WorldReplica, by: WorldReplica, state: 'left' | 'removed' = 'removed'): void {
    by.take({ type: 'retire', replica: replica.id, state })
  }

  carryOut(replica: WorldReplica, effect: GossipEffect): void {
    switch (effect.type) {
      case 'send':
        for (const link of effect.links) this.#send(replica, link, effect.frame)
        return
      case 'schedule':
        return this.later(replica, effect.delayMs, { type: 'timer', timer: effect.timer })
      case 'dial': {
        const to = this.replicas.find(({ address }) => address === effect.address)
        if (to === undefined) throw new Error(`nobody is at ${effect.address}`)
        return this.links.dial(replica.place, to.place, effect.address)
      }
      case 'close':
        this.onClose(effect.rejection.code)
        return this.links.close(effect.link, effect.rejection.code)
      case 'rejected':
        if (effect.rejection.code === 'malformed') throw new Error(effect.rejection.reason)
        return
      default:
    }
  }

  #send(from: WorldReplica, link: LinkId, frame: Uint8Array): void {
    const to = this.replica(this.links.peer(link))
    if (this.onFrame !== undefined) this.onFrame({ from, to, message: decoded(frame) })
    const known = frame[0] === HAVE ? this.#electorateOf(from) : undefined
    this.links.send(link, frame, () => {
      if (known === undefined || !to.isUp || knows(to, known)) return
      this.untold.push(`${from.place} told ${to.place} of versions first, at ${this.now} ms`)
    })
  }

  /** Made anew only when it has changed. */
  #electorateOf(replica: WorldReplica): Electorate {
    const [before, sum] = [this.#electorates.get(replica), sumOf(replica)]
    if (before?.sum === sum) return before
    const { electorate } = replica.gossip.membership
    const ids = [...electorate.between(0, electorate.size)].map(([id]) => id)
    this.#electorates.set(replica, { sum, ids })
    return { sum, ids }
  }

  later(replica: WorldReplica, delayMs: number, event: GossipEvent): void {
    const { run } = replica
    this.after(delayMs, () => {
      if (replica.run === run) replica.take(event)
    })
  }

  after(ms: number, then: () => void): void {
    const at = this.now + Math.max(0, Math.round(ms))
    const there = this.#agenda.get(at)
    if (there === undefined) this.#agenda.set(at, [then])
    else there.push(then)
  }

  /** Lets time pass. What takes no time happens in the millisecond in which it was begun. */
  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      for (const then of this.#agenda.get(this.now) ?? []) then()
      this.#agenda.delete(this.now)
    }
  }

  /** Lets time pass until something is so, in steps of 100 ms; answers how long that took, in ms. */
  runUntil(isSo: () => boolean, limitMs: number): number {
    const began = this.now
    while (!isSo() && this.now - began < limitMs) this.run(100)
    return isSo() ? this.now - began : Infinity
  }

  /** Whether those that are up hold the same, and all that any of them holds. */
  get areEqual(): boolean {
    const up = this.up().map(({ log }) => log.applied)
    const all = join(up)
    return up.every((version) => covers(version, all))
  }
}

/** A message's type is its first byte. */
const HAVE = encodeReplicaMessage({ type: 'have', heads: new Map(), members: new Map() })[0]

function decoded(frame: Uint8Array): ReplicaMessage {
  const result = decodeReplicaMessage(frame)
  if (!result.ok) throw new Error(result.rejection.reason)
  return result.value
}

/** The members that somebody counts, with the sum of their fingerprints. */
interface Electorate {
  readonly sum: string
  readonly ids: readonly ReplicaId[]
}

function sumOf({ gossip }: WorldReplica): string {
  const { electorate } = gossip.membership
  const { left, right } = electorate.sum(0, electorate.size)
  return `${left} ${right}`
}

function knows(replica: WorldReplica, { sum, ids }: Electorate): boolean {
  const { membership } = replica.gossip
  if (sumOf(replica) === sum) return true
  return ids.every((id) => id === replica.id || membership.get(id) !== undefined)
}
