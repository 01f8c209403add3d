import type { Batch } from '@rejoin/engine'
import type { Member } from '@rejoin/gossip'
import {
  CHAIN_START,
  type ChainHash,
  type Head,
  type Range,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'
import * as Y from 'yjs'

/** A disk in the open: what is on it survives every crash, and a checker can look at all of it. */
export class Disk {
  readonly replica: ReplicaId
  readonly log = new Map<ReplicaId, SealedEntry[]>()
  readonly documents = new Map<string, Uint8Array[]>()
  readonly members = new Map<ReplicaId, Member>()
  readonly #built = new Map<string, Y.Doc>()

  constructor(replica: ReplicaId) {
    this.replica = replica
  }

  write({ entries, members }: Batch): void {
    for (const entry of entries) {
      const origin = entry.dot.replica
      const log = this.log.get(origin) ?? []
      // [L2] each origin's log is a prefix without gaps
      if (log.length + 1 !== entry.dot.seq) {
        throw new Error(`gap: ${origin} has ${log.length}, then ${entry.dot.seq}`)
      }
      // [L4] everything in its deps is on the disk before it, or earlier in this batch
      for (const [dep, seq] of entry.deps) {
        if ((this.log.get(dep)?.length ?? 0) < seq) throw new Error(`${origin} lacks ${dep}:${seq}`)
      }
      log.push(entry)
      this.log.set(origin, log)
      for (const { document, update } of entry.changes) {
        const updates = this.documents.get(document) ?? []
        updates.push(update)
        this.documents.set(document, updates)
        this.#build(document, update)
      }
    }
    for (const member of members) this.members.set(member.replica, member)
  }

  #build(document: string, update: Uint8Array): void {
    const doc = this.#built.get(document) ?? new Y.Doc()
    this.#built.set(document, doc)
    Y.applyUpdate(doc, update)
    // Nothing is stored that builds on something that is not.
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
      throw new Error(`${document} is stored with a hole`)
    }
  }

  holdsToken(document: string, token: string): boolean {
    return this.#built.get(document)?.getMap('tokens').get(token) === true
  }

  heads(): Map<ReplicaId, Head> {
    const heads = new Map<ReplicaId, Head>()
    for (const [origin, log] of this.log) {
      heads.set(origin, { seq: log.length, hash: this.#hashAt(origin, log.length) })
    }
    return heads
  }

  version(): Map<ReplicaId, number> {
    return new Map([...this.log].map(([origin, log]) => [origin, log.length]))
  }

  read({ origin, from, to }: Range): { previous: ChainHash; entries: Uint8Array[] } {
    const entries = (this.log.get(origin) ?? []).slice(from - 1, to)
    // A few at a time, so that asking on is part of every run.
    const some = entries.slice(0, 3).map(({ bytes }) => bytes)
    return { previous: this.#hashAt(origin, from - 1), entries: some }
  }

  #hashAt(origin: ReplicaId, seq: number): ChainHash {
    return this.log.get(origin)?.[seq - 1]?.hash ?? CHAIN_START
  }
}
