import type { ReplicaId } from '@rejoin/protocol'

import type { Chance } from '../src/chance.ts'
import { LocalHealth } from '../src/local-health.ts'
import { RoundTrips } from '../src/round-trips.ts'
import { Suspicions, type SuspicionTimer } from '../src/suspicions.ts'
import type { SwimMessage, SwimTimer } from '../src/swim-messages.ts'
import { Swim } from '../src/swim.ts'

/** What goes round about a member. */
export interface Rumour {
  readonly type: 'suspect' | 'alive' | 'failed'
  readonly member: ReplicaId
  readonly incarnation: number
  readonly by: ReplicaId
}

export type Frame = SwimMessage | Rumour

/** What a member sees of its world. */
export interface Surroundings {
  readonly membersCount: number
  readonly neighbours: (self: ReplicaId) => readonly ReplicaId[]
  readonly send: (from: ReplicaId, to: ReplicaId, frame: Frame) => void
  readonly visit: (from: ReplicaId, to: ReplicaId, done: (isReached: boolean) => void) => void
  readonly spread: (rumour: Rumour) => void
  readonly wake: (self: ReplicaId, delayMs: number, run: () => void) => void
  readonly happened: (what: 'accused' | 'broken' | 'failed', by: ReplicaId, of: ReplicaId) => void
}

/** One replica's failure detector, and the rules about incarnations that go with it. */
export class SwimMember {
  readonly health = new LocalHealth()
  readonly roundTrips = new RoundTrips()
  readonly #self: ReplicaId
  readonly #world: Surroundings
  readonly #now: () => number
  readonly #swim: Swim
  readonly #suspicions: Suspicions
  readonly #incarnations = new Map<ReplicaId, number>()
  readonly #failed = new Set<ReplicaId>()

  constructor(options: {
    self: ReplicaId
    world: Surroundings
    now: () => number
    chance: Chance
    lifeguard: boolean
  }) {
    const { self, world, lifeguard } = options
    this.#self = self
    this.#world = world
    this.#now = options.now
    this.#swim = new Swim({
      ...options,
      health: this.health,
      roundTrips: this.roundTrips,
      neighbours: () => world.neighbours(self).filter((replica) => !this.#failed.has(replica)),
      send: (to, message) => this.#send(to, message),
      visit: (target, seq) =>
        world.visit(self, target, (isReached) => this.#swim.visited(seq, isReached)),
      accuse: (target) => this.#accuse(target),
      broken: (target) => world.happened('broken', self, target),
      schedule: (timer, delayMs) => this.#schedule(timer, delayMs),
    })
    this.#suspicions = new Suspicions({
      members: () => world.membersCount,
      failed: (member, incarnation) => this.#expired(member, incarnation),
      schedule: (timer, delayMs) => this.#schedule(timer, delayMs),
      lifeguard,
    })
  }

  start(): void {
    this.#swim.started(this.#now())
  }

  hasFailed(replica: ReplicaId): boolean {
    return this.#failed.has(replica)
  }

  suspects(replica: ReplicaId): boolean {
    return this.#suspicions.of(replica) !== undefined
  }

  incarnationOf(replica: ReplicaId): number {
    return this.#incarnations.get(replica) ?? 0
  }

  #schedule(timer: SwimTimer | SuspicionTimer, delayMs: number): void {
    this.#world.wake(this.#self, delayMs, () => {
      if (timer.kind === 'suspicion') this.#suspicions.timer(timer, this.#now())
      else this.#swim.timer(timer, this.#now())
    })
  }

  // Whoever is pinged is told of the suspicion too, if there is one (Lifeguard's buddy system).
  #send(to: ReplicaId, message: SwimMessage): void {
    const incarnation = this.#suspicions.of(to)
    if (message.type === 'ping' && incarnation !== undefined) {
      const rumour = { type: 'suspect', member: to, incarnation, by: this.#self } as const
      this.#world.send(this.#self, to, rumour)
    }
    this.#world.send(this.#self, to, message)
  }

  #accuse(target: ReplicaId): void {
    this.#world.happened('accused', this.#self, target)
    this.#suspected({
      type: 'suspect',
      member: target,
      incarnation: this.incarnationOf(target),
      by: this.#self,
    })
  }

  #expired(member: ReplicaId, incarnation: number): void {
    this.#world.happened('failed', this.#self, member)
    this.#failed.add(member)
    this.#world.spread({ type: 'failed', member, incarnation, by: this.#self })
  }

  took(from: ReplicaId, frame: Frame): void {
    this.#swim.heardFrom(from)
    if ('seq' in frame) return this.#swim.took(from, frame, this.#now())
    if (frame.member === this.#self) return this.#refute(frame)
    if (frame.type === 'alive') return this.#alive(frame)
    if (frame.type === 'suspect') return this.#suspected(frame)
    this.#down(frame)
  }

  #refute({ type, incarnation }: Rumour): void {
    const own = this.incarnationOf(this.#self)
    if (type === 'alive' || incarnation < own) return
    this.health.refuted()
    this.#incarnations.set(this.#self, incarnation + 1)
    const by = this.#self
    this.#world.spread({ type: 'alive', member: by, incarnation: incarnation + 1, by })
  }

  #alive({ member, incarnation }: Rumour): void {
    if (incarnation <= this.incarnationOf(member)) return
    this.#incarnations.set(member, incarnation)
    this.#suspicions.refuted(member, incarnation)
    this.#failed.delete(member)
  }

  #suspected({ member, incarnation, by }: Rumour): void {
    const known = this.incarnationOf(member)
    if (incarnation < known || (incarnation === known && this.#failed.has(member))) return
    this.#incarnations.set(member, incarnation)
    this.#failed.delete(member)
    const isNews = this.#suspicions.suspected(member, incarnation, by, this.#now())
    if (isNews && by === this.#self) {
      this.#world.spread({ type: 'suspect', member, incarnation, by })
    }
  }

  #down({ member, incarnation }: Rumour): void {
    if (incarnation < this.incarnationOf(member)) return
    this.#incarnations.set(member, incarnation)
    this.#suspicions.cleared(member)
    this.#failed.add(member)
  }
}
