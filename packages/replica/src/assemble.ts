import { Engine, type EngineEvent } from '@rejoin/engine'
import { checkTags, hexFromBytes, orThrow, RUN_ID_BYTES, type Tags } from '@rejoin/protocol'

import { StoreCompaction } from './compaction/store-compaction.ts'
import { Driver } from './driver.ts'
import { REPLICA_LIMITS } from './limits.ts'
import { memoryStore } from './memory-store.ts'
import type { Machine } from './ports/machine.ts'
import type { Store } from './ports/store.ts'
import type { ReplicaOptions } from './replica.ts'
import { StoreDriver } from './store-driver.ts'

/** What a replica is made of. */
export interface Parts {
  readonly driver: Driver
  readonly store: Store
  readonly storeDriver: StoreDriver
  readonly compaction: StoreCompaction
}

/**
 * Puts a replica together: the engine, and around it what drives it. Nothing of it runs yet. Up to `meshMax`
 * members there is a full mesh; left out: up to as many as is usual.
 */
export function assemble(options: ReplicaOptions, machine: Machine, meshMax?: number): Parts {
  const store = options.store ?? memoryStore()
  const keepHistory = keepHistoryOf(options)
  const { clock, compactor } = machine
  const tell = (event: EngineEvent): void => driver.dispatch(event)
  const onDamage = (document: string): void => tell({ type: 'damaged', document })
  const onFailure = (error: Error): void => storeDriver.failed(error)
  const common = { store, clock, compactor, keepHistory }
  const compaction = new StoreCompaction({ ...common, onDamage, onFailure })
  const storeDriver = new StoreDriver({ ...common, compaction, tell })
  const given = tagsOf(options)
  const settings = { ...options, meshMax }
  const engineOf = (tags = given): Engine => engineFor(store, { ...settings, tags }, machine)
  const driver = new Driver({ engineOf, storeDriver, transport: options.transport, clock })
  return { driver, store, storeDriver, compaction }
}

/** Throws where they are over their bounds. */
function tagsOf({ tags }: ReplicaOptions): Tags {
  return orThrow(checkTags(tags ?? {}))
}

/** Where the application's answer is a throw, history is kept: that loses nothing. */
function keepHistoryOf({ keepHistory }: ReplicaOptions): (document: string) => boolean {
  return (document) => {
    try {
      return keepHistory?.(document) === true
    } catch {
      return true
    }
  }
}

type Settings = Omit<ReplicaOptions, 'tags'> & {
  readonly tags: Tags
  readonly meshMax: number | undefined
}

/** An engine for what the store holds now. */
function engineFor({ recovered }: Store, options: Settings, machine: Machine): Engine {
  const { logKeepBytes: keepBytes, logMaxBytes: maxBytes } = REPLICA_LIMITS
  const run = hexFromBytes(machine.randomBytes(RUN_ID_BYTES), RUN_ID_BYTES)
  return new Engine({
    stored: recovered,
    run,
    retention: { keepBytes, maxBytes, ...options.retention },
    address: options.transport?.address ?? '',
    tags: options.tags,
    peers: options.peers ?? [],
    seed: Number.parseInt(run.slice(0, 8), 16),
    meshMax: options.meshMax,
  })
}
