import type { GossipEvent, LinkId } from '@rejoin/gossip'
import type { RejectionCode } from '@rejoin/protocol'

import { Chance } from '../src/chance.ts'

/** How long a dial waits for one that says nothing. */
const DIAL_MS = 5_000

interface End {
  readonly owner: number
  state: 'opening' | 'open' | 'gone'
}

/** What links need of their world. */
export interface LinksHost {
  /** `then` runs so many ms later. */
  after(ms: number, then: () => void): void
  /** Whether there is a process, and whether its host would say so if not. */
  isUp(place: number): boolean
  hasPower(place: number): boolean
  take(place: number, event: GossipEvent): void
}

/**
 * Links as TCP gives them: frames come in order, 10 to 50 ms later, and all that is under way is lost when
 * a link is reset. The two ends of one are numbers that differ in their last bit.
 */
export class WorldLinks {
  readonly #host: LinksHost
  readonly #chance: Chance
  readonly #ends: End[] = []
  readonly #wayMs = new Map<string, number>()
  #sideOf: (place: number) => number = () => 0

  constructor(host: LinksHost, seed: number) {
    this.#host = host
    this.#chance = new Chance(seed)
  }

  #way(a: number, b: number): number {
    const pair = `${Math.min(a, b)} ${Math.max(a, b)}`
    const known = this.#wayMs.get(pair)
    const ms = known ?? 10 + Math.round(this.#chance.next() * 40)
    this.#wayMs.set(pair, ms)
    return ms
  }

  owner(end: LinkId): number {
    return this.#ends[end]?.owner ?? -1
  }

  peer(end: LinkId): number {
    return this.owner(end ^ 1)
  }

  dial(from: number, to: number, address: string): void {
    const way = this.#way(from, to)
    const failed = (): void => this.#host.take(from, { type: 'dial-failed', address })
    this.#host.after(way, () => {
      const isSilent = !this.#reach(from, to) || !this.#host.hasPower(to)
      if (isSilent || !this.#host.isUp(to))
        return this.#host.after(isSilent ? DIAL_MS : way, failed)
      const near = this.#ends.push({ owner: from, state: 'opening' }) - 1
      const far = this.#ends.push({ owner: to, state: 'opening' }) - 1
      this.#host.after(2 * way, () => this.#opened(far))
      this.#host.after(3 * way, () => this.#opened(near, address))
    })
  }

  #opened(end: LinkId, dialled?: string): void {
    const known = this.#ends[end]
    if (known?.state === 'opening') {
      known.state = 'open'
      const event = { type: 'linked', link: end } as const
      return this.#host.take(known.owner, dialled === undefined ? event : { ...event, dialled })
    }
    if (dialled === undefined) return
    this.#host.take(this.owner(end), { type: 'dial-failed', address: dialled })
  }

  #reach(a: number, b: number): boolean {
    return this.#sideOf(a) === this.#sideOf(b)
  }

  send(end: LinkId, frame: Uint8Array, arrives: () => void): void {
    if (this.#ends[end]?.state !== 'open') return
    const far = end ^ 1
    this.#host.after(this.#way(this.owner(end), this.owner(far)), () => {
      if (this.#ends[far]?.state !== 'open' || !this.#reach(this.owner(end), this.owner(far)))
        return
      arrives()
      this.#host.take(this.owner(far), { type: 'frame', link: far, frame })
    })
  }

  close(end: LinkId, code: RejectionCode | undefined): void {
    const near = this.#ends[end]
    if (near === undefined || near.state === 'gone') return
    near.state = 'gone'
    this.#host.after(this.#way(this.owner(end), this.peer(end)), () => this.#ended(end ^ 1, code))
  }

  #ended(end: LinkId, code: RejectionCode | undefined): void {
    const known = this.#ends[end]
    if (known === undefined || known.state === 'gone') return
    if (!this.#reach(known.owner, this.peer(end))) return
    const wasOpen = known.state === 'open'
    known.state = 'gone'
    const event = { type: 'unlinked', link: end } as const
    if (wasOpen) this.#host.take(known.owner, code === undefined ? event : { ...event, code })
  }

  /** One end each of the links that are open at both. */
  whole(): LinkId[] {
    return [...this.#ends.keys()].filter((end) => {
      return (end & 1) === 0 && [end, end ^ 1].every((each) => this.#ends[each]?.state === 'open')
    })
  }

  /** Resets a link: both ends hear of it, and what is under way is lost. */
  reset(end: LinkId): void {
    for (const each of [end, end ^ 1]) this.#ended(each, undefined)
  }

  /** A process is gone; its host tells the others, unless it has lost power. */
  died(place: number, isTold: boolean): void {
    for (const [end, known] of this.#ends.entries()) {
      if (known.owner !== place || known.state === 'gone') continue
      if (isTold) this.close(end, undefined)
      else known.state = 'gone'
    }
  }

  /** A host is up again: it resets whatever its peers still hold for open. */
  cameBack(place: number): void {
    for (const [end, { owner }] of this.#ends.entries()) {
      if (owner === place) this.#ended(end ^ 1, undefined)
    }
  }

  /** From now on only replicas with the same number reach each other, and nobody is told. */
  split(sideOf: (place: number) => number): void {
    this.#sideOf = sideOf
  }

  /** All reach each other again; links that lost something are reset. */
  heal(): void {
    const lossy = [...this.#ends.keys()].filter(
      (end) => !this.#reach(this.owner(end), this.peer(end)),
    )
    this.#sideOf = () => 0
    for (const end of lossy) this.#ended(end, undefined)
  }
}
