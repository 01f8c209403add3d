import { SWIM_LIMITS, type SwimLimits } from './swim-limits.ts'

/**
 * How far this replica can trust its own judgement (Lifeguard, Dadgar, Phillips, Currey 2017): a
 * score from 0, well, to `healthScores` − 1. Who is slow itself finds others slow, so with the score
 * grow its patience with them and the time between its probes.
 */
export class LocalHealth {
  readonly #limits: SwimLimits
  #score = 0

  constructor(limits: SwimLimits = SWIM_LIMITS) {
    this.#limits = limits
  }

  get score(): number {
    return this.#score
  }

  /** What the period and the timeout are multiplied with, from 1 to `healthScores`. */
  get factor(): number {
    return this.#score + 1
  }

  /** A probe was answered. */
  succeeded(): void {
    this.#set(this.#score - 1)
  }

  /**
   * Nobody answered a probe, and of the `asked` relays `silent` did not even say that they are at it.
   * If all did, the fault lies elsewhere; if there was nobody to ask, it may lie here.
   */
  failed(asked: number, silent: number): void {
    this.#set(this.#score + (asked === 0 ? 1 : silent))
  }

  /** This replica had to refute that it is down: it has not answered in time. */
  refuted(): void {
    this.#set(this.#score + 1)
  }

  /**
   * An own timer came `lateMs` late, so that the process was held up for as long; what the others sent
   * meanwhile comes after it. Lifeguard has no such event, as only a machine that is told the time
   * sees it. The score becomes the least with which the timeout outlasts such a pause.
   */
  wasLate(lateMs: number): void {
    this.#set(Math.max(this.#score, Math.floor(lateMs / this.#limits.timeoutMs)))
  }

  #set(score: number): void {
    this.#score = Math.max(0, Math.min(this.#limits.healthScores - 1, score))
  }
}
