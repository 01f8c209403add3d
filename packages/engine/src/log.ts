import type { LogView } from '@rejoin/gossip'
import {
  CHAIN_START,
  decodeEntry,
  EMPTY_VERSION,
  encodeEntry,
  join,
  reject,
  seqOf,
  type Rejection,
  type ChainHash,
  type Change,
  type Dot,
  type Entry,
  type Head,
  type Heads,
  type ReplicaId,
  type Result,
  type SealedEntry,
  type Series,
  type Version,
} from '@rejoin/protocol'

import type { Backlog } from './backlog.ts'
import { chainHash } from './chain.ts'
import { onCircle } from './circles.ts'
import { decodeAnySize } from './gate.ts'
import { Waiting } from './waiting.ts'

export interface LogOptions {
  readonly self: ReplicaId
  readonly heads: Heads
  readonly floors: Heads
  /**
   * Whether an entry is nowhere any more, so that none that depends on it can wait for it; with `by`
   * whoever made that one must have told that it lacks the other itself.
   */
  readonly isVoid: (origin: ReplicaId, seq: number, by?: Dot) => boolean
}

/**
 * The log: which entries of which origins this replica has. Three lines move through it, in this
 * order, and never back: what has `reached` us (some of it waits for its deps), what is applied, and
 * what is durable. Of each origin each line is a prefix without gaps (rule L2); an entry is applied
 * only after everything in its deps (rule L4), and its bytes must continue its origin's hash chain
 * (rule L1). What is old leaves it: up to an origin's floor its entries are in the documents only.
 */
export class Log implements LogView {
  readonly self: ReplicaId
  readonly #applied = new Map<ReplicaId, number>()
  readonly #chains = new Map<ReplicaId, ChainHash>()
  readonly #durable = new Map<ReplicaId, Head>()
  readonly #floors: Map<ReplicaId, Head>
  /** Origins being rolled back, and to where: nothing of them is taken meanwhile. */
  readonly #blocked = new Map<ReplicaId, number>()
  /** Likewise those whose entries came as documents that are not compared, or not durable yet. */
  readonly #jumping = new Set<ReplicaId>()
  readonly #waiting = new Waiting()
  #ahead: Version = EMPTY_VERSION
  readonly #isVoid: LogOptions['isVoid']
  /** What the last own entry's deps, with those of the ones before, amount to. */
  readonly #declared = new Map<ReplicaId, number>()

  constructor({ self, heads, floors, isVoid }: LogOptions) {
    this.self = self
    this.#floors = new Map(floors)
    this.#isVoid = isVoid
    for (const [origin, head] of heads) {
      this.#durable.set(origin, head)
      this.#applied.set(origin, head.seq)
      this.#chains.set(origin, head.hash)
    }
  }

  get heads(): Heads {
    return this.#durable
  }

  get floors(): Heads {
    return this.#floors
  }

  /** What waits for its deps. */
  get backlog(): Pick<Backlog, 'waitingEntries' | 'waitingBytes'> {
    return this.#waiting.backlog
  }

  isBlocked(origin: ReplicaId): boolean {
    return this.#blocked.has(origin) || this.#jumping.has(origin)
  }

  /** What this replica has: what counts in `R`, `U` and for its peers. */
  version(): Version {
    return new Map([...this.#durable].map(([origin, { seq }]) => [origin, seq]))
  }

  /** What is applied here, durable or under way to it. */
  get applied(): Version {
    return this.#applied
  }

  reached(origin: ReplicaId): number {
    return seqOf(this.#applied, origin) + this.#waiting.count(origin)
  }

  /** Makes the next own entry; it counts as applied at once and must become durable next. */
  seal(changes: readonly Change[]): SealedEntry {
    const seq = seqOf(this.#applied, this.self) + 1
    const deps = this.#newDeps()
    const entry: Entry = { dot: { replica: this.self, seq }, deps, changes }
    const bytes = encodeEntry(entry)
    const sealed = { ...entry, bytes, hash: chainHash(this.#chain(this.self), bytes) }
    this.#apply(sealed)
    return sealed
  }

  /**
   * Documents may hold what `version` says, though their log does not (see `CatchUp`): own entries
   * depend on it, as somebody may have built on it.
   */
  runAhead(version: Version): void {
    this.#ahead = version
  }

  get ahead(): Version {
    return this.#ahead
  }

  /** Whether documents may hold something of `origin` that nobody has as an entry any more. */
  isLostAhead(origin: ReplicaId): boolean {
    const ahead = seqOf(this.#ahead, origin)
    return ahead > seqOf(this.#applied, origin) && this.#isVoid(origin, ahead)
  }

  /** Whether all of `version` is durable here that still is anywhere. */
  covers(version: Version): boolean {
    for (const [origin, seq] of version) {
      const held = this.#durable.get(origin)?.seq ?? 0
      if (held < seq && !this.#isVoid(origin, seq)) return false
    }
    return true
  }

  /** What documents hold of which the log has no entries: they have left it, or never came. */
  beforeLog(): Version {
    const floors = [...this.#floors].map(([origin, { seq }]) => [origin, seq] as const)
    return join([new Map(floors), this.#ahead])
  }

  /** What is being rolled back may soon be nowhere, so that nothing that is new can depend on it. */
  #newDeps(): Version {
    const deps = new Map<ReplicaId, number>()
    for (const [origin, shown] of join([this.#applied, this.#ahead])) {
      const seq = Math.min(shown, this.#blocked.get(origin) ?? shown)
      if (origin === this.self || seq === 0 || seqOf(this.#declared, origin) === seq) continue
      deps.set(origin, seq)
      this.#declared.set(origin, seq)
    }
    return deps
  }

  /**
   * Takes consecutive entries of one origin from a peer. Those that are ready, of any origin, come in
   * causal order, and count as applied. Entries that are held already,
   * or that leave a gap, are passed over: anti-entropy asks for what is missing.
   */
  take(message: Series): Taken {
    const decoded = decodeRun(message)
    if (!decoded.ok) return { outcome: 'refused', rejection: decoded.rejection }
    const { origin, run } = decoded.value
    if (this.isBlocked(origin))
      return { outcome: 'taken', origin, upTo: 0, fresh: [], before: '', ready: [] }
    const reached = this.reached(origin)
    // What others hold of this replica's own was durable here, so that there can't be more.
    const isLost = origin === this.self && (run.at(-1)?.dot.seq ?? 0) > reached
    const fresh = isLost ? undefined : this.#continuing(origin, message.previous, run)
    if (fresh === undefined) return { outcome: 'forked', origin, seq: reached }
    const before = this.#chainAtReached(origin)
    const upTo = run.at(-1)?.dot.seq ?? 0
    return { outcome: 'taken', origin, upTo, fresh, before, ready: this.#takeIn(fresh) }
  }

  /** The part of `run` that is news and joins on; `undefined` where the chain shows another history. */
  #continuing(
    origin: ReplicaId,
    previous: ChainHash,
    run: readonly SealedEntry[],
  ): readonly SealedEntry[] | undefined {
    const reached = this.reached(origin)
    const first = run[0]?.dot.seq ?? 1
    if (first > reached + 1) return []
    const joint = first === reached + 1 ? previous : run[reached - first]?.hash
    if (joint !== undefined && joint !== this.#chainAtReached(origin)) return undefined
    return run.slice(reached + 1 - first)
  }

  #chainAtReached(origin: ReplicaId): ChainHash {
    return this.#waiting.last(origin)?.hash ?? this.#chain(origin)
  }

  /** What is ready is applied at once and takes no room; what is not waits. */
  #takeIn(run: readonly SealedEntry[]): SealedEntry[] {
    const ready: SealedEntry[] = []
    for (const entry of run) {
      if (!this.#isReady(entry)) this.#waiting.add(entry, this.reached(entry.dot.replica))
      else {
        this.#apply(entry)
        ready.push(entry)
      }
    }
    ready.push(...this.release())
    return ready
  }

  /** Applies what waits and has its deps, again and again until nothing more moves. */
  release(): SealedEntry[] {
    const ready: SealedEntry[] = []
    for (let moved = true; moved;) {
      const before = ready.length
      for (const origin of this.#waiting.origins()) {
        let entry = this.#waiting.first(origin)
        for (; entry !== undefined && this.#isReady(entry); entry = this.#waiting.first(origin)) {
          ready.push(this.#applyFirst(entry))
        }
      }
      moved = ready.length > before || this.#breakCircle(ready)
    }
    return ready
  }

  #applyFirst(entry: SealedEntry): SealedEntry {
    this.#apply(entry)
    this.#waiting.removeFirst(entry.dot.replica)
    return entry
  }

  /** Of entries that wait for each other in a circle one has to be first. */
  #breakCircle(ready: SealedEntry[]): boolean {
    const origin = onCircle(this.#waiting.origins(), (each) => this.#awaited(each))
    const entry = origin === undefined ? undefined : this.#waiting.first(origin)
    if (entry !== undefined) ready.push(this.#applyFirst(entry))
    return entry !== undefined
  }

  /** The origins whose first entry that waits here must be applied before that of `origin`. */
  #awaited(origin: ReplicaId): ReplicaId[] {
    const entry = this.#waiting.first(origin)
    if (entry === undefined || !this.#isNext(entry)) return []
    return this.#lacking(entry).filter((dep) => this.#waiting.first(dep) !== undefined)
  }

  #isReady(entry: SealedEntry): boolean {
    return this.#isNext(entry) && this.#lacking(entry).length === 0
  }

  #isNext({ dot }: SealedEntry): boolean {
    return dot.seq === seqOf(this.#applied, dot.replica) + 1
  }

  /** The origins of which an entry depends on more than is here. */
  #lacking({ dot, deps }: SealedEntry): ReplicaId[] {
    return [...deps].flatMap(([origin, seq]) => {
      return this.#standing(origin) < seq && !this.#isVoid(origin, seq, dot) ? [origin] : []
    })
  }

  /** What is applied of `origin` and not being rolled back: its numbers may soon name other entries. */
  #standing(origin: ReplicaId): number {
    const applied = seqOf(this.#applied, origin)
    return Math.min(applied, this.#blocked.get(origin) ?? applied)
  }

  #apply({ dot, hash }: SealedEntry): void {
    this.#applied.set(dot.replica, dot.seq)
    this.#chains.set(dot.replica, hash)
  }

  #chain(origin: ReplicaId): ChainHash {
    return this.#chains.get(origin) ?? CHAIN_START
  }

  /** What `heads` say has come as documents, and will soon be durable. */
  willJump(heads: Heads): void {
    for (const origin of heads.keys()) {
      this.#jumping.add(origin)
      this.#waiting.drop(origin)
    }
  }

  /** It is not going to come now. */
  wontJump(heads: Heads): void {
    for (const origin of heads.keys()) this.#jumping.delete(origin)
  }

  /**
   * What `heads` say came as documents, and is durable: the log goes on after them. Returns the entries
   * that waited for it.
   */
  jump(heads: Heads): SealedEntry[] {
    for (const [origin, head] of heads) {
      this.#jumping.delete(origin)
      if (seqOf(this.#applied, origin) >= head.seq) continue
      this.#setTo(origin, head)
      this.#floors.set(origin, head)
    }
    return this.release()
  }

  #setTo(origin: ReplicaId, head: Head): void {
    this.#durable.set(origin, head)
    this.#applied.set(origin, head.seq)
    this.#chains.set(origin, head.hash)
  }

  /** The entries of `origin` after `keep` are about to be rolled back; until `rolledBack` none are taken. */
  block(origin: ReplicaId, keep: number): void {
    this.#blocked.set(origin, keep)
    this.#waiting.drop(origin)
  }

  /** The log of `origin` ends at `head` now. */
  rolledBack(origin: ReplicaId, head: Head): void {
    this.#blocked.delete(origin)
    this.#setTo(origin, head)
    if (head.seq > 0) return
    for (const map of [this.#durable, this.#applied, this.#chains, this.#floors]) map.delete(origin)
  }

  /** Entries up to `floors` have left the log. (Where it jumps to is a floor once that is told durable.) */
  trimmed(floors: Heads): void {
    for (const [origin, floor] of floors) {
      if (floor.seq <= (this.#durable.get(origin)?.seq ?? 0)) this.#floors.set(origin, floor)
    }
  }

  /** These entries, applied before, have become durable. */
  becameDurable(entries: readonly SealedEntry[]): void {
    for (const { dot, hash } of entries) this.#durable.set(dot.replica, { seq: dot.seq, hash })
  }
}

/** What became of entries that a peer sent. */
export type Taken =
  /**
   * `upTo` is the last that was brought; `fresh` are those that were news, which come after the
   * chain hash `before`; `ready` those, of any origin, that can be applied now.
   */
  | {
      readonly outcome: 'taken'
      readonly origin: ReplicaId
      readonly upTo: number
      readonly fresh: readonly SealedEntry[]
      readonly before: ChainHash
      readonly ready: readonly SealedEntry[]
    }
  | { readonly outcome: 'refused'; readonly rejection: Rejection }
  /** They do not continue the chain of `origin` after `seq`. */
  | { readonly outcome: 'forked'; readonly origin: ReplicaId; readonly seq: number }

/** Entries off the wire: decoded, of one origin, consecutive, and with updates that pass the gate. */
function decodeRun(message: Series): Result<{ origin: ReplicaId; run: SealedEntry[] }> {
  const run: SealedEntry[] = []
  let hash = message.previous
  for (const bytes of message.entries) {
    const decoded = decodeEntry(bytes)
    if (!decoded.ok) return decoded
    const entry = decoded.value
    const before = run.at(-1)?.dot ?? { replica: entry.dot.replica, seq: entry.dot.seq - 1 }
    if (before.replica !== entry.dot.replica || before.seq + 1 !== entry.dot.seq) {
      return reject('malformed', 'Entries of one frame are not consecutive ones of one origin.')
    }
    for (const { update } of entry.changes) {
      // Its origin's gate counted what clients sent; merged, they may be more than one may send.
      const checked = decodeAnySize(update)
      if (!checked.ok) return checked
    }
    hash = chainHash(hash, bytes)
    run.push({ ...entry, bytes, hash })
  }
  const origin = run[0]?.dot.replica
  if (origin === undefined) return reject('malformed', 'A frame of entries has none.')
  return { ok: true, value: { origin, run } }
}
