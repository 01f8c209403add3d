import type { EngineEffect, EngineEvent } from '@rejoin/engine'
import { CHAIN_START, RejoinError } from '@rejoin/protocol'

import type { StoreCompaction } from './compaction/store-compaction.ts'
import { REPLICA_LIMITS } from './limits.ts'
import { pause } from './pause.ts'
import type { Clock } from './ports/clock.ts'
import type { Machine } from './ports/machine.ts'
import type { Store } from './ports/store.ts'

export type StoreEffect = Extract<EngineEffect, { type: StoreEffectType }>

type StoreEffectType = (typeof STORE_EFFECT_TYPES)[number]

const STORE_EFFECT_TYPES = [
  'commit',
  'load',
  'read',
  'read-documents',
  'read-all',
  'compact',
  'salvage',
  'replace',
  'read-loose',
  'cut-log',
  'measure',
  'trim',
] as const

const STORE_EFFECTS: ReadonlySet<string> = new Set(STORE_EFFECT_TYPES)

export function isStoreEffect(effect: EngineEffect): effect is StoreEffect {
  return STORE_EFFECTS.has(effect.type)
}

export interface StoreDriverOptions {
  readonly store: Store
  readonly clock: Clock
  readonly compactor: Machine['compactor']
  readonly compaction: StoreCompaction
  readonly keepHistory: (document: string) => boolean
  /** Tells whichever engine runs then that the store has failed, or is open again. */
  readonly tell: Tell
}

type Tell = (event: EngineEvent) => void

type ChangeEffect = Extract<
  StoreEffect,
  { type: 'replace' | 'read-all' | 'read-loose' | 'cut-log' | 'trim' }
>

interface WholeDocument {
  readonly document: string
  readonly updates: readonly Uint8Array[]
}

/**
 * Carries out an engine's effects on the store, and tells it what came of them. A change that fails
 * makes the replica read-only (rule S2); from then on the store is opened anew, ever more rarely, until
 * that succeeds, so that nobody has to restart anything once the disk has room again.
 */
export class StoreDriver {
  readonly #store: Store
  readonly #clock: Clock
  readonly #compactor: Machine['compactor']
  readonly #compaction: StoreCompaction
  readonly #keepHistory: (document: string) => boolean
  #committingSince: number | undefined
  /** Undoes the opening that is due; set until the store is open again. */
  #reopening: (() => void) | undefined
  readonly #tell: Tell
  #reopenMs: number = REPLICA_LIMITS.reopenMsMin
  readonly #closing = new AbortController()

  constructor(options: StoreDriverOptions) {
    this.#store = options.store
    this.#clock = options.clock
    this.#compactor = options.compactor
    this.#compaction = options.compaction
    this.#keepHistory = options.keepHistory
    this.#tell = options.tell
  }

  /** How long the commit that is under way has taken, in ms. */
  get committingMs(): number | undefined {
    return this.#committingSince === undefined
      ? undefined
      : this.#clock.now() - this.#committingSince
  }

  /** Carries out `effect`; `tell` is called once, later, unless the store was closed by then. */
  carryOut(effect: StoreEffect, tell: Tell): void {
    switch (effect.type) {
      case 'commit':
        return void this.#commit(effect, tell)
      case 'load':
        return void this.#load(effect.document, tell)
      case 'read':
        return void this.#read(effect, tell)
      case 'read-documents':
        return void this.#readDocuments(effect, tell)
      case 'compact':
        return void this.#compact(effect, tell)
      case 'salvage':
        return void this.#salvage(effect.document, tell)
      case 'measure':
        return void this.#store.logBytes().then(
          (logBytes) => tell({ type: 'measured', logBytes }),
          () => {},
        )
      case 'replace':
      case 'read-all':
      case 'read-loose':
      case 'cut-log':
      case 'trim':
        return void this.#change(effect, tell)
    }
  }

  async #commit({ batch }: StoreEffect & { type: 'commit' }, tell: Tell): Promise<void> {
    this.#committingSince = this.#clock.now()
    try {
      await this.#store.commit(batch)
    } catch (error) {
      return this.failed(error as Error)
    } finally {
      this.#committingSince = undefined
    }
    tell({ type: 'committed', batch: batch.id })
    for (const { changes } of batch.entries) {
      for (const { document } of changes) this.#compaction.appended(document)
    }
    for (const { document } of batch.snapshots) this.#compaction.appended(document)
  }

  /** No change can be made: the replica is read-only until the store is open again. */
  failed(error: Error): void {
    if (this.#closing.signal.aborted) return
    this.#tell({ type: 'commit-failed', batch: 0, reason: error.message })
    this.#reopening ??= this.#clock.schedule(this.#reopenMs, () => void this.#reopen())
  }

  async #reopen(): Promise<void> {
    try {
      const { heads, floors } = await this.#store.reopen()
      this.#reopening = undefined
      this.#reopenMs = REPLICA_LIMITS.reopenMsMin
      this.#tell({ type: 'reopened', heads, floors })
    } catch (error) {
      this.#reopening = undefined
      this.#reopenMs = Math.min(this.#reopenMs * 2, REPLICA_LIMITS.reopenMsMax)
      this.failed(error as Error)
    }
  }

  async #load(document: string, tell: Tell): Promise<void> {
    try {
      const { updates } = await this.#store.readDocument(document)
      const loaded = await this.#shortened(document, updates)
      tell({ type: 'loaded', document, updates: loaded })
      this.#compaction.loaded(document, updates.length)
    } catch (error) {
      const { message: reason } = error as Error
      tell({ type: 'load-failed', document, reason, damaged: isDamage(error) })
    }
  }

  /** Many updates are compacted before they are taken into memory; what can't be stays as it is. */
  async #shortened(
    document: string,
    updates: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]> {
    if (updates.length <= REPLICA_LIMITS.loadedUpdatesMax) return updates
    const gc = !this.#keepHistory(document)
    const result = await this.#compactor.compact(updates, { gc, isUnproved: true })
    return result.ok ? [result.snapshot] : updates
  }

  async #read(effect: StoreEffect & { type: 'read' }, tell: Tell): Promise<void> {
    const { link, range, bytesMax } = effect
    const { origin, from, to } = range
    // A peer that gets nothing asks for documents; the store's own trouble shows with its writes.
    const nothing = { previous: CHAIN_START, entries: [] }
    const found = await this.#store.readEntries(origin, { from, to, bytesMax }).catch(() => nothing)
    tell({ type: 'read', link, range, found })
  }

  async #readDocuments(
    effect: StoreEffect & { type: 'read-documents' },
    tell: Tell,
  ): Promise<void> {
    const { link, only, document, bytesMax } = effect
    const documents: WholeDocument[] = []
    const names = only ? [document] : await this.#namesAfter(document).catch(() => undefined)
    if (names === undefined) return tell({ type: 'documents-read', link })
    let bytes = 0
    for (const name of names) {
      const updates = await this.#readWhole(name, tell).catch(() => undefined)
      if (updates === undefined) return tell({ type: 'documents-read', link })
      if (updates.length > 0) documents.push({ document: name, updates })
      bytes += updates.reduce((sum, update) => sum + update.length, name.length)
      if (bytes >= bytesMax) break
    }
    const done = only || names.length === 0
    tell({ type: 'documents-read', link, found: { documents, done } })
  }

  async #readAll(effect: StoreEffect & { type: 'read-all' }, tell: Tell): Promise<EngineEvent> {
    const documents: WholeDocument[] = []
    let { after } = effect
    let bytes = 0
    const names = await this.#namesAfter(after)
    for (const name of names) {
      // One that is damaged is told, and published when it is repaired and changed again.
      const updates = (await this.#readWhole(name, tell)) ?? []
      if (updates.length > 0) documents.push({ document: name, updates })
      after = name
      bytes += updates.reduce((sum, update) => sum + update.length, name.length)
      if (bytes >= effect.bytesMax) break
    }
    return { type: 'all-read', documents, after, isLast: names.length === 0 }
  }

  /** A page of names. */
  async #namesAfter(document: string): Promise<string[]> {
    const limit = REPLICA_LIMITS.namesPerPage
    return await this.#store.listDocuments(document === '' ? { limit } : { after: document, limit })
  }

  /** The updates of a document; `undefined` when it is damaged, which is told. */
  async #readWhole(document: string, tell: Tell): Promise<readonly Uint8Array[] | undefined> {
    try {
      return (await this.#store.readDocument(document)).updates
    } catch (error) {
      if (!isDamage(error)) throw error
      tell({ type: 'damaged', document })
      return undefined
    }
  }

  async #compact(effect: StoreEffect & { type: 'compact' }, tell: Tell): Promise<void> {
    const { document, updates, end } = effect
    const gc = !this.#keepHistory(document)
    const result = await this.#compactor.compact(updates, { gc, isUnproved: true })
    const compacted = { type: 'compacted', document, end } as const
    if (result.ok) return tell({ ...compacted, snapshot: result.snapshot })
    tell({ ...compacted, isHopeless: result.isRefused !== true })
  }

  async #salvage(document: string, tell: Tell): Promise<void> {
    try {
      tell({ type: 'salvaged', document, ...(await this.#store.salvageDocument(document)) })
    } catch {
      // Nothing of it can be read now; whoever opens it next tries again.
      tell({ type: 'replaced', document, done: false })
    }
  }

  /** What fails here is asked for again once the store is open anew, reads that must be whole too. */
  async #change(effect: ChangeEffect, tell: Tell): Promise<void> {
    try {
      tell(await this.#changed(effect, tell))
    } catch (error) {
      if (effect.type === 'replace') {
        tell({ type: 'replaced', document: effect.document, done: false })
      }
      this.failed(error as Error)
    }
  }

  async #changed(effect: ChangeEffect, tell: Tell): Promise<EngineEvent> {
    switch (effect.type) {
      case 'read-all':
        return await this.#readAll(effect, tell)
      case 'replace': {
        const { document, end, update } = effect
        await this.#store.replace(document, { end, update })
        return { type: 'replaced', document, done: true }
      }
      case 'read-loose': {
        const { origin, seq, bytesMax } = effect
        const entries = await this.#store.readLoose(origin, { seq, bytesMax })
        return { type: 'loose', origin, entries }
      }
      case 'cut-log': {
        const { origin, seq } = effect
        return { type: 'was-cut', origin, head: await this.#store.cut(origin, seq) }
      }
      case 'trim':
        return { type: 'trimmed', floors: await this.#store.trim(effect.floor) }
    }
  }

  /** Takes a new id, however often that has to be tried: nothing else can be done meanwhile. */
  async renew(keep: number): Promise<void> {
    this.#reopening?.()
    this.#reopening = undefined
    while (!this.#closing.signal.aborted) {
      try {
        await this.#store.renew(keep)
        return
      } catch {
        const { signal } = this.#closing
        await pause(this.#clock, REPLICA_LIMITS.reopenMsMin, { signal })
        if (!signal.aborted) await this.#store.reopen().catch(() => {})
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#reopening?.()
    // Together: what is being compacted ends with the thread.
    await Promise.all([this.#compaction.close(), this.#compactor.close()])
    await this.#store.close()
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof RejoinError && error.code === 'damaged'
}
