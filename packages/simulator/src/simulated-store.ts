import type {
  Batch,
  EntryRange,
  LooseEntry,
  Recovered,
  SalvagedDocument,
  Store,
  StoredDocument,
  StoredEntries,
} from '@rejoin/replica'
import { RejoinError, type Head, type Heads, type ReplicaId, type Version } from '@rejoin/protocol'

import type { Disk } from './disk.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { headsText } from './trace.ts'
import type { World } from './world.ts'

/** A change on its way to the disk. */
interface Change {
  readonly make: () => void
  readonly answer: (error?: Error) => void
  /** It opens the store anew, and so is no change. */
  readonly isReopening: boolean
}

/** How much is read at once: little, so that asking on is part of every run. */
export interface AtOnce {
  readonly bytes: number
  readonly names: number
}

const LITTLE: AtOnce = { bytes: 400, names: 1 }

const NO_SPACE = new RejoinError('store-failed', 'The disk is full.')

/**
 * The store port of one process, on a disk that takes its time and can fail. Changes are made one after the
 * other, each whole; when the process ends, those that are under way are on the disk up to one of them, and
 * after that none. A change that fails may be on it all the same, and all others are refused then until
 * the store is opened anew.
 */
export class SimulatedStore implements Store {
  recovered: Recovered
  readonly #process: SimulatedProcess
  readonly #world: World
  readonly #disk: Disk
  readonly #changes: Change[] = []
  #failure: Error | undefined
  readonly #salvaged = new Set<string>()
  readonly #atOnce: AtOnce
  #isClosed = false

  constructor(process: SimulatedProcess, disk: Disk, atOnce: AtOnce = LITTLE) {
    this.#process = process
    this.#world = process.world
    this.#disk = disk
    this.#atOnce = atOnce
    this.recovered = disk.stored()
  }

  commit(batch: Batch): Promise<void> {
    return this.#change(() => this.#write(batch))
  }

  #write(batch: Batch): void {
    const { entries, jumps = new Map() } = batch
    this.#tellOf(batch)
    if (jumps.size > 0) this.#world.happened.jumps += 1
    this.#disk.write(batch)
    for (const entry of entries) {
      this.#world.written.set(`${entry.dot.replica} ${entry.dot.seq}`, entry)
    }
  }

  #tellOf({ entries, snapshots = [], jumps = new Map() }: Batch): void {
    if (entries.length + snapshots.length + jumps.size === 0) return
    const { nameOf } = this.#world
    this.#tell(() => {
      const parts = [
        ...entries.map(({ dot }) => `${nameOf(dot.replica)}${dot.seq}`),
        ...snapshots.map(({ document }) => document),
        ...(jumps.size > 0 ? [`the log begins after ${headsText(jumps, nameOf)}`] : []),
      ]
      return `has on disk: ${parts.join(' ')}`
    })
  }

  #tell(what: () => string): void {
    this.#world.tell(() => `${this.#process.replica.name} ${what()}`)
  }

  replace(document: string, { end, update }: { end: number; update: Uint8Array }): Promise<void> {
    return this.#change(() => {
      const { happened, record } = this.#world
      const { replica } = this.#process
      const isRepair = this.#salvaged.delete(document)
      happened[isRepair ? 'repairs' : 'compactionsOnDisk'] += 1
      this.#tell(() => `${isRepair ? 'repairs' : 'compacts'} ${document} on disk`)
      if (!isRepair) record?.({ type: 'compacted', replica, document })
      this.#disk.replace(document, end, update)
    })
  }

  trim(floor: Version): Promise<Heads> {
    return this.#change(() => {
      this.#world.happened.trims += 1
      return this.#disk.trim(floor)
    })
  }

  cut(origin: ReplicaId, seq: number): Promise<Head> {
    return this.#change(() => {
      this.#world.happened.cuts += 1
      this.#tell(() => `drops ${this.#world.nameOf(origin)} after ${seq}`)
      return this.#disk.cut(origin, seq)
    })
  }

  renew(keep: number): Promise<Recovered> {
    return this.#change(() => {
      const { happened, givenUp, nameOf } = this.#world
      const id = this.#world.nextId(this.#process.replica.name)
      happened.renewals += 1
      givenUp.add(this.#disk.replica)
      this.#tell(() => `gives up its id after ${keep}, and is ${nameOf(id)}`)
      this.#disk.renew(id, keep)
      return (this.recovered = this.#disk.stored())
    })
  }

  reopen(): Promise<Recovered> {
    const reopen = (): Recovered => {
      this.#failure = undefined
      return (this.recovered = this.#disk.stored())
    }
    return this.#change(reopen, { isReopening: true })
  }

  #change<T>(change: () => T, { isReopening = false } = {}): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      let made: { value: T } | undefined
      const make = (): void => void (made = { value: change() })
      const answer = (error?: Error): void => {
        if (made === undefined || error !== undefined) reject(error ?? NO_SPACE)
        else resolve(made.value)
      }
      this.#changes.push({ make, answer, isReopening })
      if (this.#changes.length === 1) this.#next()
    })
  }

  #next(): void {
    const [change] = this.#changes
    if (change === undefined) return
    this.#world.agenda.after(this.#changeMs(), () => {
      if (this.#process.isOver) return
      const error = this.#errorOf(change)
      if (error === undefined) change.make()
      this.#changes.shift()
      this.#process.call(() => change.answer(error))
      this.#next()
    })
  }

  /** How long a change takes; now and then a disk stalls. */
  #changeMs(): number {
    const { agenda, happened } = this.#world
    if (!this.#world.happens('stall')) return agenda.between(1, 12)
    happened.stalls += 1
    return agenda.between(100, 3_000)
  }

  /** Why a change fails, if it does: the disk is full for a while. */
  #errorOf({ isReopening, make }: Change): Error | undefined {
    const { agenda, happened, isHealed } = this.#world
    const { isFull } = this.#process.replica
    if (isReopening) return !isFull && (isHealed || agenda.happens(0.7)) ? undefined : this.#failure
    const isFailing = isFull || this.#world.happens('fail')
    if (this.#failure !== undefined || !isFailing) return this.#failure
    happened.failures += 1
    this.#tell(() => 'can write no more: its disk is full')
    if (agenda.happens(0.3)) make()
    return (this.#failure = NO_SPACE)
  }

  /** The process has ended: some of the changes that were under way, in their order, are on the disk. */
  lose(): void {
    for (const { make, isReopening } of this.#changes) {
      if (this.#failure !== undefined || isReopening || this.#world.agenda.happens(0.5)) return
      make()
    }
  }

  readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries> {
    const bytesMax = Math.min(range.bytesMax, this.#atOnce.bytes)
    return this.#read(() => this.#disk.read(origin, { ...range, bytesMax }))
  }

  readLoose(origin: ReplicaId, after: { seq: number; bytesMax: number }): Promise<LooseEntry[]> {
    const bytesMax = Math.min(after.bytesMax, this.#atOnce.bytes)
    return this.#read(() => this.#disk.readLoose(origin, after.seq, bytesMax))
  }

  readDocument(document: string): Promise<StoredDocument> {
    return this.#read(() => {
      const updates = this.#disk.document(document)
      if (updates !== undefined) return { updates, end: this.#disk.endOf(document) }
      this.#world.happened.damages += 1
      this.#tell(() => `can't read ${document}`)
      throw new RejoinError('damaged', `${document} is damaged.`)
    })
  }

  salvageDocument(document: string): Promise<SalvagedDocument> {
    this.#salvaged.add(document)
    return this.#read(() => this.#disk.salvage(document))
  }

  logBytes(): Promise<number> {
    return this.#read(() => this.#disk.logBytes())
  }

  listDocuments({ after = '', limit }: { after?: string; limit: number }): Promise<string[]> {
    const names = Math.min(limit, this.#atOnce.names)
    return this.#read(() =>
      this.#disk.names
        .toSorted()
        .filter((name) => name > after)
        .slice(0, names),
    )
  }

  documentCount(): number {
    return this.#disk.names.length
  }

  /** What a read finds is of its beginning or of its end, or it fails. */
  #read<T>(read: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError())
    const { agenda, happened } = this.#world
    const reading = async (): Promise<T> => read()
    const early = agenda.happens(0.5) ? reading() : undefined
    early?.catch(() => {})
    return new Promise((resolve, reject) => {
      this.#process.later(agenda.between(0, 10), () => {
        if (!this.#world.happens('failRead')) return resolve(early ?? reading())
        happened.failedReads += 1
        this.#tell(() => 'has a read fail')
        reject(new Error('The disk can not be read (EIO).'))
      })
    })
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    const last = this.#change(() => {})
    this.#isClosed = true
    await last.catch(() => {})
  }
}

function closedError(): RejoinError {
  return new RejoinError('closed', 'The store is closed.')
}
