import type { GossipEvent } from '@rejoin/gossip'
import { EMPTY_VERSION, join, type Version } from '@rejoin/protocol'

import type { Emit } from './events.ts'
import { Extent } from './extent.ts'
import { decodeAnySize } from './gate.ts'
import type { Log } from './log.ts'
import { mergeAll } from './merging.ts'

/** What is left of a damaged document; of entries up to `missing` it may lack some. */
interface Salvaged {
  readonly updates: readonly Uint8Array[]
  readonly end: number
  readonly missing: Version
}

/** A peer's copy of it, which holds at most what `upTo` says. */
interface Fetched {
  readonly updates: readonly Uint8Array[]
  readonly upTo: Version
}

interface Damaged {
  /** It can be read, and something that it builds on is missing. */
  readonly hasHoles: boolean
  salvaged?: Salvaged
  fetched?: Fetched
  /** What the store was given in its place, and has not answered. */
  put?: Uint8Array
}

/**
 * Repairing documents that the store can't read, or of which something is missing (rule S3). Every
 * change of a document is in an entry, so where the log held all of them when it was read it is enough; else
 * a peer must help, which holds what was not in the log. What is put together takes the place of the damaged
 * document only when it has no hole, and only when this replica's version has reached what the peer's
 * copy shows: an edit on top of it would depend on more than its entry says (rule L4). That there is no hole
 * is no proof that nothing is missing: a deletion leaves none.
 */
export class Repairing {
  readonly #log: Log
  readonly #emit: Emit
  readonly #tell: (event: GossipEvent) => void
  readonly #damaged = new Map<string, Damaged>()

  constructor(options: { log: Log; emit: Emit; tell: (event: GossipEvent) => void }) {
    this.#log = options.log
    this.#emit = options.emit
    this.#tell = options.tell
  }

  /** The documents that are damaged and not repaired yet. */
  get documents(): string[] {
    return [...this.#damaged.keys()]
  }

  found(document: string, { hasHoles }: { hasHoles: boolean }): void {
    const known = this.#damaged.get(document)
    if (known !== undefined && (hasHoles || !known.hasHoles)) return
    this.#damaged.set(document, { hasHoles })
    this.#emit({ type: 'status' })
    this.#emit({ type: 'salvage', document })
  }

  /** The documents of which something is missing. */
  get withHoles(): string[] {
    return this.documents.filter((document) => this.#damaged.get(document)?.hasHoles)
  }

  salvaged(document: string, salvaged: Salvaged): void {
    const damaged = this.#damaged.get(document)
    if (damaged === undefined) return
    damaged.salvaged = salvaged
    const isAll = this.#needs(damaged).size === 0
    if (!isAll || !this.#put(document, damaged)) this.#askPeers(document, damaged)
  }

  #askPeers(document: string, damaged: Damaged): void {
    this.#tell({ type: 'damaged', document, needs: this.#needs(damaged) })
  }

  /** What whoever helps must hold: what the log does not tell now, or did not when the document was salvaged. */
  #needs({ salvaged }: Damaged): Version {
    return join([this.#log.beforeLog(), salvaged?.missing ?? EMPTY_VERSION])
  }

  /** A peer's copy has come. */
  fetched(document: string, fetched: Fetched): void {
    const damaged = this.#damaged.get(document)
    if (damaged === undefined) return this.#tell({ type: 'repaired', document, isDone: true })
    damaged.fetched = fetched
    this.advanced()
  }

  /** This replica's version has grown: it may have reached what a peer's copy shows. */
  advanced(): void {
    for (const [document, damaged] of this.#damaged) {
      const { fetched } = damaged
      if (fetched === undefined || damaged.put !== undefined) continue
      if (!this.#log.covers(fetched.upTo)) continue
      if (this.#put(document, damaged)) continue
      delete damaged.fetched
      this.#tell({ type: 'repaired', document, isDone: false })
      this.#askPeers(document, damaged)
    }
  }

  /** Puts the document together again; `false` when something of it is still missing. */
  #put(document: string, damaged: Damaged): boolean {
    const { salvaged, fetched } = damaged
    if (salvaged === undefined) return false
    const whole = wholeOf([...(fetched?.updates ?? []), ...salvaged.updates])
    if (whole === undefined) return false
    damaged.put = whole
    this.#emit({ type: 'replace', document, end: salvaged.end, update: whole })
    return true
  }

  /** It could be read after all: what was missing has come as an entry. */
  foundWhole(document: string): void {
    if (this.#damaged.get(document)?.put === undefined) this.replaced(document)
  }

  /** The store has taken the whole document, which is answered, or failed to: then it is found again. */
  replaced(document: string): Uint8Array | undefined {
    const damaged = this.#damaged.get(document)
    if (!this.#damaged.delete(document)) return undefined
    this.#emit({ type: 'status' })
    if (damaged?.fetched !== undefined) this.#tell({ type: 'repaired', document, isDone: true })
    return damaged?.put
  }
}

/** One update that holds what all of these do, if that lacks nothing. */
function wholeOf(updates: readonly Uint8Array[]): Uint8Array | undefined {
  const readable = updates.filter((update) => decodeAnySize(update).ok)
  if (readable.length === 0) return undefined
  const merged = mergeAll(readable)
  const decoded = decodeAnySize(merged)
  if (!decoded.ok || new Extent().lacks(decoded.value) !== undefined) return undefined
  return merged
}
