import type { ReplicaId } from '@rejoin/protocol'

import type { Chance } from './chance.ts'
import type { LocalHealth } from './local-health.ts'
import { ProbeRound, shuffled } from './probe-round.ts'
import { Relays } from './relays.ts'
import type { RoundTrips } from './round-trips.ts'
import { SWIM_LIMITS, type SwimLimits } from './swim-limits.ts'
import type { SwimMessage, SwimTimer } from './swim-messages.ts'

export interface SwimOptions {
  readonly self: ReplicaId
  readonly chance: Chance
  readonly health: LocalHealth
  readonly roundTrips: RoundTrips
  /** The peers with an open link. */
  readonly neighbours: () => readonly ReplicaId[]
  /** Sends on the open link to `to`, or answers on the link that a question came by. */
  readonly send: (to: ReplicaId, message: SwimMessage) => void
  /** Finds out over a short connection whether `target` lives, and tells it with `visited`. */
  readonly visit: (target: ReplicaId, seq: number) => void
  /** Nobody could bring an answer from `target`: it may be down. Told again at each such probe. */
  readonly accuse: (target: ReplicaId, now: number) => void
  /** `target` lives, but the link to it is half-open. */
  readonly broken: (target: ReplicaId, now: number) => void
  readonly schedule: (timer: SwimTimer, delayMs: number) => void
  /** Without it this is the plain SWIM of 2002, to compare with. */
  readonly lifeguard?: boolean
  readonly limits?: SwimLimits
}

interface Probe {
  readonly target: ReplicaId
  readonly seq: number
  readonly sentAt: number
  /** Relays are asked on the way to `others`; one that would be judged late is `prolonged` first. */
  phase: 'direct' | 'others' | 'prolonged'
  readonly asked: Set<ReplicaId>
  /** Those of them who have said nothing. */
  readonly silent: Set<ReplicaId>
  /** What has shown that the target lives; of several what says most, in this order. */
  answer: 'acked' | 'heard' | 'relayed' | undefined
}

/**
 * Finds out which neighbours are down (SWIM: Das, Gupta, Motivala 2002; with Lifeguard). In each
 * period it pings one of them. When that takes too long, it asks a few others to ping it too, and when
 * these have brought no answer either, it accuses the neighbour. What comes of that is up to the
 * suspicions. There is one probe at a time, and what is kept of neighbours is dropped with them.
 */
export class Swim {
  readonly #options: SwimOptions
  readonly #limits: SwimLimits
  readonly #lifeguard: boolean
  readonly #round: ProbeRound
  readonly #relays: Relays
  #probe: Probe | undefined
  /** How often in a row each neighbour's answers came by relays only. */
  readonly #detours = new Map<ReplicaId, number>()
  #seq = 0
  #token = 0
  #dueAt = 0

  constructor(options: SwimOptions) {
    const { lifeguard = true, limits = SWIM_LIMITS } = options
    this.#options = options
    this.#limits = limits
    this.#lifeguard = lifeguard
    this.#round = new ProbeRound(options.chance)
    this.#relays = new Relays({ ...options, lifeguard, limits })
  }

  /** Probing begins, somewhere in the first period, as others may have started at the same moment. */
  started(now: number): void {
    this.#schedule(this.#options.chance.next() * this.#limits.periodMs, now)
  }

  timer(timer: SwimTimer, now: number): void {
    if (timer.kind === 'relay') return this.#relays.timer(timer)
    if (timer.token !== this.#token) return
    const lateMs = now - this.#dueAt
    this.#options.health.wasLate(lateMs)
    this.#goOn(now, this.#lifeguard && lateMs > this.#limits.lateMsMax)
  }

  #goOn(now: number, isLate: boolean): void {
    const probe = this.#probe
    if (probe?.phase === 'direct') {
      probe.phase = 'others'
      if (probe.answer === undefined) this.#askOthers(probe)
      return this.#schedule(this.#restMs(probe), now)
    }
    // Whatever has come while the process was held up is taken after its timers.
    if (probe?.phase === 'others' && probe.answer === undefined && isLate) {
      probe.phase = 'prolonged'
      return this.#schedule(this.#restMs(probe), now)
    }
    if (probe !== undefined) this.#judge(probe, now)
    this.#begin(now)
  }

  #restMs({ answer }: Probe): number {
    const { periodMs, timeoutMs, relayedMs } = this.#limits
    return (answer === undefined ? relayedMs : periodMs - timeoutMs) * this.#factor
  }

  get #factor(): number {
    return this.#lifeguard ? this.#options.health.factor : 1
  }

  #schedule(delayMs: number, now: number): void {
    this.#token += 1
    this.#dueAt = now + delayMs
    this.#options.schedule({ kind: 'probe', key: 0, token: this.#token }, delayMs)
  }

  #begin(now: number): void {
    const neighbours = this.#options.neighbours()
    this.#options.roundTrips.keep(neighbours)
    for (const replica of this.#detours.keys()) {
      if (!neighbours.includes(replica)) this.#detours.delete(replica)
    }
    const target = this.#round.next(neighbours)
    this.#probe = undefined
    if (target === undefined) return this.#schedule(this.#limits.periodMs, now)
    this.#seq += 1
    this.#probe = {
      target,
      seq: this.#seq,
      sentAt: now,
      phase: 'direct',
      asked: new Set(),
      silent: new Set(),
      answer: undefined,
    }
    this.#options.send(target, { type: 'ping', seq: this.#seq })
    this.#schedule(this.#limits.timeoutMs * this.#factor, now)
  }

  #askOthers({ target, seq, asked, silent }: Probe): void {
    const others = this.#options.neighbours().filter((replica) => replica !== target)
    for (const relay of shuffled(others, this.#options.chance).slice(0, this.#limits.relaysAsked)) {
      asked.add(relay)
      silent.add(relay)
      this.#options.send(relay, { type: 'ping-req', seq, target })
    }
  }

  #judge({ target, answer, asked, silent }: Probe, now: number): void {
    // How its link has ended is told elsewhere.
    if (!this.#options.neighbours().includes(target)) return
    if (answer !== 'relayed') this.#detours.delete(target)
    if (answer === undefined) {
      this.#options.health.failed(asked.size, silent.size)
      return this.#options.accuse(target, now)
    }
    if (answer !== 'heard') this.#options.health.succeeded()
    if (answer === 'relayed') this.#detoured(target, now)
  }

  // One ping that is lost or waits behind much else is nothing yet; but a link on which several in a
  // row get no answer from a peer that is up is half-open.
  #detoured(target: ReplicaId, now: number): void {
    const detours = (this.#detours.get(target) ?? 0) + 1
    this.#detours.set(target, detours)
    if (detours < this.#limits.detoursMax) return
    this.#detours.delete(target)
    this.#options.broken(target, now)
  }

  took(from: ReplicaId, message: SwimMessage, now: number): void {
    switch (message.type) {
      case 'ping':
        return this.#options.send(from, { type: 'ack', seq: message.seq })
      case 'ack':
        return this.#acked(from, message.seq, now)
      case 'nack':
        if (message.seq === this.#probe?.seq) this.#probe.silent.delete(from)
        return
      case 'ping-req':
        return this.#asked(from, message)
    }
  }

  #acked(from: ReplicaId, seq: number, now: number): void {
    const probe = this.#probe
    if (probe?.seq !== seq) return this.#relays.acked(from, seq)
    if (from === probe.target) {
      this.#options.roundTrips.record(from, now - probe.sentAt)
      probe.answer = 'acked'
    } else if (probe.asked.has(from)) probe.answer ??= 'relayed'
  }

  #asked(from: ReplicaId, request: SwimMessage & { type: 'ping-req' }): void {
    const { self, neighbours, send } = this.#options
    // Whoever comes on a visit has others nearer by to ask.
    if (!neighbours().includes(from)) return
    if (request.target === self) return send(from, { type: 'ack', seq: request.seq })
    this.#seq += 1
    this.#relays.asked(from, request, this.#seq)
  }

  /** How the visit `seq` ended. */
  visited(seq: number, isReached: boolean): void {
    this.#relays.visited(seq, isReached)
  }

  /**
   * A frame came from `replica`, whatever was in it. It shows, as an ack does, that its sender lives,
   * which matters when acks wait behind much else on the link. But it must have been sent after the
   * probe began: so it counts only from the timeout on, when what was sent before has long arrived.
   * What is older and comes still later spares one probe, and not the next. It does not end the probe:
   * only an ack tells that the way there is fine too, and how long it takes.
   */
  heardFrom(replica: ReplicaId): void {
    const probe = this.#probe
    if (probe === undefined || probe.target !== replica || probe.phase === 'direct') return
    if (probe.answer !== 'acked') probe.answer = 'heard'
  }
}
