import { randomBytes } from 'node:crypto'

import {
  REPLICA_ID_BYTES,
  RejoinError,
  replicaIdFromBytes,
  type Head,
  type Heads,
  type ReplicaId,
} from '@rejoin/protocol'
import type { MemberRecord, Recovered } from '@rejoin/replica'

import type { Database } from './database.ts'
import { FORMAT_KEY, LOG, MEMBERS, REPLICA_KEY, dotOf, logKey, memberOf } from './keys.ts'
import { decodeLogRecord, decodeMember } from './values.ts'

/**
 * What a directory holds when it is opened. The heads are not stored: the last log key of each
 * origin is its head, so they can't disagree with the log. A directory without a replica id, be it
 * new or y-leveldb's, gets one here, and keeps it.
 */
export async function recover(database: Database, directory: string): Promise<Recovered> {
  const replica = await readReplicaId(database, directory)
  const heads = await readHeads(database)
  return { replica, heads, members: await readMembers(database, directory) }
}

/** The layout that this code reads and writes; another number is refused. */
const FORMAT = 1

async function readReplicaId(database: Database, directory: string): Promise<ReplicaId> {
  const [format, id] = await database.getMany([FORMAT_KEY, REPLICA_KEY])
  if (format === undefined && id === undefined) return mintReplicaId(database)
  if (format?.length !== 1 || format[0] !== FORMAT) {
    throw new RejoinError(
      'store-failed',
      `The directory ${directory} has the format ${format?.join('.') ?? 'of no number'}; this ` +
        `version of Rejoin knows format ${FORMAT}. Use the version that wrote it, or choose ` +
        'another directory with --data.',
    )
  }
  if (id?.length !== REPLICA_ID_BYTES) throw damaged(directory, 'its replica id')
  return replicaIdFromBytes(id)
}

async function mintReplicaId(database: Database): Promise<ReplicaId> {
  const id = randomBytes(REPLICA_ID_BYTES)
  const operations = [
    { type: 'put' as const, key: FORMAT_KEY, value: Uint8Array.of(FORMAT) },
    { type: 'put' as const, key: REPLICA_KEY, value: new Uint8Array(id) },
  ]
  await database.batch(operations, { sync: true })
  return replicaIdFromBytes(id)
}

// Backwards, from the last entry of one origin to before its first, which is where the last entry of
// the origin before it is: one seek for each origin, however long the logs are.
async function readHeads(database: Database): Promise<Heads> {
  const heads = new Map<ReplicaId, Head>()
  const iterator = database.iterator({ ...LOG, reverse: true })
  try {
    for (let last = await iterator.next(); last !== undefined; last = await iterator.next()) {
      const [key, record] = last
      const { origin, seq } = dotOf(key)
      heads.set(origin, { seq, hash: decodeLogRecord(record).hash })
      iterator.seek(logKey(origin, 0))
    }
  } finally {
    await iterator.close()
  }
  return heads
}

async function readMembers(database: Database, directory: string): Promise<MemberRecord[]> {
  const members: MemberRecord[] = []
  for await (const [key, value] of database.iterator(MEMBERS)) {
    const decoded = decodeMember(value)
    if (!decoded.ok) throw damaged(directory, `what it knows of member ${memberOf(key)}`)
    members.push({ replica: memberOf(key), ...decoded.value })
  }
  return members
}

function damaged(directory: string, what: string): RejoinError {
  return new RejoinError(
    'store-failed',
    `The directory ${directory} is damaged: ${what} can't be read. Restore it from a backup, or ` +
      'move it away and start empty, to be filled by other replicas.',
  )
}
