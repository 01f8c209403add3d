import type { ReplicaId } from '@rejoin/protocol'

import type { Chance } from './chance.ts'
import type { Emit } from './events.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { Links } from './links.ts'
import type { Overlay } from './overlay.ts'

interface Target {
  readonly address: string
  replica: ReplicaId | undefined
  dialling: boolean
  failures: number
  /** Names the newest timer; older ones are stale. */
  token: number
}

/**
 * A link to every replica that is heard of, up to `linksMax`: right for a handful of replicas, and
 * the answer to a lost link is to dial again, at first soon and then ever more rarely, with jitter,
 * so that a replica that comes back is not met by all at the same moment.
 */
export class FullMesh implements Overlay {
  readonly #links: Links
  readonly #chance: Chance
  readonly #emit: Emit
  readonly #targets = new Map<string, Target>()
  readonly #own = new Set<string>()

  constructor(options: { address: string; links: Links; chance: Chance; emit: Emit }) {
    this.#own.add(options.address)
    this.#links = options.links
    this.#chance = options.chance
    this.#emit = options.emit
  }

  heardOf(address: string, replica: ReplicaId | undefined): boolean {
    if (address === '' || this.#own.has(address)) return false
    const known = this.#targets.get(address)
    const target = known ?? { address, replica, dialling: false, failures: 0, token: 0 }
    // Whose an address is shows for good only when it is dialled: it may have passed from one replica
    // to another, and what others say of it would then be news to everybody for ever.
    const isNews = known === undefined || (replica !== undefined && known.replica === undefined)
    if (known === undefined) this.#targets.set(address, target)
    target.replica ??= replica
    this.#dial(target)
    return isNews
  }

  linked(replica: ReplicaId, dialled: string | undefined): void {
    const target = dialled === undefined ? undefined : this.#targets.get(dialled)
    if (target === undefined) return
    target.replica = replica
    target.dialling = false
  }

  // Not on greeting: a link that is refused each time right after it would be dialled in a loop.
  lasted(replica: ReplicaId): void {
    for (const target of this.#targets.values()) {
      if (target.replica === replica) target.failures = 0
    }
  }

  lost(address: string | undefined, replica: ReplicaId | undefined): void {
    for (const target of this.#targets.values()) {
      const own = address !== undefined && target.address === address
      if (own) target.dialling = false
      if (own || (replica !== undefined && target.replica === replica)) this.#retry(target)
    }
  }

  isSelf(address: string): void {
    this.#own.add(address)
    this.#targets.delete(address)
  }

  mended(replica: ReplicaId): void {
    for (const target of this.#targets.values()) {
      if (target.replica !== replica) continue
      target.failures = 0
      this.#dial(target)
    }
  }

  retired(replica: ReplicaId, heir: (address: string) => ReplicaId | undefined): void {
    for (const target of this.#targets.values()) {
      if (target.replica !== replica) continue
      target.replica = heir(target.address)
      // Left as it is, its address would count as one whose replica nobody has met.
      if (target.replica === undefined) this.#targets.delete(target.address)
    }
  }

  timer(address: string, token: number): void {
    const target = this.#targets.get(address)
    if (target !== undefined && target.token === token) this.#dial(target)
  }

  unmet(): string[] {
    const unmet = [...this.#targets.values()].filter(({ replica }) => replica === undefined)
    return unmet.map(({ address }) => address)
  }

  #dial(target: Target): void {
    if (target.dialling || !this.#wants(target)) return
    if (this.#links.openCount >= GOSSIP_LIMITS.linksMax) return this.#retry(target)
    target.dialling = true
    this.#emit({ type: 'dial', address: target.address })
  }

  #wants({ replica }: Target): boolean {
    return replica === undefined || !(this.#links.isOpen(replica) || this.#links.isCut(replica))
  }

  #retry(target: Target): void {
    if (!this.#wants(target)) return
    const { redialMsMin, redialMsMax } = GOSSIP_LIMITS
    const waitMs = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(target.failures, 10))
    target.failures += 1
    target.token += 1
    this.#emit({
      type: 'schedule',
      timer: { kind: 'dial', key: target.address, token: target.token },
      delayMs: this.#chance.jitter(waitMs),
    })
  }
}
