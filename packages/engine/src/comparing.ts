import type { Doubt, GossipEffect, LinkId } from '@rejoin/gossip'
import type { Change, Heads } from '@rejoin/protocol'
import * as Y from 'yjs'

import { Document } from './document.ts'
import type { Emit, StoreEvent } from './events.ts'
import { decodeAnySize } from './gate.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Log } from './log.ts'
import { byDocument, mergeAll } from './merging.ts'
import type { Republishing } from './republishing.ts'
import type { Residents } from './residents.ts'

type Updates = readonly Uint8Array[]

/** Documents that have come whole, and are not stored before they are compared with those that are here. */
interface Pending {
  readonly link: LinkId
  readonly jumps: Heads
  readonly doubt: Doubt
  /** By document: what has come, and what is here. */
  readonly theirs: ReadonlyMap<string, Updates>
  readonly ours: Map<string, Updates>
  /** Documents that the store is asked for. */
  readonly awaited: Set<string>
  isCompared: boolean
  readonly onCompared: () => void
}

/**
 * Comparing documents that come whole with those that are here. Two histories of one id show in their hash
 * chains (rule L1), unless the log jumps over the entries in question, as they have left their source's log
 * (rule L7). Then what they did is compared: whatever a document here holds that the other one lacks is
 * published before the jump. It may be in entries that the source has yet to get; then it comes twice, which
 * changes nothing.
 */
export class Comparing {
  readonly #log: Log
  readonly #residents: Residents
  readonly #commit: GroupCommit
  readonly #republishing: Republishing
  readonly #emit: Emit
  /** The documents that the source has: all others here are published whole. */
  readonly #sent = new Set<string>()
  /** What has come of a document of which more is to come. */
  #unfinished: readonly Change[] = []
  /** One at most: a source is asked for more when what it sent is durable. */
  #pending: Pending | undefined

  constructor(options: {
    log: Log
    residents: Residents
    commit: GroupCommit
    republishing: Republishing
    emit: Emit
  }) {
    this.#log = options.log
    this.#residents = options.residents
    this.#commit = options.commit
    this.#republishing = options.republishing
    this.#emit = options.emit
  }

  compare(
    effect: GossipEffect & { type: 'snapshots' },
    doubt: Doubt,
    onCompared: () => void,
  ): void {
    this.#drop()
    if (doubt.isFirst) this.#unfinished = []
    if (doubt.isFirst && doubt.after === '') this.#sent.clear()
    const pending: Pending = {
      link: effect.link,
      jumps: effect.jumps,
      doubt,
      theirs: this.#finished(effect, doubt),
      ours: new Map(),
      awaited: new Set(),
      isCompared: false,
      onCompared,
    }
    this.#pending = pending
    // What would be jumped over must not change documents any more once they are compared.
    this.#log.willJump(effect.jumps)
    for (const document of pending.theirs.keys()) this.#look(pending, document)
    this.goOn()
  }

  /** Documents have come that need not be compared: should a doubt come up after them, they count as not sent. */
  forget(): void {
    this.#sent.clear()
    this.#unfinished = []
    this.#drop()
  }

  /** It will not be stored: it has to come again, or what has come since takes its place. */
  #drop(): void {
    if (this.#pending !== undefined) this.#log.wontJump(this.#pending.jumps)
    this.#pending = undefined
  }

  /** The documents that are whole with this. */
  #finished(
    { documents }: GossipEffect & { type: 'snapshots' },
    { unfinished }: Doubt,
  ): ReadonlyMap<string, Updates> {
    const theirs = byDocument([...this.#unfinished, ...documents])
    this.#unfinished = []
    if (unfinished === undefined) return theirs
    const updates = theirs.get(unfinished) ?? []
    this.#unfinished = updates.map((update) => ({ document: unfinished, update }))
    theirs.delete(unfinished)
    return theirs
  }

  #look({ ours, awaited }: Pending, document: string): void {
    this.#sent.add(document)
    const resident = this.#residents.get(document)
    if (resident?.loaded === true) {
      ours.set(document, resident.document.all())
      return
    }
    // The store may be read before a commit that is under way has reached it.
    ours.set(document, this.#commit.pendingUpdates(document))
    awaited.add(document)
    this.#emit({ type: 'load', document })
  }

  /** The store has answered; returns the link to be refused if a document can't be read at present. */
  loaded(event: StoreEvent & { type: 'loaded' | 'load-failed' }): LinkId | undefined {
    const { document } = event
    const pending = this.#pending
    if (pending?.awaited.delete(document) !== true) return undefined
    if (event.type === 'loaded') {
      const resident = this.#residents.get(document)?.document.all() ?? []
      pending.ours.set(document, [
        ...(pending.ours.get(document) ?? []),
        ...event.updates,
        ...resident,
      ])
    } else if (!event.damaged) {
      this.#drop()
      return pending.link
    }
    this.goOn()
    return undefined
  }

  /** Goes on as far as it can: as long as nothing can be stored it waits. */
  goOn(): void {
    const pending = this.#pending
    if (pending === undefined || pending.isCompared || pending.awaited.size > 0) return
    if (this.#commit.failure !== undefined) return
    pending.isCompared = true
    for (const [document, ours] of pending.ours) {
      const beyond = beyondOf(ours, pending.theirs.get(document) ?? [])
      if (beyond !== undefined) this.#commit.addEdit(document, beyond)
    }
    if (!pending.doubt.isLast) return this.#finish(pending)
    this.#republishing.begin({
      onDone: () => this.#finish(pending),
      isIn: (document) => !this.#sent.has(document),
    })
  }

  #finish(pending: Pending): void {
    if (this.#pending !== pending) return
    this.#pending = undefined
    pending.onCompared()
  }
}

/** What `ours` hold and `theirs` lack, if anything. */
function beyondOf(ours: Updates, theirs: Updates): Uint8Array | undefined {
  if (ours.length === 0) return undefined
  const all = mergeAll(ours)
  const decoded = decodeAnySize(all)
  // One that can't be read is found to be damaged when it is opened.
  if (!decoded.ok) return undefined
  const known = new Document('')
  known.load(theirs)
  const { extent } = known
  return extent.holds(decoded.value) ? undefined : Y.diffUpdate(all, extent.stateVector())
}
