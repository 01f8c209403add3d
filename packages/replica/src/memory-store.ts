import {
  CHAIN_START,
  EMPTY_VERSION,
  REPLICA_ID_BYTES,
  RejoinError,
  replicaIdFromBytes,
  type Head,
  type Heads,
  type ReplicaId,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'

import { MemoryDocument } from './memory-document.ts'
import { MemoryLog } from './memory-log.ts'
import type {
  Batch,
  EntryRange,
  LooseEntry,
  MemberRecord,
  Recovered,
  SalvagedDocument,
  Store,
  StoredDocument,
  StoredEntries,
} from './ports/store.ts'

/**
 * The Store port in memory: the obvious implementation, which adapters are compared with. Its disk
 * is an object, and what was committed lasts for as long as somebody holds that object: "durable"
 * means within this process. A disk outlives the stores opened on it and admits one at a time, as a
 * directory does. Nothing bounds it: it is as large as what was committed. It never fails, so that
 * there is never anything to repair.
 */
export class MemoryDisk {
  readonly #contents: Contents
  #inUse = false

  /** A new disk, of the replica `replica`; left out, of a replica with a random id. */
  constructor(replica: ReplicaId = randomReplicaId()) {
    this.#contents = {
      replica,
      logs: new Map(),
      members: new Map(),
      documents: new Map(),
      notes: new Map(),
    }
  }

  /** Another disk with the same on it, as a copied directory has: the same replica id too. */
  copy(): MemoryDisk {
    const { replica, logs, members, documents, notes } = this.#contents
    const copy = new MemoryDisk(replica)
    for (const [origin, log] of logs) copy.#contents.logs.set(origin, log.copy())
    for (const [id, member] of members) copy.#contents.members.set(id, member)
    for (const [name, document] of documents) copy.#contents.documents.set(name, document.copy())
    for (const [name, note] of notes) copy.#contents.notes.set(name, note)
    return copy
  }

  /** Throws `RejoinError('store-locked')` while another store is open on this disk. */
  open(): Store {
    if (this.#inUse) {
      throw new RejoinError(
        'store-locked',
        'The memory disk is in use by another store; close that one or use another disk.',
      )
    }
    this.#inUse = true
    return new MemoryStore(this.#contents, () => (this.#inUse = false))
  }
}

/** A store on a new memory disk that nothing else can open. */
export function memoryStore(options: { replica?: ReplicaId } = {}): Store {
  return new MemoryDisk(options.replica).open()
}

interface Contents {
  replica: ReplicaId
  readonly logs: Map<ReplicaId, MemoryLog>
  readonly members: Map<ReplicaId, MemberRecord>
  readonly documents: Map<string, MemoryDocument>
  readonly notes: Map<string, Uint8Array>
}

class MemoryStore implements Store {
  recovered: Recovered
  readonly #contents: Contents
  readonly #release: () => void
  #closed = false

  constructor(contents: Contents, release: () => void) {
    this.#contents = contents
    this.#release = release
    this.recovered = this.#recover()
  }

  #recover(): Recovered {
    const { replica, logs, members, notes } = this.#contents
    const all = [...logs]
    const heads = all.map(([origin, log]) => [origin, log.head] as const)
    const floors = all.map(([origin, log]) => [origin, log.floor] as const)
    return {
      replica,
      heads: new Map(heads.filter(([, { seq }]) => seq > 0)),
      floors: new Map(floors.filter(([, { seq }]) => seq > 0)),
      members: [...members.values()],
      notes: new Map(notes),
      cuts: all.flatMap(([origin, log]) => (log.isCut ? [origin] : [])),
      problems: [],
    }
  }

  // Nothing is awaited between the first change and the last, so nobody sees half of a batch.
  async commit({ entries, members, snapshots, jumps, notes }: Batch): Promise<void> {
    this.#assertOpen()
    for (const { document, update } of snapshots ?? []) this.#append(document, update)
    for (const entry of entries) this.#write(entry)
    for (const [origin, head] of jumps ?? []) this.#contents.logs.set(origin, new MemoryLog(head))
    for (const member of members) this.#contents.members.set(member.replica, member)
    for (const [name, note] of notes ?? []) {
      if (note.length === 0) this.#contents.notes.delete(name)
      else this.#contents.notes.set(name, note.slice())
    }
  }

  #write({ dot, hash, bytes, changes }: SealedEntry): void {
    this.#logOf(dot.replica).append(dot.seq, { hash, bytes: bytes.slice() })
    for (const { document, update } of changes) this.#append(document, update)
  }

  #append(document: string, update: Uint8Array): void {
    const stored = this.#contents.documents.get(document) ?? new MemoryDocument()
    this.#contents.documents.set(document, stored)
    stored.append(update.slice())
  }

  #logOf(origin: ReplicaId): MemoryLog {
    const existing = this.#contents.logs.get(origin)
    if (existing !== undefined) return existing
    const log = new MemoryLog({ seq: 0, hash: CHAIN_START })
    this.#contents.logs.set(origin, log)
    return log
  }

  async readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries> {
    this.#assertOpen()
    const log = this.#contents.logs.get(origin)
    return log?.read(range) ?? { previous: CHAIN_START, entries: [] }
  }

  async readLoose(
    origin: ReplicaId,
    { seq, bytesMax }: { seq: number; bytesMax: number },
  ): Promise<LooseEntry[]> {
    this.#assertOpen()
    return this.#contents.logs.get(origin)?.readAfter(seq, bytesMax) ?? []
  }

  async readDocument(document: string): Promise<StoredDocument> {
    this.#assertOpen()
    return this.#contents.documents.get(document)?.read() ?? { updates: [], end: 0 }
  }

  /** Nothing in memory is ever damaged. */
  async salvageDocument(document: string): Promise<SalvagedDocument> {
    return { ...(await this.readDocument(document)), missing: EMPTY_VERSION }
  }

  async replace(document: string, by: { end: number; update: Uint8Array }): Promise<void> {
    this.#assertOpen()
    this.#contents.documents.get(document)?.replace(by.end, by.update.slice())
  }

  async trim(floor: Version): Promise<Heads> {
    this.#assertOpen()
    for (const [origin, seq] of floor) this.#contents.logs.get(origin)?.trim(seq)
    return this.#recover().floors
  }

  async cut(origin: ReplicaId, seq: number): Promise<Head> {
    this.#assertOpen()
    const log = this.#logOf(origin)
    log.cut(seq)
    return log.head
  }

  async renew(keep: number): Promise<Recovered> {
    this.#assertOpen()
    const { replica: old, members, logs } = this.#contents
    const known = members.get(old)?.version ?? new Map()
    members.set(old, { replica: old, address: '', version: known, retired: true })
    logs.get(old)?.markCut(keep)
    this.#contents.replica = randomReplicaId()
    return await this.reopen()
  }

  async reopen(): Promise<Recovered> {
    this.#assertOpen()
    this.recovered = this.#recover()
    return this.recovered
  }

  async logBytes(): Promise<number> {
    this.#assertOpen()
    return [...this.#contents.logs.values()].reduce((bytes, log) => bytes + log.bytes, 0)
  }

  async listDocuments({ after = '', limit }: { after?: string; limit: number }): Promise<string[]> {
    this.#assertOpen()
    const names = [...this.#contents.documents.keys()].filter((name) => name > after)
    return names.toSorted().slice(0, limit)
  }

  documentCount(): number {
    return this.#contents.documents.size
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }

  #assertOpen(): void {
    if (this.#closed) throw new RejoinError('closed', 'The store is closed; open it again first.')
  }
}

function randomReplicaId(): ReplicaId {
  return replicaIdFromBytes(crypto.getRandomValues(new Uint8Array(REPLICA_ID_BYTES)))
}
