import {
  Gossip,
  RememberedMembers,
  type GossipEffect,
  type GossipEvent,
  type Member,
} from '@rejoin/gossip'
import {
  decodeReplicaMessage,
  encodeReplicaMessage,
  FINGERPRINT_BYTES,
  REPLICA_PROTOCOL_VERSION,
  type Head,
  type Hello,
  type ReplicaId,
  type ReplicaMessage,
} from '@rejoin/protocol'

/** What a peer says first that knows only itself. */
export function helloOf(replica: ReplicaId): Hello {
  return {
    type: 'hello',
    protocol: REPLICA_PROTOCOL_VERSION,
    replica,
    run: replica,
    address: '',
    incarnation: 0,
    tags: new Map(),
    wish: 'neighbour',
    members: 1,
    beliefs: new Uint8Array(FINGERPRINT_BYTES),
    holds: 0,
  }
}

export const id = (letter: string): ReplicaId => letter.repeat(16) as ReplicaId

/** One gossip machine in a test's hands, that of replica 5555…. */
export class Rig {
  /** What is durable here, and what is applied. */
  readonly heads = new Map<ReplicaId, Head>()
  readonly applied = new Map<ReplicaId, number>()
  /** What has left the log. */
  readonly floors = new Map<ReplicaId, Head>()
  /** Entries that wait for what they depend on, after those that are applied. */
  readonly waiting = new Map<ReplicaId, number>()
  /** What documents may hold beyond the log. */
  readonly ahead = new Map<ReplicaId, number>()
  /** Origins being rolled back. */
  readonly blocked = new Set<ReplicaId>()
  readonly gossip: Gossip
  now = 0
  #effects: GossipEffect[] = []

  constructor(
    peers: readonly string[] = [],
    members: readonly Member[] = [],
    notes: ReadonlyMap<string, Uint8Array> = new Map(),
  ) {
    const log = {
      heads: this.heads,
      floors: this.floors,
      isBlocked: (origin: ReplicaId) => this.blocked.has(origin),
      applied: this.applied,
      ahead: this.ahead,
      reached: (origin: ReplicaId) => {
        const applied = Math.max(this.heads.get(origin)?.seq ?? 0, this.applied.get(origin) ?? 0)
        return applied + (this.waiting.get(origin) ?? 0)
      },
    }
    const chain = '0'.repeat(16)
    this.gossip = new Gossip({
      self: id('5'),
      run: id('5'),
      notes,
      address: 'm',
      tags: new Map(),
      peers,
      members: new RememberedMembers(members),
      log,
      chain,
      seed: 1,
      meshMax: 8,
    })
  }

  step(event: GossipEvent): void {
    this.#effects.push(...this.gossip.step(event, this.now))
  }

  hello(link: number, replica: ReplicaId, protocol = REPLICA_PROTOCOL_VERSION): void {
    const hello = { ...helloOf(replica), protocol, address: `at ${replica[0]}` }
    this.step({ type: 'frame', link, frame: encodeReplicaMessage(hello) })
  }

  take<T extends GossipEffect['type']>(type: T): Extract<GossipEffect, { type: T }>[] {
    const isIt = (effect: GossipEffect): effect is Extract<GossipEffect, { type: T }> =>
      effect.type === type
    const taken = this.#effects.filter(isIt)
    this.#effects = this.#effects.filter((effect) => !isIt(effect))
    return taken
  }

  closed(): [number, string][] {
    return this.take('close').map(({ link, rejection }) => [link, rejection.code])
  }

  hears(link: number, message: ReplicaMessage): void {
    this.step({ type: 'frame', link, frame: encodeReplicaMessage(message) })
  }

  /** All messages that were sent, once for each link. */
  allSent(): { readonly link: number; readonly message: ReplicaMessage }[] {
    return this.take('send').flatMap(({ links, frame }) => {
      const decoded = decodeReplicaMessage(frame)
      if (!decoded.ok) throw new Error(decoded.rejection.reason)
      return links.map((link) => ({ link, message: decoded.value }))
    })
  }

  /** Those that were sent on one. */
  messages(link: number): ReplicaMessage[] {
    return this.allSent().flatMap((sent) => (sent.link === link ? [sent.message] : []))
  }

  /** Their types. */
  sent(link: number): string[] {
    return this.messages(link).map(({ type }) => type)
  }
}
