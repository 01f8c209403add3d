import type { LogView } from '@rejoin/gossip'
import {
  accept,
  CHAIN_START,
  covers,
  decodeEntry,
  encodeEntry,
  reject,
  seqOf,
  type ChainHash,
  type Change,
  type Entries,
  type Entry,
  type Head,
  type Heads,
  type ReplicaId,
  type Result,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'

import { chainHash } from './chain.ts'
import { decodeAnySize } from './gate.ts'
import { ENGINE_LIMITS } from './limits.ts'

/**
 * The log: which entries of which origins this replica has. Three lines move through it, in this
 * order, and never back: what has `reached` us (some of it waits for its deps), what is applied, and
 * what is durable. Of each origin each line is a prefix without gaps (rule L2); an entry is applied
 * only after everything in its deps (rule L4), and its bytes must continue its origin's hash chain
 * (rule L1).
 */
export class Log implements LogView {
  readonly self: ReplicaId
  readonly #applied = new Map<ReplicaId, number>()
  readonly #chains = new Map<ReplicaId, ChainHash>()
  readonly #durable = new Map<ReplicaId, Head>()
  readonly #waiting = new Map<ReplicaId, SealedEntry[]>()
  #waitingCount = 0
  #waitingBytes = 0
  /** What the last own entry's deps, with those of the ones before, amount to. */
  readonly #declared = new Map<ReplicaId, number>()

  constructor(self: ReplicaId, heads: Heads) {
    this.self = self
    for (const [origin, head] of heads) {
      this.#durable.set(origin, head)
      this.#applied.set(origin, head.seq)
      this.#chains.set(origin, head.hash)
    }
  }

  get heads(): Heads {
    return this.#durable
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
    return seqOf(this.#applied, origin) + (this.#waiting.get(origin)?.length ?? 0)
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

  #newDeps(): Version {
    const deps = new Map<ReplicaId, number>()
    for (const [origin, seq] of this.#applied) {
      if (origin === this.self || seqOf(this.#declared, origin) === seq) continue
      deps.set(origin, seq)
      this.#declared.set(origin, seq)
    }
    return deps
  }

  /**
   * Takes consecutive entries of one origin from a peer; `value` are the entries, of any origin,
   * that can be applied now, in causal order, and count as applied. Entries that are held already,
   * or that leave a gap, are passed over: anti-entropy asks for what is missing.
   */
  take(message: Entries): Result<{ origin: ReplicaId; ready: SealedEntry[] }> {
    const decoded = decodeRun(message)
    if (!decoded.ok) return decoded
    const { origin, run } = decoded.value
    if (origin === this.self && (run.at(-1)?.dot.seq ?? 0) > this.reached(origin)) {
      return reject('forked', `A peer has entries of this replica's own that it lacks.`)
    }
    const fresh = this.#continuing(origin, message.previous, run)
    if (!fresh.ok) return fresh
    for (const entry of fresh.value) this.#wait(entry)
    return accept({ origin, ready: this.#release() })
  }

  /** The part of `run` that is news and joins on; fails where the chain shows another history. */
  #continuing(
    origin: ReplicaId,
    previous: ChainHash,
    run: readonly SealedEntry[],
  ): Result<SealedEntry[]> {
    const reached = this.reached(origin)
    const first = run[0]?.dot.seq ?? 1
    if (first > reached + 1) return accept([])
    const joint = first === reached + 1 ? previous : run[reached - first]?.hash
    if (joint !== undefined && joint !== this.#chainAtReached(origin)) {
      return reject(
        'forked',
        `Of origin ${origin} a peer holds other entries under the same numbers.`,
      )
    }
    return accept(run.slice(reached + 1 - first))
  }

  #chainAtReached(origin: ReplicaId): ChainHash {
    return this.#waiting.get(origin)?.at(-1)?.hash ?? this.#chain(origin)
  }

  #wait(entry: SealedEntry): void {
    const { replica: origin, seq } = entry.dot
    const full =
      this.#waitingCount >= ENGINE_LIMITS.waitingEntriesMax ||
      this.#waitingBytes + entry.bytes.length > ENGINE_LIMITS.waitingBytesMax
    // An entry after a dropped one would leave a gap, so it is dropped too.
    if ((full && !this.#isReady(entry)) || seq !== this.reached(origin) + 1) return
    const queue = this.#waiting.get(origin)
    if (queue === undefined) this.#waiting.set(origin, [entry])
    else queue.push(entry)
    this.#waitingCount += 1
    this.#waitingBytes += entry.bytes.length
  }

  /** Applies what waits and has its deps, again and again until nothing more moves. */
  #release(): SealedEntry[] {
    const ready: SealedEntry[] = []
    for (let moved = true; moved;) {
      moved = false
      for (const [origin, queue] of this.#waiting) {
        let count = 0
        for (
          let entry = queue[0];
          entry !== undefined && this.#isReady(entry);
          entry = queue[count]
        ) {
          this.#apply(entry)
          this.#waitingCount -= 1
          this.#waitingBytes -= entry.bytes.length
          ready.push(entry)
          count += 1
        }
        if (count === 0) continue
        moved = true
        if (count === queue.length) this.#waiting.delete(origin)
        else this.#waiting.set(origin, queue.slice(count))
      }
    }
    return ready
  }

  #isReady(entry: SealedEntry): boolean {
    return (
      entry.dot.seq === seqOf(this.#applied, entry.dot.replica) + 1 &&
      covers(this.#applied, entry.deps)
    )
  }

  #apply({ dot, hash }: SealedEntry): void {
    this.#applied.set(dot.replica, dot.seq)
    this.#chains.set(dot.replica, hash)
  }

  #chain(origin: ReplicaId): ChainHash {
    return this.#chains.get(origin) ?? CHAIN_START
  }

  /** These entries, applied before, have become durable. */
  becameDurable(entries: readonly SealedEntry[]): void {
    for (const { dot, hash } of entries) this.#durable.set(dot.replica, { seq: dot.seq, hash })
  }
}

/** Entries off the wire: decoded, of one origin, consecutive, and with updates that pass the gate. */
function decodeRun(message: Entries): Result<{ origin: ReplicaId; run: SealedEntry[] }> {
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
  return accept({ origin, run })
}
