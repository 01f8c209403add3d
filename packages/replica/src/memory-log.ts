import { CHAIN_START, type ChainHash, type Head } from '@rejoin/protocol'

import type { EntryRange, LooseEntry, StoredEntries } from './ports/store.ts'

interface LogRecord {
  readonly hash: ChainHash
  readonly bytes: Uint8Array
}

/** The log of one origin in memory: the records after its floor, by their numbers. */
export class MemoryLog {
  #floor: Head
  #head: Head
  readonly #records = new Map<number, LogRecord>()
  /** Whether there are records after the head, to be published anew and then cut off. */
  #isCut = false

  constructor(floor: Head) {
    this.#floor = floor
    this.#head = floor
  }

  get floor(): Head {
    return this.#floor
  }

  get head(): Head {
    return this.#head
  }

  get isCut(): boolean {
    return this.#isCut
  }

  get bytes(): number {
    return [...this.#records.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  copy(): MemoryLog {
    const copy = new MemoryLog(this.#floor)
    copy.#head = this.#head
    copy.#isCut = this.#isCut
    for (const [seq, record] of this.#records) copy.#records.set(seq, record)
    return copy
  }

  append(seq: number, record: LogRecord): void {
    this.#records.set(seq, record)
    this.#head = { seq, hash: record.hash }
  }

  read({ from, to, bytesMax }: EntryRange): StoredEntries {
    const previous = this.#hashAt(from - 1)
    if (previous === undefined) return { previous: CHAIN_START, entries: [] }
    const entries: Uint8Array[] = []
    let bytesLeft = bytesMax
    for (let seq = from; seq <= Math.min(to, this.#head.seq); seq++) {
      const bytes = this.#records.get(seq)?.bytes
      if (bytes === undefined || (entries.length > 0 && bytes.length > bytesLeft)) break
      entries.push(bytes)
      bytesLeft -= bytes.length
    }
    return { previous, entries }
  }

  #hashAt(seq: number): ChainHash | undefined {
    return seq === this.#floor.seq ? this.#floor.hash : this.#records.get(seq)?.hash
  }

  readAfter(after: number, bytesMax: number): LooseEntry[] {
    const found: LooseEntry[] = []
    let bytesLeft = bytesMax
    for (const [seq, { bytes }] of this.#records) {
      if (seq <= after) continue
      if (found.length > 0 && bytes.length > bytesLeft) break
      found.push({ seq, bytes })
      bytesLeft -= bytes.length
    }
    return found
  }

  trim(seq: number): void {
    const hash = this.#records.get(seq)?.hash
    if (hash === undefined || seq > this.#head.seq) return
    this.#floor = { seq, hash }
    for (const each of this.#records.keys()) if (each <= seq) this.#records.delete(each)
  }

  /** Only what is up to `keep` counts from now on; nothing, where some of that is no longer here. */
  markCut(keep: number): void {
    if (keep >= this.#head.seq) return
    const hash = this.#hashAt(keep)
    this.#head = hash === undefined ? { seq: 0, hash: CHAIN_START } : { seq: keep, hash }
    this.#isCut = true
  }

  cut(seq: number): void {
    if (seq === 0) this.#floor = { seq: 0, hash: CHAIN_START }
    const hash = this.#hashAt(seq)
    if (hash === undefined) throw new Error(`the log has no entry ${seq} to be cut after`)
    this.#head = { seq, hash }
    for (const each of this.#records.keys()) if (each > seq) this.#records.delete(each)
    this.#isCut = false
  }
}
