import type { GossipEffect, GossipEvent } from '@rejoin/gossip'
import { reject, type Change, type Heads, type SealedEntry } from '@rejoin/protocol'

import type { Editing } from './editing.ts'
import type { Emit } from './events.ts'
import { decodeAnySize, type DecodedUpdate } from './gate.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Log } from './log.ts'
import { byDocument, mergeAll } from './merging.ts'
import type { Reading } from './reading.ts'
import type { Resident, Residents } from './residents.ts'

/**
 * Receiving from peers: entries, which the log puts in causal order, and documents that come whole. What
 * has passed is shown to the readers of its documents at once, and goes into the next commit.
 */
export class Receiving {
  readonly #log: Log
  readonly #residents: Residents
  readonly #commit: GroupCommit
  readonly #editing: Editing
  readonly #reading: Reading
  readonly #emit: Emit

  constructor(options: {
    log: Log
    residents: Residents
    commit: GroupCommit
    editing: Editing
    reading: Reading
    emit: Emit
  }) {
    this.#log = options.log
    this.#residents = options.residents
    this.#commit = options.commit
    this.#editing = options.editing
    this.#reading = options.reading
    this.#emit = options.emit
  }

  /** Takes entries off a link; answers what gossip is to hear of it. */
  entries(
    { link, series, isPushed }: GossipEffect & { type: 'entries' },
    now: number,
  ): GossipEvent | undefined {
    // What is dropped here is not durable, so it stays missing, and is asked for again.
    if (this.#commit.failure !== undefined || this.#commit.isBehind) return undefined
    const taken = this.#log.take(series)
    if (taken.outcome === 'refused') return { type: 'refused', link, rejection: taken.rejection }
    if (taken.outcome === 'forked') {
      return { type: 'forked', link, origin: taken.origin, seq: taken.seq }
    }
    const { origin, upTo, before, fresh, ready } = taken
    this.#apply(ready, now)
    return { type: 'took', link, origin, upTo, before, fresh, isPushed }
  }

  #apply(ready: readonly SealedEntry[], now: number): void {
    if (ready.length === 0) return
    for (const { changes } of ready) {
      for (const { document, update } of changes) this.bring(document, update, now)
    }
    this.#commit.addEntries(ready)
    this.#seal()
  }

  /** What has passed the gate is shown where it is open; most documents that peers bring are open to nobody. */
  bring(document: string, update: Uint8Array, now: number): void {
    const resident = this.#residents.get(document)
    if (resident === undefined) return
    const decoded = decodeAnySize(update)
    if (!decoded.ok) throw new Error('An update passed the gate and now does not decode.')
    this.#show(resident, decoded.value, now)
  }

  #show(resident: Resident, update: DecodedUpdate, now: number): void {
    const { loaded, document } = resident
    const isLacking = loaded && document.extent.lacks(update) !== undefined
    if (isLacking) document.hold(update)
    else document.append(update)
    if (isLacking && !document.isWhole) this.#editing.askAll(resident, now)
    this.#editing.unpark(resident, now)
    this.#reading.grew(resident, now)
  }

  /** What gossip is to hear of documents that can't be taken. */
  refusalOf({ link, documents }: GossipEffect & { type: 'snapshots' }): GossipEvent | undefined {
    for (const { update } of documents) {
      const decoded = decodeAnySize(update)
      if (!decoded.ok) return { type: 'refused', link, rejection: decoded.rejection }
    }
    // They were asked for before. What must not look as if it had arrived is refused, and comes again.
    if (this.#commit.failure === undefined) return undefined
    const { rejection } = reject('read-only', 'This replica cannot store anything at present.')
    return { type: 'refused', link, rejection }
  }

  /** Takes documents that came whole. */
  snapshots(effect: GossipEffect & { type: 'snapshots' }, now: number): void {
    const { chunk, documents, notes, jumps } = effect
    const snapshots = onePerDocument(documents)
    this.#log.willJump(jumps)
    for (const { document, update } of snapshots) this.bring(document, update, now)
    this.#commit.addSnapshots({ snapshots, notes, jumps }, chunk)
    this.#seal()
  }

  /** Documents that hold what `jumps` say are durable: entries that waited for that are applied. */
  jumped(jumps: Heads, now: number): void {
    this.#apply(this.#log.jump(jumps), now)
  }

  /** What documents hold beyond the log has changed. */
  ahead({ ahead, notes }: GossipEffect & { type: 'ahead' }): void {
    this.#log.runAhead(ahead)
    this.#commit.addSnapshots({ snapshots: [], notes, jumps: new Map() })
    this.#seal()
  }

  /** Entries that waited for what is nowhere any more are applied. */
  released(now: number): void {
    this.#apply(this.#log.release(), now)
  }

  #seal(): void {
    this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
  }
}

/**
 * A document comes as all the updates that its sender stores, which may be many: it is stored as one here,
 * or each that passes it on would hand on more of them.
 */
function onePerDocument(documents: readonly Change[]): Change[] {
  return [...byDocument(documents)].map(([document, each]) => ({
    document,
    update: mergeAll(each),
  }))
}
