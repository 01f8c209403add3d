import { decodeEntry, seqOf, type Change, type Head, type ReplicaId } from '@rejoin/protocol'

import type { Emit, LooseEntry } from './events.ts'
import type { GroupCommit } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import type { Log } from './log.ts'
import type { Republishing } from './republishing.ts'

interface Rollback {
  /** The last entry that stays. */
  readonly keep: number
  /** Up to where the entries after it were read. */
  read: number
  /**
   * What is done now: waiting until all that was accepted is durable, publishing all documents, or
   * reading entries and publishing what is in them.
   */
  phase: 'waiting' | 'publishing' | 'reading'
  /** The batch to wait for: the last one accepted, or the one that publishes what was read last. */
  batch: number | undefined
}

/**
 * Rolling back an origin's newest entries (rules L1, L8): their numbers name other entries elsewhere, or
 * one before them is lost. What they changed is published anew in own entries, and only when that is
 * durable do they leave the log. The documents keep what they hold; an update that comes twice changes
 * nothing. Where it goes back further than the log does, or than what came with documents, all of them are
 * published. A crash in between does it again from the start.
 */
export class Rollbacks {
  readonly #log: Log
  readonly #commit: GroupCommit
  readonly #emit: Emit
  readonly #republishing: Republishing
  readonly #going = new Map<ReplicaId, Rollback>()

  constructor(options: { log: Log; commit: GroupCommit; republishing: Republishing; emit: Emit }) {
    this.#log = options.log
    this.#republishing = options.republishing
    this.#commit = options.commit
    this.#emit = options.emit
  }

  begin(origin: ReplicaId, keep: number): void {
    if (this.#going.has(origin)) return
    this.#log.block(origin, keep)
    const read = Math.max(keep, this.#floorOf(origin))
    const rollback: Rollback = { keep, read, phase: 'waiting', batch: undefined }
    this.#going.set(origin, rollback)
    if (this.#commit.isIdle) return this.#start(origin, rollback)
    // Some of the entries may be on their way to the disk still.
    rollback.batch = this.#commit.nextId
  }

  #floorOf(origin: ReplicaId): number {
    return this.#log.floors.get(origin)?.seq ?? 0
  }

  #start(origin: ReplicaId, rollback: Rollback): void {
    const read = (): void => {
      rollback.phase = 'reading'
      this.#read(origin, rollback.read)
    }
    const ahead = seqOf(this.#log.ahead, origin)
    if (rollback.keep >= Math.max(this.#floorOf(origin), ahead)) return read()
    // What has left the log, or came with documents and may be of the other history, is published first.
    rollback.phase = 'publishing'
    this.#republishing.begin({ onDone: read })
  }

  #read(origin: ReplicaId, seq: number): void {
    this.#emit({ type: 'read-loose', origin, seq, bytesMax: ENGINE_LIMITS.looseBytesMax })
  }

  /** Entries were read; none are left when there are none. */
  found(origin: ReplicaId, entries: readonly LooseEntry[]): void {
    const rollback = this.#going.get(origin)
    if (rollback === undefined) return
    if (entries.length === 0) {
      return this.#emit({ type: 'cut-log', origin, seq: rollback.keep })
    }
    rollback.read = entries.at(-1)?.seq ?? rollback.read
    const changes = entries.flatMap(({ bytes }) => changesOf(bytes))
    if (changes.length === 0) return this.#read(origin, rollback.read)
    for (const { document, update } of changes) this.#commit.addEdit(document, update)
    rollback.batch = this.#commit.nextId
    this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
  }

  /** Batch `id` is durable. */
  committed(id: number): void {
    for (const [origin, rollback] of this.#going) {
      if (rollback.batch === undefined || rollback.batch > id) continue
      rollback.batch = undefined
      if (rollback.phase === 'waiting') this.#start(origin, rollback)
      else this.#read(origin, rollback.read)
    }
  }

  /** The store is open again: what it was asked for is asked once more. */
  goOn(): void {
    for (const [origin, { phase, batch, read }] of this.#going) {
      if (phase === 'reading' && batch === undefined) this.#read(origin, read)
    }
  }

  /** The entries are gone from the log, which ends at `head` now. */
  done(origin: ReplicaId, head: Head): void {
    if (!this.#going.delete(origin)) return
    this.#log.rolledBack(origin, head)
  }
}

function changesOf(entry: Uint8Array): readonly Change[] {
  const decoded = decodeEntry(entry)
  if (!decoded.ok) throw new Error('An entry passed the gate and now does not decode.')
  return decoded.value.changes
}
