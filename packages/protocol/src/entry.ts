import { decodeWith, encodeWith, fail, write, type Reader, type Writer } from './codec.ts'
import { LIMITS } from './limits.ts'
import type { Result } from './rejection.ts'
import { compareReplicaIds, REPLICA_ID_BYTES, type ReplicaId } from './replica-id.ts'
import type { Dot, Version } from './version.ts'

/** What one entry does to one document: a Yjs update in V1 encoding. */
export interface Change {
  readonly document: string
  readonly update: Uint8Array
}

/**
 * An entry is one commit of one replica, and at once the unit of atomicity, durability, gossip and
 * causality (design §2). `deps` holds what its origin held when it was made, less what the
 * origin's earlier entries say already: an entry is applied after its predecessor, so the holder of
 * the predecessor has the rest (rule L4).
 */
export interface Entry {
  readonly dot: Dot
  readonly deps: Version
  readonly changes: readonly Change[]
}

/**
 * The hash chain of an origin: each entry's hash covers its bytes and the hash before it, so two
 * replicas that hold the same hash at a place hold the same bytes up to there (rule L1). 64 bits,
 * in hexadecimal: it finds replicas that were forked or restored, and is no defence against forgery.
 */
export type ChainHash = string

export const CHAIN_HASH_BYTES = 8
export const CHAIN_START: ChainHash = '0000000000000000'

export function readChainHash(reader: Reader): ChainHash {
  return reader.hex('chain hash')
}

export function writeChainHash(writer: Writer, hash: ChainHash): void {
  write.hex(writer, hash)
}

/** How far one origin's chain reaches at some replica. */
export interface Head {
  readonly seq: number
  readonly hash: ChainHash
}

export type Heads = ReadonlyMap<ReplicaId, Head>

/** The version of whoever's log ends at `heads`. */
export function versionOf(heads: Heads): Map<ReplicaId, number> {
  return new Map([...heads].map(([origin, { seq }]) => [origin, seq]))
}

export function writeHeads(writer: Writer, heads: Heads): void {
  write.uint(writer, heads.size)
  for (const [origin, { seq, hash }] of sortedById(heads)) {
    write.replicaId(writer, origin)
    write.uint(writer, seq)
    writeChainHash(writer, hash)
  }
}

export function readHeads(reader: Reader): Map<ReplicaId, Head> {
  const heads = new Map<ReplicaId, Head>()
  const bytesEach = REPLICA_ID_BYTES + 1 + CHAIN_HASH_BYTES
  for (let left = reader.count(LIMITS.versionOriginsMax, bytesEach, 'heads'); left > 0; left--) {
    heads.set(reader.replicaId(), { seq: reader.uint(), hash: readChainHash(reader) })
  }
  return heads
}

/** An entry as the log holds it: with the bytes that name it for ever and its place in the chain. */
export interface SealedEntry extends Entry {
  readonly bytes: Uint8Array
  readonly hash: ChainHash
}

/** The one encoding of an entry: equal entries have equal bytes. */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodeWith((writer) => {
    write.replicaId(writer, entry.dot.replica)
    write.uint(writer, entry.dot.seq)
    writeVersion(writer, entry.deps)
    write.uint(writer, entry.changes.length)
    for (const { document, update } of entry.changes) {
      write.text(writer, document)
      write.bytes(writer, update)
    }
  })
}

export function decodeEntry(bytes: Uint8Array): Result<Entry> {
  return decodeWith(bytes, (reader) => {
    const dot = { replica: reader.replicaId(), seq: reader.uint() }
    if (dot.seq === 0) fail('malformed', 'An entry has sequence number 0; they start at 1.')
    const deps = readVersion(reader)
    const changes: Change[] = []
    for (let left = reader.count(LIMITS.entryChangesMax, 2, 'changes'); left > 0; left--) {
      const document = reader.documentName()
      changes.push({ document, update: reader.bytes(LIMITS.updateBytesMax, 'update') })
    }
    return { dot, deps, changes }
  })
}

/** Origins go out in order, so that a version has one encoding. */
export function writeVersion(writer: Writer, version: Version): void {
  write.uint(writer, version.size)
  for (const [replica, seq] of sortedById(version)) {
    write.replicaId(writer, replica)
    write.uint(writer, seq)
  }
}

export function readVersion(reader: Reader): Map<ReplicaId, number> {
  const version = new Map<ReplicaId, number>()
  let left = reader.count(LIMITS.versionOriginsMax, REPLICA_ID_BYTES + 1, 'origins')
  for (; left > 0; left--) version.set(reader.replicaId(), reader.uint())
  return version
}

export function sortedById<T>(map: ReadonlyMap<ReplicaId, T>): [ReplicaId, T][] {
  return [...map].toSorted(([a], [b]) => compareReplicaIds(a, b))
}
