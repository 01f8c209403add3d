import type { ReplicaId } from '@rejoin/protocol'

import { SWIM_LIMITS, type SwimLimits } from './swim-limits.ts'

/** A timer that comes back with another token than its suspicion's newest is stale, and ignored. */
export interface SuspicionTimer {
  readonly kind: 'suspicion'
  readonly key: ReplicaId
  readonly token: number
}

export interface SuspicionsOptions {
  /** How many members there are, this replica and the accused one included. */
  readonly members: () => number
  /** Nobody has refuted in time that `member` is down. */
  readonly failed: (member: ReplicaId, incarnation: number, now: number) => void
  readonly schedule: (timer: SuspicionTimer, delayMs: number) => void
  /** Without it each suspicion lasts as long as the least, as in the plain SWIM of 2002. */
  readonly lifeguard?: boolean
  readonly limits?: SwimLimits
}

interface Suspicion {
  readonly incarnation: number
  readonly since: number
  readonly span: Span
  /** Whose accusations counted; at most one more than the confirmations that are needed. */
  readonly accusers: Set<ReplicaId>
  token: number
  dueAt: number
  isProlonged: boolean
}

/** How long a suspicion may last, in ms, and the confirmations that bring it down to the least. */
interface Span {
  readonly minMs: number
  readonly maxMs: number
  readonly confirmations: number
}

/**
 * The members that are accused of being down, until they refute it or the time for that is over. One
 * accuser may be at fault itself, so it has to wait long; with each further one, independent of it,
 * the wait gets shorter (Lifeguard). That an accusation may still be refuted, and that it is not one
 * of an incarnation long past, only the caller knows.
 */
export class Suspicions {
  readonly #options: SuspicionsOptions
  readonly #limits: SwimLimits
  readonly #lifeguard: boolean
  readonly #suspicions = new Map<ReplicaId, Suspicion>()
  #token = 0

  constructor(options: SuspicionsOptions) {
    this.#options = options
    this.#limits = options.limits ?? SWIM_LIMITS
    this.#lifeguard = options.lifeguard ?? true
  }

  /** The incarnation in which `member` is suspected, if it is: whoever pings it tells it that too. */
  of(member: ReplicaId): number | undefined {
    return this.#suspicions.get(member)?.incarnation
  }

  /** The replica `by` accuses `member`; returns whether that is news, to be passed on. */
  suspected(member: ReplicaId, incarnation: number, by: ReplicaId, now: number): boolean {
    const known = this.#suspicions.get(member)
    if (known === undefined && this.#suspicions.size >= this.#limits.suspicionsMax) return false
    // An accusation of a later incarnation tells that the member has refuted those before.
    if (known === undefined || known.incarnation < incarnation) {
      this.#begin(member, incarnation, by, now)
      return true
    }
    return known.incarnation === incarnation && this.#confirm(member, known, by, now)
  }

  #begin(member: ReplicaId, incarnation: number, by: ReplicaId, now: number): void {
    const span = this.#span()
    const accusers = new Set([by])
    const times = { since: now, span, token: 0, dueAt: 0, isProlonged: false }
    const suspicion = { incarnation, accusers, ...times }
    this.#suspicions.set(member, suspicion)
    this.#schedule(member, suspicion, suspicionMs(span, 0), now)
  }

  #span(): Span {
    const { suspicionFactor, suspicionSpan, confirmations, periodMs } = this.#limits
    const members = this.#options.members()
    const minMs = suspicionFactor * Math.max(1, Math.log10(Math.max(1, members))) * periodMs
    // Where there are not enough others to confirm anything, none is waited for.
    const isConfirmable = this.#lifeguard && members - 2 >= confirmations
    return {
      minMs,
      maxMs: minMs * suspicionSpan,
      confirmations: isConfirmable ? confirmations : 0,
    }
  }

  #confirm(member: ReplicaId, suspicion: Suspicion, by: ReplicaId, now: number): boolean {
    const { accusers, span, since, isProlonged } = suspicion
    if (accusers.size > span.confirmations || accusers.has(by)) return false
    accusers.add(by)
    const restMs = since + suspicionMs(span, accusers.size - 1) - now
    if (!isProlonged) this.#schedule(member, suspicion, Math.max(0, restMs), now)
    return true
  }

  #schedule(member: ReplicaId, suspicion: Suspicion, delayMs: number, now: number): void {
    this.#token += 1
    suspicion.token = this.#token
    suspicion.dueAt = now + delayMs
    this.#options.schedule({ kind: 'suspicion', key: member, token: this.#token }, delayMs)
  }

  /** `member` says that it is up, in `incarnation`; returns whether that ends a suspicion. */
  refuted(member: ReplicaId, incarnation: number): boolean {
    const known = this.#suspicions.get(member)
    if (known === undefined || known.incarnation >= incarnation) return false
    return this.#suspicions.delete(member)
  }

  /** Whether `member` is up is no question any more: it has failed or left, or is no member. */
  cleared(member: ReplicaId): void {
    this.#suspicions.delete(member)
  }

  timer({ key, token }: SuspicionTimer, now: number): void {
    const suspicion = this.#suspicions.get(key)
    if (suspicion?.token !== token) return
    const { incarnation, dueAt, isProlonged, span } = suspicion
    // When this process was held up, a refutation may have come meanwhile, and is taken after this.
    if (this.#lifeguard && !isProlonged && now - dueAt > this.#limits.lateMsMax) {
      suspicion.isProlonged = true
      return this.#schedule(key, suspicion, span.minMs, now)
    }
    this.#suspicions.delete(key)
    this.#options.failed(key, incarnation, now)
  }
}

/** How long a suspicion lasts that `confirmed` others share (Lifeguard's formula), in ms. */
export function suspicionMs({ minMs, maxMs, confirmations }: Span, confirmed: number): number {
  if (confirmations === 0) return minMs
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1)
  return Math.max(minMs, maxMs - (maxMs - minMs) * share)
}
