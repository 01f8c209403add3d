import { RejoinError } from '@rejoin/protocol'

import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Compactor } from './compactor.ts'
import { systemClock } from '../system-clock.ts'
import { COMPACTION_LIMITS } from './limits.ts'

export interface StoreCompactionOptions {
  readonly store: Pick<Store, 'readDocument' | 'replace'>
  readonly compactor: Pick<Compactor, 'compact'>
  readonly keepHistory: (document: string) => boolean
  /** Is told of documents that turn out to be damaged. */
  readonly onDamage: (document: string) => void
  /** Is told when the store refused a change: it refuses all others then. */
  readonly onFailure?: (error: Error) => void
  /** How long it rests after each document, as a multiple of what that took; left out, 4. */
  readonly restFactor?: number
  /** Left out: the machine's. */
  readonly clock?: Clock
}

interface Eagerness {
  /** Also where little is saved. */
  readonly evenIfSmall?: boolean
  /** Only finds out what would be saved. */
  readonly isDry?: boolean
}

interface Sizes {
  readonly before: number
  readonly after: number
}

export interface Quarantined {
  readonly document: string
  readonly reason: string
}

/**
 * Compacts documents on disk behind the back of everybody else: one that has been appended to for long
 * enough gets one update in the place of many, in one synced batch (rule S5). Its tail must outweigh the
 * snapshot before it, so that all bytes that are ever rewritten are at most about twice those appended.
 * What can't be compacted is left as it is, and named. After a failure of the store it does nothing until a
 * commit shows that the store is well again.
 */
export class StoreCompaction {
  readonly #options: StoreCompactionOptions
  readonly #clock: Clock
  /** Updates appended since a document was last looked at; the one written last comes last. */
  readonly #appended = new Map<string, number>()
  readonly #candidates = new Set<string>()
  readonly #quarantined = new Map<string, { reason: string; updates: number }>()
  #running: Promise<void> | undefined
  #paused = false
  readonly #closing = new AbortController()

  constructor(options: StoreCompactionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** The documents that can't be compacted. */
  quarantined(): Quarantined[] {
    return [...this.#quarantined].map(([document, { reason }]) => ({ document, reason }))
  }

  /** A document with so many updates was read. */
  loaded(document: string, updates: number): void {
    if (updates >= COMPACTION_LIMITS.loadedUpdates) this.#consider(document)
  }

  /** An update was appended to a document. */
  appended(document: string): void {
    this.#paused = false
    const appended = (this.#appended.get(document) ?? 0) + 1
    this.#appended.delete(document)
    if (appended < COMPACTION_LIMITS.appendedUpdates) {
      this.#appended.set(document, appended)
      forgetOldest(this.#appended, COMPACTION_LIMITS.countedMax)
      return this.#start()
    }
    this.#consider(document)
  }

  #consider(document: string): void {
    if (this.#candidates.size < COMPACTION_LIMITS.candidatesMax) this.#candidates.add(document)
    this.#start()
  }

  #start(): void {
    if (this.#candidates.size > 0 && !this.#paused && !this.#isClosed) this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    for (const document of this.#candidates) {
      if (this.#paused || this.#isClosed) break
      this.#candidates.delete(document)
      // A change that is refused is told above; what can't be read now is read when it is opened.
      const startedMs = this.#clock.now()
      await this.compact(document).catch(() => {})
      await this.#rest(this.#clock.now() - startedMs)
    }
    this.#running = undefined
  }

  /** Edits come first: under load most of the disk's time, and of the processors', is theirs. */
  async #rest(tookMs: number): Promise<void> {
    const { restFactor = COMPACTION_LIMITS.restFactor } = this.#options
    if (restFactor === 0) return
    const { signal } = this.#closing
    await pause(this.#clock, tookMs * restFactor, { signal, isIdle: true })
  }

  /**
   * Compacts a document if that is worth it; answers its bytes before and after, or `undefined` when it
   * was left as it is. Rejects when the store fails.
   */
  async compact(document: string, options: Eagerness = {}): Promise<Sizes | undefined> {
    try {
      return await this.#compact(document, options)
    } catch (error) {
      if (!(error instanceof RejoinError) || error.code !== 'damaged') throw error
      this.#options.onDamage(document)
      return undefined
    }
  }

  async #compact(
    document: string,
    { evenIfSmall = false, isDry = false }: Eagerness,
  ): Promise<Sizes | undefined> {
    const { store, compactor, keepHistory } = this.#options
    const { updates, end } = await store.readDocument(document)
    const isWorthIt = evenIfSmall ? updates.length > 1 : outweighs(updates)
    if (!isWorthIt || this.#isHopeless(document, updates.length)) return undefined
    const result = await compactor.compact(updates, { gc: !keepHistory(document) })
    if (!result.ok) {
      const why = { reason: result.reason, updates: updates.length }
      if (result.isRefused !== true) this.#quarantine(document, why)
      return undefined
    }
    if (this.#isClosed) return undefined
    if (!isDry) await this.#replace(document, { end, update: result.snapshot })
    this.#quarantined.delete(document)
    return { before: sum(updates), after: result.snapshot.length }
  }

  /** After a store has refused, others wait, and this one until it has grown. */
  async #replace(document: string, by: { end: number; update: Uint8Array }): Promise<void> {
    try {
      await this.#options.store.replace(document, by)
    } catch (error) {
      this.#paused = true
      this.#options.onFailure?.(error as Error)
      throw error
    }
  }

  #isHopeless(document: string, updates: number): boolean {
    const earlier = this.#quarantined.get(document)
    return earlier !== undefined && updates < earlier.updates * COMPACTION_LIMITS.retryGrowth
  }

  #quarantine(document: string, why: { reason: string; updates: number }): void {
    if (this.#isClosed) return
    this.#quarantined.delete(document)
    this.#quarantined.set(document, why)
    forgetOldest(this.#quarantined, COMPACTION_LIMITS.quarantinedMax)
  }

  /** Waits for the document that is being compacted. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }
}

/** The first update is the snapshot; what comes after it must weigh as much. */
function outweighs([snapshot, ...tail]: readonly Uint8Array[]): boolean {
  return tail.length > 0 && sum(tail) >= (snapshot?.length ?? 0)
}

function sum(updates: readonly Uint8Array[]): number {
  return updates.reduce((bytes, { length }) => bytes + length, 0)
}

function forgetOldest<V>(map: Map<string, V>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}
