import type { ReplicaId } from '@rejoin/protocol'

import { Chance } from '../src/chance.ts'
import { LocalHealth } from '../src/local-health.ts'
import { RoundTrips } from '../src/round-trips.ts'
import type { SwimMessage, SwimTimer } from '../src/swim-messages.ts'
import { Swim } from '../src/swim.ts'
import { id } from './rig.ts'

/** One failure detector in a test's hands, that of replica 5555…. */
export class SwimRig {
  readonly health = new LocalHealth()
  readonly roundTrips = new RoundTrips()
  readonly swim: Swim
  /** What it accused, and what links it held for broken. */
  readonly verdicts: string[] = []
  readonly visits: { readonly target: ReplicaId; readonly seq: number }[] = []
  neighbours: readonly ReplicaId[]
  now = 0
  #sent: { readonly to: ReplicaId; readonly message: SwimMessage }[] = []
  #timers: { readonly timer: SwimTimer; readonly at: number }[] = []

  constructor(letters: string, lifeguard = true) {
    this.neighbours = letters.split('').map(id)
    this.swim = new Swim({
      self: id('5'),
      chance: new Chance(1),
      health: this.health,
      roundTrips: this.roundTrips,
      neighbours: () => this.neighbours,
      send: (to, message) => this.#sent.push({ to, message }),
      visit: (target, seq) => this.visits.push({ target, seq }),
      accuse: (target) => this.verdicts.push(`${target[0]} accused`),
      broken: (target) => this.verdicts.push(`${target[0]} broken`),
      schedule: (timer, delayMs) => this.#timers.push({ timer, at: this.now + delayMs }),
      lifeguard,
    })
  }

  /** Begins probing, and stops the clock as the first period begins. */
  start(): void {
    this.swim.started(this.now)
    const [first] = this.#timers
    this.run((first?.at ?? 0) - this.now)
  }

  takes(from: ReplicaId, message: SwimMessage): void {
    this.swim.took(from, message, this.now)
  }

  /** Lets time pass, and each timer come when it is due. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.now = next.at
      this.#fire(next)
    }
    this.now = end
  }

  /** Lets time pass, as while the process is held up, and then all timers that are due come. */
  hold(ms: number): void {
    this.now += ms
    const due = this.#timers.filter(({ at }) => at <= this.now)
    for (const next of due.toSorted((a, b) => a.at - b.at)) this.#fire(next)
  }

  #fire(next: { readonly timer: SwimTimer; readonly at: number }): void {
    this.#timers.splice(this.#timers.indexOf(next), 1)
    this.swim.timer(next.timer, this.now)
    // One that comes a second time is stale.
    if (next.timer.kind === 'probe') this.swim.timer(next.timer, this.now)
  }

  /** What was sent since it was last asked, of one type or of all. */
  sent<Type extends SwimMessage['type']>(
    type: Type,
  ): { readonly to: ReplicaId; readonly message: Extract<SwimMessage, { type: Type }> }[] {
    const isIt = ({ message }: { message: SwimMessage }): boolean => message.type === type
    const taken = this.#sent.filter(isIt)
    this.#sent = this.#sent.filter((it) => !isIt(it))
    return taken as ReturnType<typeof this.sent<Type>>
  }

  /** The ping of the probe that began last. */
  pinged(): { readonly target: ReplicaId; readonly seq: number } {
    const { to, message } = this.sent('ping').at(-1) as ReturnType<typeof this.sent<'ping'>>[0]
    return { target: to, seq: message.seq }
  }
}
