import type { EngineEvent } from '@rejoin/engine'
import { memoryStore, StoreCompaction, type Store } from '@rejoin/replica'
import { expect, test } from 'vitest'

import { compact } from '../src/compaction/compact.ts'
import type { Clock } from '../src/ports/clock.ts'
import { StoreDriver } from '../src/store-driver.ts'

/** A clock that is moved by hand. */
class HandClock implements Clock {
  #now = 0
  readonly due: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.#now
  }

  soon(run: () => void): void {
    queueMicrotask(run)
  }

  schedule(delayMs: number, run: () => void): () => void {
    const item = { at: this.#now + delayMs, run }
    this.due.push(item)
    return () => void this.due.splice(this.due.indexOf(item), 1)
  }

  /** Goes on to what is due next; answers how long that took. */
  async next(): Promise<number> {
    const next = this.due.shift()
    if (next === undefined) throw new Error('nothing is due')
    const passed = next.at - this.#now
    this.#now = next.at
    next.run()
    await settled()
    return passed
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What the driver tells of a store, of which some methods are replaced. */
function drive(replaced: Partial<Store>): {
  driver: StoreDriver
  clock: HandClock
  told: EngineEvent[]
} {
  const store: Store = Object.assign(memoryStore(), replaced)
  const clock = new HandClock()
  const told: EngineEvent[] = []
  const keepHistory = (): boolean => false
  const compactor = {
    compact: async (...args: Parameters<typeof compact>) => compact(...args),
    close: async () => {},
  }
  const onDamage = (): void => {}
  const compaction = new StoreCompaction({ store, compactor, keepHistory, onDamage, clock })
  const tell = (event: EngineEvent): void => void told.push(event)
  const driver = new StoreDriver({ store, clock, compactor, compaction, keepHistory, tell })
  return { driver, clock, told }
}

const failing = async (): Promise<never> => {
  throw new Error('EIO')
}

test('[S2] a store that has failed is opened again, ever more rarely until that succeeds', async () => {
  let failures = 6
  const { driver, clock, told } = drive({
    commit: failing,
    reopen: async () => {
      failures -= 1
      return failures > 0 ? await failing() : memoryStore().recovered
    },
  })
  const batch = { id: 1, entries: [], members: [], snapshots: [], jumps: new Map() }
  driver.carryOut({ type: 'commit', batch: { ...batch, notes: new Map() } }, () => {
    throw new Error('a commit that fails is told of as the failure of the store')
  })
  await settled()
  const waits: number[] = []
  while (clock.due.length > 0) waits.push(await clock.next())
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000])
  const failed = Array.from({ length: 6 }, () => 'commit-failed')
  expect(told.map(({ type }) => type)).toEqual([...failed, 'reopened'])
})

test('[L8] documents that can not be read are not taken for none: they are asked for again', async () => {
  for (const replaced of [
    { listDocuments: failing },
    { listDocuments: async () => ['a'], readDocument: failing },
  ]) {
    const { driver, clock, told } = drive(replaced)
    const answers: EngineEvent[] = []
    const all = { type: 'read-all', after: '', bytesMax: 1_000 } as const
    driver.carryOut(all, (event) => answers.push(event))
    await settled()
    await clock.next()
    expect(answers).toEqual([])
    expect(told.map(({ type }) => type)).toEqual(['commit-failed', 'reopened'])
  }
})

test('[L7] a peer is not sent what can not be read as if there were nothing', async () => {
  for (const replaced of [
    { listDocuments: failing },
    { listDocuments: async () => ['a'], readDocument: failing },
  ]) {
    const { driver, told } = drive(replaced)
    const answers: EngineEvent[] = []
    const some = { type: 'read-documents', link: 7, only: false, document: '' } as const
    driver.carryOut({ ...some, bytesMax: 1_000 }, (event) => answers.push(event))
    await settled()
    expect(answers).toEqual([{ type: 'documents-read', link: 7 }])
    expect(told).toEqual([])
  }
})
