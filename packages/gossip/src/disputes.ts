import {
  EMPTY_VERSION,
  encodeReplicaMessage,
  seqOf,
  type Have,
  type Head,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'

import type { Emit, LogView } from './events.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'

/**
 * Disputes about who wrote what (rules L1, L8). One number names one entry for ever, unless the
 * directory of its origin lost its end, was restored from a backup, or was copied: then numbers were
 * given twice, and the hash chains show it when they are compared. The origin gives up its id. Of a
 * third replica's entries one side gives way: it publishes what is in the disputed ones under its own
 * id, so that nothing is lost, and takes the others. How far back the histories agree nobody knows, so
 * it goes back in doubling steps; publishing an entry twice changes nothing.
 *
 * Until that is done `R` may count on the disputed entries of that one origin, which is no longer used.
 */
export class Disputes {
  readonly #self: ReplicaId
  readonly #links: Links
  readonly #membership: Membership
  readonly #log: LogView
  readonly #emit: Emit
  /** How often each origin was rolled back. */
  readonly #rollbacks = new Map<ReplicaId, number>()
  /** Up to where peers remember that this replica held entries which it rolled back, and which may come again. */
  readonly #missed = new Map<ReplicaId, number>()

  constructor(options: {
    self: ReplicaId
    links: Links
    membership: Membership
    log: LogView
    emit: Emit
  }) {
    this.#self = options.self
    this.#links = options.links
    this.#membership = options.membership
    this.#log = options.log
    this.#emit = options.emit
  }

  /** Looks for another history in what a peer holds; returns whether this replica's id is lost. */
  compare(link: OpenLink, { heads, members }: Have): boolean {
    const own = heads.get(this.#self)
    if (own !== undefined && this.#isLost(own)) return true
    if (this.#wentBack(members.get(this.#self) ?? EMPTY_VERSION)) return true
    for (const [origin, theirs] of heads) {
      const ours = this.#log.heads.get(origin)
      if (ours?.seq !== theirs.seq || ours.hash === theirs.hash) continue
      // Its owner sees it too, and gives up the id; of the others the lower hash gives way.
      if (link.replica !== origin && ours.hash < theirs.hash) this.#rollBack(origin, ours.seq)
    }
    return false
  }

  /**
   * A peer remembers `version` as this replica's. A replica holds what it ever said that it holds, or
   * else `R` would be wrong (rule L6): where it does not, its directory was put back to an earlier
   * state. Entries that were rolled back may have nothing that takes their place: then it is another
   * replica too that goes on without them.
   */
  #wentBack(version: Version): boolean {
    for (const [origin, seq] of version) {
      if ((this.#log.heads.get(origin)?.seq ?? 0) >= seq) continue
      if (this.#rollbacks.has(origin) && this.#isExpected(origin, seq)) {
        this.#missed.set(origin, Math.max(seq, this.#missed.get(origin) ?? 0))
        continue
      }
      this.#lacks(origin, seq)
      return true
    }
    return false
  }

  /** Looks again whether what was rolled back can still come: the others may have rolled it back meanwhile. */
  review(): void {
    for (const [origin, seq] of this.#missed) {
      if ((this.#log.heads.get(origin)?.seq ?? 0) >= seq) this.#missed.delete(origin)
      else if (!this.#isExpected(origin, seq)) return this.#lacks(origin, seq)
    }
  }

  #lacks(origin: ReplicaId, seq: number): void {
    const reason =
      `A peer remembers that this replica held entries of ${origin} up to ${seq}, ` +
      'which it does not.'
    this.disown(this.#ours.seq, reason)
  }

  /** Whether entries of `origin`, rolled back here, may yet come again up to `seq`. */
  #isExpected(origin: ReplicaId, seq: number): boolean {
    if (this.#log.isBlocked(origin)) return true
    for (const { replica, version } of this.#membership.all()) {
      const theirs = this.#links.ofReplica(replica)?.theirs
      if (seqOf(theirs ?? version, origin) >= seq) return true
    }
    return false
  }

  get #ours(): Head {
    return this.#log.heads.get(this.#self) ?? { seq: 0, hash: '' }
  }

  // What a peer holds was durable here once: more of it than there is means that it was lost.
  #isLost(theirs: Head): boolean {
    const ours = this.#ours
    if (theirs.seq < ours.seq || theirs.seq === 0) return false
    if (theirs.seq === ours.seq && theirs.hash === ours.hash) return false
    const keep = Math.min(ours.seq, theirs.seq - 1)
    this.disown(keep, `A peer holds other entries of this replica's own, up to ${theirs.seq}.`)
    return true
  }

  /** The id can't be used any longer. */
  disown(keep: number, reason: string): void {
    this.#emit({ type: 'disowned', keep, reason })
  }

  /** What a link brought does not continue the chain of `origin` after `seq`. */
  forked(link: OpenLink, origin: ReplicaId, seq: number): void {
    if (origin === this.#self) {
      return this.disown(seq, `A peer holds other entries of this replica's own than it does.`)
    }
    if (link.replica !== origin) return this.#rollBack(origin, seq)
    const head = this.#log.heads.get(origin)
    // What is not durable yet can't be told of: it is asked for once more when it is.
    if (head?.seq !== seq) return
    link.disputed.add(origin)
    const frame = encodeReplicaMessage({ type: 'forked', head })
    this.#emit({ type: 'send', links: [link.id], frame })
  }

  /** A peer says that it holds another entry of this replica's own. */
  told(head: Head): void {
    const ours = this.#log.heads.get(this.#self)
    if (ours === undefined || head.seq > ours.seq || head.seq === 0) return
    if (head.seq === ours.seq && head.hash === ours.hash) return
    this.disown(head.seq - 1, `A peer holds another entry ${head.seq} of this replica's own.`)
  }

  #rollBack(origin: ReplicaId, seq: number): void {
    if (this.#log.isBlocked(origin)) return
    const floor = this.#log.floors.get(origin)?.seq ?? 0
    const before = this.#rollbacks.get(origin) ?? 0
    this.#rollbacks.set(origin, before + 1)
    const keep = Math.max(floor, seq - 2 ** Math.min(before, 40))
    // Beyond the log it goes back to the beginning, as nothing tells any more where they agreed.
    this.#emit({ type: 'rollback', origin, seq: seq > floor ? keep : 0 })
  }

  /** The disputed entries are gone, and others can be asked for. */
  settled(origin: ReplicaId): void {
    // A rollback may have begun before this run did.
    if (!this.#rollbacks.has(origin)) this.#rollbacks.set(origin, 1)
    for (const { disputed } of this.#links.open()) disputed.delete(origin)
  }
}
