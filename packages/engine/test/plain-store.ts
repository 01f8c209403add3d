import type { Batch } from '@rejoin/engine'
import type { FoundDocuments } from '@rejoin/gossip'
import {
  CHAIN_START,
  type ChainHash,
  type Head,
  type Heads,
  type Range,
  type ReplicaId,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'

/** The plainest store there is: maps that never fail. */
export class PlainStore {
  readonly log = new Map<ReplicaId, SealedEntry[]>()
  readonly floors = new Map<ReplicaId, Head>()
  readonly documents = new Map<string, Uint8Array[]>()
  /** Documents that can't be read until they are replaced. */
  readonly damaged = new Set<string>()

  get heads(): Heads {
    const heads = new Map(this.floors)
    for (const [origin, entries] of this.log) {
      const last = entries.at(-1)
      if (last !== undefined) heads.set(origin, headOf(last))
    }
    return heads
  }

  commit({ entries, snapshots, jumps }: Batch): void {
    for (const { document, update } of snapshots) this.#append(document, update)
    for (const entry of entries) {
      this.log.set(entry.dot.replica, [...(this.log.get(entry.dot.replica) ?? []), entry])
      for (const { document, update } of entry.changes) this.#append(document, update)
    }
    for (const [origin, head] of jumps) this.floors.set(origin, head)
  }

  #append(document: string, update: Uint8Array): void {
    this.documents.set(document, [...(this.documents.get(document) ?? []), update])
  }

  trim(floor: Version): Heads {
    for (const [origin, seq] of floor) {
      const entries = this.log.get(origin) ?? []
      const last = entries.find(({ dot }) => dot.seq === seq)
      if (last !== undefined) this.floors.set(origin, headOf(last))
      this.log.set(
        origin,
        entries.filter(({ dot }) => dot.seq > seq),
      )
    }
    return new Map(this.floors)
  }

  /** Entries of `origin` after `keep` are given up. */
  cut(origin: ReplicaId, keep: number): Head {
    const entries = this.log.get(origin) ?? []
    this.log.set(
      origin,
      entries.filter(({ dot }) => dot.seq <= keep),
    )
    return this.heads.get(origin) ?? { seq: 0, hash: CHAIN_START }
  }

  loose(origin: ReplicaId, after: number): { seq: number; bytes: Uint8Array }[] {
    const entries = (this.log.get(origin) ?? []).filter(({ dot }) => dot.seq > after)
    return entries.map(({ dot, bytes }) => ({ seq: dot.seq, bytes }))
  }

  read({ origin, from, to }: Range): { previous: ChainHash; entries: Uint8Array[] } {
    const log = this.log.get(origin) ?? []
    const before = log.find(({ dot }) => dot.seq === from - 1)
    const entries = log.filter(({ dot }) => dot.seq >= from && dot.seq <= to)
    return {
      previous: before?.hash ?? this.floors.get(origin)?.hash ?? CHAIN_START,
      entries: entries.map(({ bytes }) => bytes),
    }
  }

  /** All documents after `document` in the order of their names, or it only. */
  readDocuments({ document, only }: { document: string; only: boolean }): FoundDocuments {
    const names = [...this.documents.keys()].toSorted()
    const documents = names
      .filter((name) => (only ? name === document : name > document))
      .map((name) => ({ document: name, updates: this.documents.get(name) ?? [] }))
    return { documents, done: true }
  }

  copy(): PlainStore {
    const copy = new PlainStore()
    for (const [origin, entries] of this.log) copy.log.set(origin, entries)
    for (const [origin, head] of this.floors) copy.floors.set(origin, head)
    for (const [document, updates] of this.documents) copy.documents.set(document, updates)
    return copy
  }
}

function headOf({ dot, hash }: SealedEntry): Head {
  return { seq: dot.seq, hash }
}
