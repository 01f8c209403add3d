import type { ReplicaId } from '@rejoin/protocol'

import { Chance } from '../src/chance.ts'
import { shuffled } from '../src/probe-round.ts'
import { SwimMember, type Frame, type Rumour, type Surroundings } from './swim-member.ts'

export interface Conditions {
  readonly seed: number
  /** An even number of members, each with five neighbours. */
  readonly members: number
  readonly lifeguard?: boolean
  /** The share of probing messages that get lost. */
  readonly loss?: number
  /** How many of them are slow now and then: the first ones. They are held up for 1 to 5 s at a time. */
  readonly slow?: number
  /** How much of what has come meanwhile these serve in between; all of it unless told. */
  readonly served?: number
}

interface Happening {
  readonly what: 'accused' | 'broken' | 'failed'
  readonly at: number
  readonly by: ReplicaId
  readonly of: ReplicaId
}

/** A process: what comes while it is held up waits, and its timers are served first, as in Node. */
class Process {
  readonly #timers: (() => void)[] = []
  readonly #frames: (() => void)[] = []
  isHeld = false
  isUp = true

  take(run: () => void, queue: 'timer' | 'frame'): void {
    if (!this.isUp) return
    if (!this.isHeld) return run()
    if (queue === 'timer') this.#timers.push(run)
    else this.#frames.push(run)
  }

  serve(count: number): void {
    for (let served = 0; served < count && this.isUp; served++) {
      const run = this.#timers.shift() ?? this.#frames.shift()
      if (run === undefined) return
      run()
    }
  }
}

const idOf = (index: number): ReplicaId => (index + 1).toString(16).padStart(16, '0') as ReplicaId

/**
 * Failure detectors in virtual time: each has five neighbours, over links that take 10 to 100 ms and
 * lose what `loss` says. What they tell everybody reaches each within 50 to 400 ms, as it would over a
 * few links of a broadcast that makes up for losses.
 */
export class SwimWorld implements Surroundings {
  readonly ids: readonly ReplicaId[]
  readonly happenings: Happening[] = []
  now = 0
  readonly #conditions: Conditions
  readonly #chance: Chance
  readonly #members = new Map<ReplicaId, SwimMember>()
  readonly #processes = new Map<ReplicaId, Process>()
  readonly #neighbours = new Map<ReplicaId, ReplicaId[]>()
  readonly #broken = new Set<string>()
  /** What is to happen at which millisecond. */
  readonly #agenda = new Map<number, (() => void)[]>()

  constructor(conditions: Conditions) {
    const { seed, members, lifeguard = true, slow = 0 } = conditions
    this.#conditions = conditions
    this.#chance = new Chance(seed)
    this.ids = Array.from({ length: members }, (_, index) => idOf(index))
    this.#link()
    for (const [index, self] of this.ids.entries()) {
      const chance = new Chance(seed * 1_000 + index)
      const now = (): number => this.now
      this.#processes.set(self, new Process())
      const member = new SwimMember({ self, world: this, now, chance, lifeguard })
      this.#members.set(self, member)
      member.start()
    }
    for (const [index, self] of this.ids.slice(0, slow).entries()) {
      this.#slowDown(self, new Chance(seed * 1_000_000 + index))
    }
  }

  get membersCount(): number {
    return this.ids.length
  }

  // Two rings and a matching in random order: whoever gets the same neighbour twice has it once.
  #link(): void {
    for (const step of [1, 1, 2]) {
      const order = shuffled(this.ids, this.#chance)
      for (let at = 0; at < order.length; at += step) {
        this.#join(order[at] as ReplicaId, order[(at + 1) % order.length] as ReplicaId)
      }
    }
  }

  #join(a: ReplicaId, b: ReplicaId): void {
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      const neighbours = this.#neighbours.get(from) ?? []
      if (!neighbours.includes(to)) this.#neighbours.set(from, [...neighbours, to])
    }
  }

  member(id: ReplicaId): SwimMember {
    return this.#members.get(id) as SwimMember
  }

  happened(what: Happening['what'], by: ReplicaId, of: ReplicaId): void {
    this.happenings.push({ what, at: this.now, by, of })
  }

  /** How often `what` happened to any of these. */
  count(what: Happening['what'], of: readonly ReplicaId[] = this.ids): number {
    return this.happenings.filter((it) => it.what === what && of.includes(it.of)).length
  }

  neighbours(self: ReplicaId): readonly ReplicaId[] {
    return this.#neighbours.get(self) ?? []
  }

  send(from: ReplicaId, to: ReplicaId, frame: Frame): void {
    if (this.#broken.has(from + to)) return
    if ('seq' in frame && this.#chance.next() < (this.#conditions.loss ?? 0)) return
    this.#carry(from, to, frame, this.#wayMs())
  }

  #carry(from: ReplicaId, to: ReplicaId, frame: Frame, delayMs: number): void {
    const run = (): void => this.member(to).took(from, frame)
    this.#at(delayMs, () => this.#processes.get(to)?.take(run, 'frame'))
  }

  // Three ways there and back, for the link, the greeting and the ping.
  visit(from: ReplicaId, to: ReplicaId, done: (isReached: boolean) => void): void {
    const end = (isReached: boolean): void =>
      this.#processes.get(from)?.take(() => done(isReached), 'frame')
    const wayMs = (): number => this.#wayMs() + this.#wayMs() + this.#wayMs()
    const answer = (): void => this.#at(wayMs(), () => end(true))
    this.#at(wayMs(), () => this.#processes.get(to)?.take(answer, 'frame'))
    this.#at(2_000, () => end(false))
  }

  #wayMs(): number {
    return 10 + this.#chance.next() * 90
  }

  spread(rumour: Rumour): void {
    for (const to of this.ids) {
      if (to !== rumour.by) this.#carry(rumour.by, to, rumour, 50 + this.#chance.next() * 350)
    }
  }

  wake(self: ReplicaId, delayMs: number, run: () => void): void {
    this.#at(delayMs, () => this.#processes.get(self)?.take(run, 'timer'))
  }

  #at(delayMs: number, run: () => void): void {
    const at = Math.max(this.now + Math.round(delayMs), this.now)
    const there = this.#agenda.get(at)
    if (there === undefined) this.#agenda.set(at, [run])
    else there.push(run)
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      // What takes no time is added while the millisecond is served, and belongs to it.
      for (const run of this.#agenda.get(this.now) ?? []) run()
      this.#agenda.delete(this.now)
    }
  }

  crash(id: ReplicaId): void {
    const process = this.#processes.get(id)
    if (process !== undefined) process.isUp = false
  }

  /** Nothing passes on the link any more, and neither end is told. */
  breakLink(a: ReplicaId, b: ReplicaId): void {
    this.#broken.add(a + b).add(b + a)
  }

  /** `id` does nothing for `ms`, and then serves `served` of what has come meanwhile. */
  hold(id: ReplicaId, ms: number, served = Infinity, then: () => void = () => undefined): void {
    const process = this.#processes.get(id) as Process
    process.isHeld = true
    this.#at(ms, () => {
      process.serve(served)
      process.isHeld = false
      then()
    })
  }

  // Now and then a slow process gets hardly any time, for a while.
  #slowDown(self: ReplicaId, chance: Chance): void {
    const between = (min: number, max: number): number => min + chance.next() * (max - min)
    this.#at(between(20_000, 100_000), () => {
      const endAt = this.now + between(10_000, 40_000)
      const goOn = (): void => {
        if (this.now < endAt) {
          return this.hold(self, between(1_000, 5_000), this.#conditions.served, goOn)
        }
        this.hold(self, 0, Infinity, () => this.#slowDown(self, chance))
      }
      goOn()
    })
  }
}
