import {
  encodeReplicaMessage,
  type Compare,
  type Hello,
  type KnownAddress,
  type MemberRecord,
  type Members,
  type ReplicaId,
} from '@rejoin/protocol'

import type { Emit } from './events.ts'
import { bytesOfFingerprint, isSameFingerprint } from './fingerprint-bytes.ts'
import { decodeKeyRanges, encodeKeyRanges } from './key-ranges.ts'
import { GOSSIP_LIMITS } from './limits.ts'
import type { LinkState, OpenLink } from './link.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import { Reconciliation } from './reconciliation.ts'

/** Where the comparison with one peer stands: whether each end has nothing left to compare. */
interface Comparing {
  isDone: boolean
  theyAreDone: boolean
}

interface News {
  readonly record: MemberRecord
  /** Links whose peers said it themselves. */
  readonly from: Set<OpenLink>
}

interface AddressNews {
  readonly known: KnownAddress
  readonly from: OpenLink | undefined
}

export interface RosterOptions {
  readonly links: Links
  readonly membership: Membership
  /** Addresses of members that nobody has met. */
  readonly unmet: () => readonly string[]
  readonly emit: Emit
  /** The peer knows every member that this replica knows. */
  readonly onAgreed: (link: OpenLink) => void
}

/**
 * How members are made known. On a new link both ends see by a fingerprint whether they believe the same;
 * if not, a short list of members is told whole, and a long one compared by ranges. After that whatever
 * is news is passed on to everybody who did not say it, a little later, together with what comes
 * meanwhile, and always before any version: whoever knows a version knows every member that its teller
 * knew (rule L6).
 */
export class Roster {
  readonly #with: RosterOptions
  readonly #reconciliation: Reconciliation
  readonly #comparing = new Map<number, Comparing>()
  readonly #news = new Map<ReplicaId, News>()
  readonly #addressNews = new Map<string, AddressNews>()
  #isDue = false

  constructor(options: RosterOptions) {
    this.#with = options
    this.#reconciliation = new Reconciliation(options.membership.items)
  }

  /** The fingerprint of all beliefs, for `hello`. */
  beliefs(): Uint8Array {
    const { items } = this.#with.membership
    return bytesOfFingerprint(items.sum(0, items.size))
  }

  /** A link has greeted: both ends come to know the same members. */
  greeted(link: OpenLink, hello: Pick<Hello, 'members' | 'beliefs'>): void {
    this.flush()
    const { items } = this.#with.membership
    const unmet = this.#with.unmet().map((address) => ({ address, replica: undefined }))
    this.#send([link], [], unmet)
    if (isSameFingerprint(this.beliefs(), hello.beliefs)) return this.#agree(link)
    if (Math.max(items.size, hello.members) <= GOSSIP_LIMITS.toldWholeMax) {
      this.#send([link], this.#everybody(), [])
      return this.#agree(link)
    }
    this.compare(link)
  }

  /**
   * Begins to compare. Both ends do when they see that they differ, as one may have learned something
   * since it said hello; each of the two conversations finds all that there is.
   */
  compare(link: OpenLink): void {
    const ranges = encodeKeyRanges(this.#reconciliation.start())
    this.#compare(link, { type: 'compare', ranges, asks: [] })
  }

  #everybody(): MemberRecord[] {
    const { membership } = this.#with
    return [membership.own, ...membership.all(), ...membership.retired()]
  }

  #agree(link: OpenLink): void {
    this.#comparing.delete(link.id)
    link.isAgreed = true
    this.#with.onAgreed(link)
  }

  #compare(link: OpenLink, message: Compare): void {
    this.#with.emit({ type: 'send', links: [link.id], frame: encodeReplicaMessage(message) })
  }

  /** Takes a turn of the comparison. */
  compared(link: OpenLink, { ranges, asks }: Compare): void {
    const comparing = this.#comparing.get(link.id) ?? { isDone: false, theyAreDone: false }
    this.#comparing.set(link.id, comparing)
    const decoded = ranges.length === 0 ? undefined : decodeKeyRanges(ranges)
    if (decoded?.ok === false) return this.#with.links.refuse(link, decoded.rejection)
    comparing.theyAreDone = ranges.length === 0
    const answer = this.#reconciliation.answer(decoded?.value ?? [])
    this.#tell(link, new Set([...answer.mine, ...asks]))
    if (answer.reply !== undefined || answer.theirs.length > 0 || !comparing.isDone) {
      comparing.isDone = answer.reply === undefined
      const next = answer.reply === undefined ? NOTHING : encodeKeyRanges(answer.reply)
      this.#compare(link, { type: 'compare', ranges: next, asks: answer.theirs })
    }
    if (comparing.isDone && comparing.theyAreDone && !link.isAgreed) this.#agree(link)
  }

  #tell(link: OpenLink, replicas: Iterable<ReplicaId>): void {
    const records = [...replicas].flatMap((replica) => this.#with.membership.record(replica) ?? [])
    this.#send([link], records, [])
  }

  /** What a peer says is news here, and passed on. */
  news(record: MemberRecord, from: OpenLink | undefined): void {
    const known = this.#news.get(record.replica)
    // A later belief about the same member takes the place of the earlier one.
    this.#news.set(record.replica, { record, from: new Set(from === undefined ? [] : [from]) })
    if (known === undefined) this.#schedule()
  }

  /** An address that nobody is known to have met is heard of, or has turned out to be some replica's. */
  addressNews(known: KnownAddress, from: OpenLink | undefined): void {
    this.#addressNews.set(known.address, { known, from })
    this.#schedule()
  }

  /** A peer counts on addresses being unmet that this replica knows better. */
  correct(link: OpenLink, addresses: readonly KnownAddress[]): void {
    this.#send([link], [], addresses)
  }

  /** A peer says what is not news: it need not be told of it. */
  saidBy(link: OpenLink, { members }: Members): void {
    for (const { replica } of members) this.#news.get(replica)?.from.add(link)
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    const timer = { kind: 'news', key: 0, token: 0 } as const
    this.#with.emit({ type: 'schedule', timer, delayMs: GOSSIP_LIMITS.newsMs })
  }

  timer(): void {
    this.#isDue = false
    this.flush()
  }

  /** Passes on all that is news. */
  flush(): void {
    if (this.#news.size + this.#addressNews.size === 0) return
    const links = [...this.#with.links.open()]
    const news = [...this.#news.values()]
    const all = news.map(({ record }) => record)
    const plain = links.filter((link) => news.every(({ from }) => !from.has(link)))
    this.#send(plain, all, [])
    for (const link of links) {
      if (plain.includes(link)) continue
      const rest = news.flatMap(({ record, from }) => (from.has(link) ? [] : [record]))
      this.#send([link], rest, [])
    }
    for (const { known, from } of this.#addressNews.values()) {
      const others = links.filter((link) => link !== from)
      this.#send(others, [], [known])
    }
    this.#news.clear()
    this.#addressNews.clear()
  }

  #send(
    links: readonly OpenLink[],
    members: readonly MemberRecord[],
    addresses: readonly KnownAddress[],
  ): void {
    if (links.length === 0 || members.length + addresses.length === 0) return
    const frame = encodeReplicaMessage({ type: 'members', members, addresses })
    this.#with.emit({ type: 'send', links: links.map(({ id }) => id), frame })
  }

  ended({ id }: LinkState): void {
    this.#comparing.delete(id)
  }
}

const NOTHING = new Uint8Array()
