import {
  CHAIN_START,
  REPLICA_ID_BYTES,
  RejoinError,
  replicaIdFromBytes,
  type ChainHash,
  type Head,
  type ReplicaId,
} from '@rejoin/protocol'

import type {
  Batch,
  EntryRange,
  MemberRecord,
  Recovered,
  Store,
  StoredEntries,
} from './ports/store.ts'

/**
 * The Store port in memory: the obvious implementation, which adapters are compared with. Its disk
 * is an object, and what was committed lasts for as long as somebody holds that object: "durable"
 * means within this process. A disk outlives the stores opened on it and admits one at a time, as a
 * directory does. Nothing bounds it: it is as large as what was committed.
 */
export class MemoryDisk {
  readonly #contents: Contents
  #inUse = false

  /** A new disk, of the replica `replica`; left out, of a replica with a random id. */
  constructor(replica: ReplicaId = randomReplicaId()) {
    this.#contents = { replica, logs: new Map(), members: new Map(), documents: new Map() }
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
  readonly replica: ReplicaId
  readonly logs: Map<ReplicaId, OriginLog>
  readonly members: Map<ReplicaId, MemberRecord>
  readonly documents: Map<string, Uint8Array[]>
}

interface OriginLog {
  head: Head
  readonly entries: Map<number, { readonly hash: ChainHash; readonly bytes: Uint8Array }>
}

class MemoryStore implements Store {
  readonly recovered: Recovered
  readonly #contents: Contents
  readonly #release: () => void
  #closed = false

  constructor(contents: Contents, release: () => void) {
    this.#contents = contents
    this.#release = release
    this.recovered = {
      replica: contents.replica,
      heads: new Map([...contents.logs].map(([origin, log]) => [origin, log.head])),
      members: [...contents.members.values()],
    }
  }

  // Nothing is awaited between the first change and the last, so nobody sees half of a batch.
  async commit({ entries, members }: Batch): Promise<void> {
    this.#assertOpen()
    for (const { dot, hash, bytes, changes } of entries) {
      const log = this.#logOf(dot.replica)
      log.entries.set(dot.seq, { hash, bytes: bytes.slice() })
      log.head = { seq: dot.seq, hash }
      for (const { document, update } of changes) this.#append(document, update.slice())
    }
    for (const member of members) this.#contents.members.set(member.replica, member)
  }

  async readEntries(origin: ReplicaId, range: EntryRange): Promise<StoredEntries> {
    this.#assertOpen()
    const log = this.#contents.logs.get(origin)?.entries
    const previous = range.from === 1 ? CHAIN_START : log?.get(range.from - 1)?.hash
    if (log === undefined || previous === undefined) return { previous: CHAIN_START, entries: [] }
    const entries: Uint8Array[] = []
    let bytesLeft = range.bytesMax
    for (let seq = range.from; seq <= range.to; seq++) {
      const bytes = log.get(seq)?.bytes
      if (bytes === undefined || (entries.length > 0 && bytes.length > bytesLeft)) break
      entries.push(bytes)
      bytesLeft -= bytes.length
    }
    return { previous, entries }
  }

  async readDocument(document: string): Promise<Uint8Array[]> {
    this.#assertOpen()
    return [...(this.#contents.documents.get(document) ?? [])]
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

  #logOf(origin: ReplicaId): OriginLog {
    const existing = this.#contents.logs.get(origin)
    if (existing !== undefined) return existing
    const log = { head: { seq: 0, hash: CHAIN_START }, entries: new Map() }
    this.#contents.logs.set(origin, log)
    return log
  }

  #append(document: string, update: Uint8Array): void {
    const updates = this.#contents.documents.get(document)
    if (updates === undefined) this.#contents.documents.set(document, [update])
    else updates.push(update)
  }

  #assertOpen(): void {
    if (this.#closed) throw new RejoinError('closed', 'The store is closed; open it again first.')
  }
}

function randomReplicaId(): ReplicaId {
  return replicaIdFromBytes(crypto.getRandomValues(new Uint8Array(REPLICA_ID_BYTES)))
}
