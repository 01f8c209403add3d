import type { ReplicaId } from '@rejoin/protocol'

import type { RoundTrips } from './round-trips.ts'
import type { SwimLimits } from './swim-limits.ts'
import type { SwimMessage, SwimTimer } from './swim-messages.ts'

export interface RelaysOptions {
  readonly neighbours: () => readonly ReplicaId[]
  readonly roundTrips: RoundTrips
  readonly send: (to: ReplicaId, message: SwimMessage) => void
  readonly visit: (target: ReplicaId, seq: number) => void
  readonly schedule: (timer: SwimTimer, delayMs: number) => void
  readonly lifeguard: boolean
  readonly limits: SwimLimits
}

interface Relay {
  readonly target: ReplicaId
  /** The number of the asker's request. */
  readonly seq: number
  /** The number of the own ping or visit to the target. */
  readonly ping: number
  isOverdue: boolean
}

/**
 * What this replica does for neighbours that can't reach another: it pings that one on its own link,
 * or visits it, and passes the answer on. While there is none it says so in time, which shows the
 * asker that at least the way to this relay and back is fine (Lifeguard's nack). An asker has one
 * request at a time under way.
 */
export class Relays {
  readonly #options: RelaysOptions
  readonly #relays = new Map<ReplicaId, Relay>()

  constructor(options: RelaysOptions) {
    this.#options = options
  }

  /** A neighbour asks; `ping` is a number of its own for the ping or the visit. */
  asked(asker: ReplicaId, { seq, target }: SwimMessage & { type: 'ping-req' }, ping: number): void {
    const { neighbours, send, visit, schedule } = this.#options
    if (this.#isBusyFor(asker)) return this.#nack(asker, seq)
    this.#relays.set(asker, { target, seq, ping, isOverdue: false })
    schedule({ kind: 'relay', key: asker, token: ping }, this.#nackMs(asker))
    if (neighbours().includes(target)) send(target, { type: 'ping', seq: ping })
    else visit(target, ping)
  }

  // Who asks more often than any probe does would make this replica visit others without bound.
  #isBusyFor(asker: ReplicaId): boolean {
    const former = this.#relays.get(asker)
    if (former !== undefined) return !former.isOverdue
    return this.#relays.size >= this.#options.limits.relaysMax
  }

  // The nack is to be back at the given share of the asker's timeout, so the way comes off. How long
  // the asker truly waits hangs on its own health, which this replica does not know.
  #nackMs(asker: ReplicaId): number {
    const { roundTrips, limits } = this.#options
    const wayMs = roundTrips.of(asker) ?? 0
    return Math.max(limits.timeoutMs / 5, limits.timeoutMs * limits.nackShare - wayMs)
  }

  /** `from` has answered a ping; of no effect unless it was one for an asker. */
  acked(from: ReplicaId, ping: number): void {
    const found = this.#find(ping)
    if (found?.relay.target === from) this.#reached(found)
  }

  /** How a visit ended. */
  visited(ping: number, isReached: boolean): void {
    const found = this.#find(ping)
    if (found === undefined) return
    if (isReached) return this.#reached(found)
    this.#relays.delete(found.asker)
    if (!found.relay.isOverdue) this.#nack(found.asker, found.relay.seq)
  }

  #find(ping: number): { readonly asker: ReplicaId; readonly relay: Relay } | undefined {
    for (const [asker, relay] of this.#relays) if (relay.ping === ping) return { asker, relay }
    return undefined
  }

  #reached({ asker, relay }: { readonly asker: ReplicaId; readonly relay: Relay }): void {
    this.#relays.delete(asker)
    this.#options.send(asker, { type: 'ack', seq: relay.seq })
  }

  timer({ key, token }: SwimTimer): void {
    const asker = key as ReplicaId
    const relay = this.#relays.get(asker)
    if (relay?.ping !== token) return
    if (relay.isOverdue) {
      this.#relays.delete(asker)
      return
    }
    // An answer that comes after the nack still helps an asker that is patient.
    relay.isOverdue = true
    this.#nack(asker, relay.seq)
    const { schedule, limits } = this.#options
    schedule({ kind: 'relay', key: asker, token }, limits.periodMs)
  }

  #nack(asker: ReplicaId, seq: number): void {
    if (this.#options.lifeguard) this.#options.send(asker, { type: 'nack', seq })
  }
}
