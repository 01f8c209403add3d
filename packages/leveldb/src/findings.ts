import {
  REPLICA_ID_BYTES,
  RejoinError,
  replicaIdFromBytes,
  type Head,
  type ReplicaId,
} from '@rejoin/protocol'
import { FOREIGN_NOTE, type MemberRecord, type StoreProblem } from '@rejoin/replica'

import type { Writing } from './batches.ts'
import type { Database } from './database.ts'
import { countDocuments } from './documents.ts'
import * as keys from './keys.ts'
import { scanLog } from './log-scan.ts'
import { decideLogs } from './log-verdict.ts'
import { putMissing, readMarks, type MarksFound } from './marks.ts'
import { seal, unseal } from './seal.ts'
import { findUnlisted } from './unlisted.ts'
import { decodeHead, decodeMember, type Mark } from './values.ts'
import { Witness, type Seen } from './witness.ts'

/** What was found in a directory, and what is to become of it. */
export interface Findings {
  /** `undefined` in a directory that no replica has had yet. */
  readonly replica: ReplicaId | undefined
  readonly mark: Mark
  readonly heads: ReadonlyMap<ReplicaId, Head>
  readonly floors: ReadonlyMap<ReplicaId, Head>
  readonly members: readonly MemberRecord[]
  readonly notes: ReadonlyMap<string, Uint8Array>
  readonly cuts: readonly ReplicaId[]
  /** What was durable and is gone, each as a phrase. */
  readonly losses: readonly string[]
  readonly problems: readonly StoreProblem[]
  /** What is to be written if the directory is opened. */
  readonly changes: readonly ((writing: Writing) => void)[]
  /** Origins of which entries are still there that have left the log. */
  readonly leftovers: readonly ReplicaId[]
  /** The number of the witness's file. */
  readonly inode: number
}

export interface Circumstances {
  readonly seen: Seen | undefined
  /** Another program, such as y-leveldb, has had the directory open meanwhile. */
  readonly isOpenedByOthers: boolean
  /** LevelDB's tables are not as they were written, so that keys may be wrong. */
  readonly hasDamagedTables: boolean
}

type Problems = StoreProblem[]

/** Looks at everything in a directory but the values of the log and of documents. Changes nothing. */
export async function findings(
  database: Database,
  path: string,
  { seen, isOpenedByOthers, hasDamagedTables }: Circumstances,
): Promise<Findings> {
  const problems: Problems = []
  const identity = await readIdentity(database, path)
  const { replica } = identity
  const members = await readMembers(database, problems)
  const notes = await readNotes(database, problems)
  const floors = await readHeads(database, keys.FLOORS, problems)
  const cuts = await readHeads(database, keys.CUTS, problems)
  const marks = await readMarks(database)
  const documents = await countDocuments(database)
  const scans = await scanLog(database, floors)
  const isUncounted = replica === undefined || isOpenedByOthers
  const batchLosses = lostBatches(marks, seen, problems)
  const logs = await decideLogs(database, {
    self: replica,
    floors,
    cuts,
    scans,
    expected: batchLosses.length > 0 ? undefined : marks.last?.entries,
  })
  const counted = isUncounted ? 0 : (marks.last?.documents ?? 0)
  const isShort = documents < counted || hasDamagedTables || identity.losses.length > 0
  const unlisted = isShort ? await findUnlisted(database) : undefined
  if (marks.last !== undefined && members.length < marks.last.members) {
    problems.push(lostRecord('What is known of a member is lost; it will be learned again.'))
  }
  const isForeign = isUncounted && documents > 0
  if (marks.last !== undefined && seen === undefined) {
    problems.push(lostRecord('The file REJOIN is missing or damaged; it was made anew.'))
  }
  const listed = documents + (unlisted?.count ?? 0)
  const documentLosses = listed < counted ? [`${counted - listed} documents`] : []
  const counts = { entries: logs.entries, documents: listed, members: members.length }
  const mark = markOf(marks, seen, counts)
  const settleMarks = (writing: Writing): void => putMissing(writing, marks, mark.batch)
  return {
    replica,
    mark,
    heads: logs.heads,
    floors: logs.floors,
    members,
    notes: isForeign ? new Map([...notes, [FOREIGN_NOTE, FOREIGN]]) : notes,
    cuts: logs.cuts,
    losses: [...identity.losses, ...batchLosses, ...logs.losses, ...documentLosses],
    problems: [...problems, ...logs.problems, ...(unlisted?.problems ?? [])],
    changes: [
      ...logs.changes,
      ...(unlisted?.changes ?? []),
      ...(isForeign ? [markForeign] : []),
      ...(batchLosses.length > 0 ? [settleMarks] : []),
    ],
    leftovers: [...scans].flatMap(([origin, { hasOld }]) => (hasOld ? [origin] : [])),
    inode: Witness.inodeIn(path),
  }
}

const FOREIGN = Uint8Array.of(1)

/** What another program has written no entry says, so that other replicas lack it. */
function markForeign(writing: Writing): void {
  const key = keys.noteKey(FOREIGN_NOTE)
  writing.put(key, seal(key, FOREIGN))
}

/** Counts go on from what was found; batches from what anybody has seen. */
function markOf(
  { last, damaged }: MarksFound,
  seen: Seen | undefined,
  counts: Omit<Mark, 'batch'>,
): Mark {
  const batch = Math.max(last?.batch ?? 0, seen?.batch ?? 0) + damaged
  return { batch, ...counts }
}

/** Batches that left no mark though they were durable (see `Batches` and `Witness`). */
function lostBatches(
  { last, missing, damaged }: MarksFound,
  seen: Seen | undefined,
  problems: Problems,
): string[] {
  const losses: string[] = []
  if (damaged > 0) problems.push(lostRecord(`${damaged} marks of batches can't be read.`))
  if (missing.length > 0) losses.push(`${missing.length} batches out of the middle of its log`)
  const newest = (last?.batch ?? 0) + damaged
  if (seen !== undefined && newest < seen.batch) {
    losses.push(`the last ${seen.batch - newest} batches`)
  }
  return losses
}

interface Identity {
  /** `undefined` in a directory that no replica has had yet, and where it is lost. */
  readonly replica: ReplicaId | undefined
  /** What of it is gone that was there once. */
  readonly losses: readonly string[]
}

async function readIdentity(database: Database, path: string): Promise<Identity> {
  const [format, id] = await database.getMany([keys.FORMAT_KEY, keys.REPLICA_KEY])
  if (format === undefined && id === undefined) {
    const isNew = (await database.keys({ ...keys.MARKS, limit: 1 }).all()).length === 0
    return { replica: undefined, losses: isNew ? [] : ['its format and its replica id'] }
  }
  const number = format === undefined ? undefined : unseal(keys.FORMAT_KEY, format)
  if (number !== undefined && number[0] !== FORMAT) throw otherFormat(path, number)
  const bytes = id === undefined ? undefined : unseal(keys.REPLICA_KEY, id)
  const replica = bytes?.length === REPLICA_ID_BYTES ? replicaIdFromBytes(bytes) : undefined
  const losses = [
    ...(number === undefined ? ['the number of its format'] : []),
    ...(replica === undefined ? ['its replica id'] : []),
  ]
  return { replica, losses }
}

function otherFormat(path: string, number: Uint8Array): RejoinError {
  return new RejoinError(
    'store-failed',
    `The directory ${path} has the format ${number.join('.')}; this version of Rejoin knows ` +
      `format ${FORMAT}. Use the version that wrote it, or choose another directory with --data.`,
  )
}

/** The layout that this code reads and writes; another number is refused. */
export const FORMAT = 2

async function readMembers(database: Database, problems: Problems): Promise<MemberRecord[]> {
  const members: MemberRecord[] = []
  for await (const [key, stored] of database.iterator(keys.MEMBERS)) {
    const member = decodeMember(key, stored)
    if (member !== undefined) members.push({ replica: keys.subjectOf(key) as ReplicaId, ...member })
    else problems.push(lostRecord(`What is known of member ${keys.subjectOf(key)} can't be read.`))
  }
  return members
}

async function readNotes(database: Database, problems: Problems): Promise<Map<string, Uint8Array>> {
  const notes = new Map<string, Uint8Array>()
  for await (const [key, stored] of database.iterator(keys.NOTES)) {
    const note = unseal(key, stored)
    if (note !== undefined) notes.set(keys.subjectOf(key), new Uint8Array(note))
    else problems.push(lostRecord(`The note "${keys.subjectOf(key)}" can't be read.`))
  }
  return notes
}

async function readHeads(
  database: Database,
  range: keys.KeyRange,
  problems: Problems,
): Promise<Map<ReplicaId, Head>> {
  const heads = new Map<ReplicaId, Head>()
  for await (const [key, stored] of database.iterator(range)) {
    const origin = keys.subjectOf(key) as ReplicaId
    const head = decodeHead(key, stored)
    if (head !== undefined) heads.set(origin, head)
    else problems.push(lostRecord(`Where the log of origin ${origin} begins can't be read.`))
  }
  return heads
}

function lostRecord(message: string): StoreProblem {
  return { kind: 'damaged-record', message }
}
