import { createHash } from 'node:crypto'

import { openLeveldbStore } from '@rejoin/leveldb'
import { encodeEntry, type Change, type ReplicaId, type SealedEntry } from '@rejoin/protocol'
import type { Store } from '@rejoin/replica'
import * as Y from 'yjs'

export const OTHER = 'bbbbbbbbbbbbbbbb' as ReplicaId

/** Writes entries of one origin as a replica would: numbered, and chained by their hashes. */
export class Chain {
  readonly origin: ReplicaId
  #seq: number
  #hash: string

  constructor(origin: ReplicaId, head = { seq: 0, hash: '0'.repeat(16) }) {
    this.origin = origin
    this.#seq = head.seq
    this.#hash = head.hash
  }

  write(changes: readonly Change[]): SealedEntry {
    this.#seq += 1
    const entry = { dot: { replica: this.origin, seq: this.#seq }, deps: new Map(), changes }
    const bytes = encodeEntry(entry)
    const hash = createHash('sha256').update(Buffer.from(this.#hash, 'hex')).update(bytes)
    this.#hash = hash.digest('hex').slice(0, 16)
    return { ...entry, bytes, hash: this.#hash }
  }
}

/** Somebody who types into a document; each change adds a word. */
export class Typist {
  readonly document: string
  readonly #doc = new Y.Doc()
  #words = 0

  constructor(document: string, client: number) {
    this.document = document
    this.#doc.clientID = client
  }

  type(): Change {
    const before = Y.encodeStateVector(this.#doc)
    this.#words += 1
    this.#doc.getText().insert(this.#doc.getText().length, `word${this.#words} `)
    return { document: this.document, update: Y.encodeStateAsUpdate(this.#doc, before) }
  }
}

const NAMES = ['notes', 'plans', 'a longer name of a document']

/** A closed store of three documents and two origins, with tables, a log and a witness. */
export async function writeSmallStore(directory: string): Promise<void> {
  const typists = NAMES.map((name, at) => new Typist(name, at + 1))
  const store = await openLeveldbStore(directory)
  const chains = [new Chain(store.recovered.replica), new Chain(OTHER)]
  for (let round = 0; round < 12; round++) {
    for (const chain of chains) {
      const changes = typists.map((typist) => typist.type())
      await store.commit({ entries: [chain.write(changes)], members: [] })
    }
  }
  const version = new Map([[OTHER, 5]])
  const member = { replica: OTHER, address: 'ws://there', version, retired: false }
  await store.commit({ entries: [], members: [member], notes: new Map([['note', ONE]]) })
  await store.close()
  // What was in LevelDB's log is in a table now; more goes to a new log.
  const again = await openLeveldbStore(directory)
  const { heads, replica } = again.recovered
  const chain = new Chain(replica, heads.get(replica))
  for (const typist of typists) {
    await again.commit({ entries: [chain.write([typist.type()])], members: [] })
  }
  await again.close()
}

const ONE = Uint8Array.of(1)

/** All that a store shows: what each document and each log holds, or that it is damaged. */
export async function contentsOf(store: Store): Promise<Record<string, string>> {
  const contents: Record<string, string> = { documents: `${store.documentCount()}` }
  for (const name of await store.listDocuments({ limit: 100 })) {
    contents[name] = await store.readDocument(name).then(
      ({ updates }) => sumOf(updates),
      (error: { code: string }) => error.code,
    )
  }
  for (const [origin, { seq, hash }] of store.recovered.heads) {
    const from = (store.recovered.floors.get(origin)?.seq ?? 0) + 1
    const { entries } = await store.readEntries(origin, { from, to: seq, bytesMax: 1e9 })
    contents[origin] = `${seq} ${hash} ${from} ${sumOf(entries)}`
  }
  return contents
}

function sumOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length} `).update(part)
  return hash.digest('hex')
}
