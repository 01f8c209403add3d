import { Gossip, type GossipEffect, type GossipEvent, type GossipOptions } from '@rejoin/gossip'
import { CHAIN_START, NO_TAGS } from '@rejoin/protocol'

import { LightLog } from './light-log.ts'
import type { Noted } from './entry-book.ts'
import type { ScaleWorld } from './scale-world.ts'

export type Identity = Pick<
  GossipOptions,
  'self' | 'run' | 'address' | 'peers' | 'members' | 'seed' | 'lifeguard'
>

/** What a replica's disk tells it. */
export type DiskEvent = { readonly type: 'committed' }

/**
 * One replica of a large number: the real gossip over a stand-in for the log, with neither documents nor
 * clients. What gossip asks for in worlds with faults of disks can't happen here.
 */
export class LightReplica {
  readonly gossip: Gossip
  readonly #place: number
  readonly #world: ScaleWorld
  readonly #log: LightLog
  #isCommitting = false

  constructor(place: number, world: ScaleWorld, identity: Identity) {
    this.#place = place
    this.#world = world
    this.#log = new LightLog(identity.self, world.book)
    this.gossip = new Gossip({
      ...identity,
      tags: NO_TAGS,
      log: this.#log,
      notes: new Map(),
      chain: CHAIN_START,
    })
  }

  /** Makes an own entry, which gossip hears of once it is durable. */
  publish(): Noted {
    const noted = this.#log.publish()
    this.#commit()
    return noted
  }

  /** Entries that are durable here. */
  get durableCount(): number {
    let count = 0
    for (const { seq } of this.#log.heads.values()) count += seq
    return count
  }

  #commit(): void {
    if (this.#isCommitting || !this.#log.hasFresh) return
    this.#isCommitting = true
    this.#world.later(this.#world.options.commitMs, this.#place, { type: 'committed' })
  }

  take(event: GossipEvent | DiskEvent): void {
    if (event.type !== 'committed') return this.#step(event)
    this.#isCommitting = false
    const own = this.#log.commit()
    this.#step({ type: 'advanced', own })
    this.#commit()
  }

  #step(event: GossipEvent): void {
    for (const effect of this.gossip.step(event, this.#world.now)) this.#carryOut(effect)
  }

  #carryOut(effect: GossipEffect): void {
    const { network } = this.#world
    switch (effect.type) {
      case 'send':
        return network.send(effect.links, effect.frame)
      case 'serve':
        network.send([effect.link], effect.frame)
        return this.#world.later(0, this.#place, { type: 'served', link: effect.link })
      case 'schedule': {
        const event = { type: 'timer', timer: effect.timer } as const
        return this.#world.later(effect.delayMs, this.#place, event)
      }
      case 'dial':
        return network.dial(this.#place, effect.address)
      case 'close':
        return network.close(effect.link, effect.rejection.code)
      case 'entries':
        return this.#entries(effect)
      case 'read':
        return this.#read(effect)
      case 'member':
      case 'members':
        return this.#world.options.onBelief?.(this.#place, effect)
      case 'disowned':
        throw new Error(`A replica gave up its id: ${effect.reason}`)
      default:
    }
  }

  #entries({ link, series, isPushed }: GossipEffect & { type: 'entries' }): void {
    const from = this.#world.network.peer(link)
    const { origin, upTo, news } = this.#log.take(series)
    for (const { spread } of news) spread?.accepted(this.#place, from, this.#world.now)
    const before = news[0]?.previous ?? CHAIN_START
    const fresh = news.map(({ sealed }) => sealed)
    this.#step({ type: 'took', link, origin, upTo, before, fresh, isPushed })
    this.#commit()
  }

  #read({ link, range, bytesMax }: GossipEffect & { type: 'read' }): void {
    const found = this.#log.read(range, bytesMax)
    const event = { type: 'read', link, range, found } as const
    this.#world.later(this.#world.options.readMs, this.#place, event)
  }
}
