import { randomBytes } from 'node:crypto'

import {
  REPLICA_ID_BYTES,
  RejoinError,
  replicaIdFromBytes,
  replicaIdToBytes,
  type Head,
  type ReplicaId,
} from '@rejoin/protocol'
import type { MemberRecord, Recovered, StoreProblem } from '@rejoin/replica'

import { Batches } from './batches.ts'
import { checkLock, openDatabase, openingError, type Database } from './database.ts'
import { syncUpwards } from './directory-sync.ts'
import { prepareDirectory, type Found } from './directory.ts'
import { findings, FORMAT, type Findings } from './findings.ts'
import * as keys from './keys.ts'
import { currentManifest, dropKept, endBrokenOpening, keepFiles, putBack } from './safekeeping.ts'
import { survivesReading } from './reading-trial.ts'
import { salvage } from './salvaging.ts'
import { seal } from './seal.ts'
import { damagedTables, tablesOf } from './tables.ts'
import { encodeHead, encodeMember } from './values.ts'
import { Witness, type Seen } from './witness.ts'

/** A database that was looked at and found whole, or made whole. */
export interface Opened {
  readonly database: Database
  readonly batches: Batches
  readonly witness: Witness
  readonly recovered: Recovered
}

export interface OpeningOptions {
  /** Opens also what has lost durable state, under a new replica id (rule L8). */
  readonly repair: boolean
  /** Whether it is known to be a copy, whose replica id may be in use elsewhere. */
  readonly isCopy?: boolean
}

/**
 * Opens the directory at `path`, making it where there is none, and looks whether all is there that was
 * ever durable. A directory without a replica id, be it new or y-leveldb's, gets one. One that
 * is refused is left as it was.
 */
export async function openDirectory(path: string, options: OpeningOptions): Promise<Opened> {
  const found = await prepare(path)
  const seen = Witness.read(path)
  const manifest = await currentManifest(path)
  let database: Database | undefined
  try {
    const readable = await openReadable(path, found, options)
    database = readable.database
    const opened = await look(readable, path, { ...options, seen, manifest })
    await dropKept(path)
    return opened
  } catch (error) {
    await database?.close()
    if (!isLocked(error)) await putBack(path)
    throw openingError(path, error)
  }
}

/** Sees that the directory is there, is not in use, and that its files are kept. */
async function prepare(path: string): Promise<Found> {
  try {
    const found = await prepareDirectory(path)
    if (found === 'nothing') return found
    await checkLock(path)
    await endBrokenOpening(path, Witness.read(path)?.manifest)
    await keepFiles(path)
    return found
  } catch (error) {
    throw openingError(path, error)
  }
}

interface Readable {
  readonly database: Database
  readonly problems: readonly StoreProblem[]
}

/** Opens a database that can be read without an end of the process; with repair, after setting the rest aside. */
async function openReadable(
  path: string,
  found: Found,
  { repair }: OpeningOptions,
): Promise<Readable> {
  const tables = await tablesOf(path)
  const database = await openDatabase(path, found).catch(async (error: unknown) => {
    if (!repair || isLocked(error)) throw error
    await salvage(path, [])
    return await openDatabase(path, found)
  })
  const damaged = await damagedTables(path, tables, TABLE_BYTES_MAX)
  if (damaged.length === 0) return { database, problems: [] }
  const names = damaged.join(', ')
  const message = `Of LevelDB's tables these are damaged: ${names}. What they held is named where it is missing.`
  const problems: StoreProblem[] = [{ kind: 'damaged-record', message }]
  if (await survivesReading(path)) return { database, problems }
  await database.close()
  if (!repair) throw lost(path, [`what is in its tables ${names}, which can't be read`])
  await salvage(path, damaged)
  return { database: await openDatabase(path, found), problems }
}

/** Tables that are looked at before anything is read; the rest of a larger store is not. */
const TABLE_BYTES_MAX = 268_435_456

function isLocked(error: unknown): boolean {
  return error instanceof RejoinError && error.code === 'store-locked'
}

/** Ends what a crash has broken off: entries leave the log by their floor first. */
async function clearLeftovers(database: Database, { leftovers, floors }: Findings): Promise<void> {
  for (const origin of leftovers) {
    const seq = floors.get(origin)?.seq ?? 0
    await database.clear({ gte: keys.logKey(origin, 0), lte: keys.logKey(origin, seq) })
  }
}

interface Before {
  readonly seen: Seen | undefined
  readonly manifest: string
  readonly repair: boolean
  readonly isCopy?: boolean
}

async function look(readable: Readable, path: string, before: Before): Promise<Opened> {
  const { database } = readable
  const { seen, manifest, repair } = before
  const isOpenedByOthers = seen !== undefined && seen.manifest !== manifest
  const hasDamagedTables = readable.problems.length > 0
  const state = await findings(database, path, { seen, isOpenedByOthers, hasDamagedTables })
  if (state.losses.length > 0 && !repair) throw lost(path, state.losses)
  const witnessed = { batch: state.mark.batch, manifest: await currentManifest(path) }
  const witness = Witness.start(path, witnessed)
  // Opening made files; LevelDB syncs what is in them, but not that they are there.
  await syncUpwards(path, path)
  const batches = new Batches(database, witness, state.mark)
  try {
    const isCopy = before.isCopy === true || isCopied(state, seen)
    const recovered = await settle(batches, state, isCopy)
    await clearLeftovers(database, state)
    const problems = [...readable.problems, ...recovered.problems]
    return { database, batches, witness, recovered: { ...recovered, problems } }
  } catch (error) {
    witness.close()
    throw error
  }
}

function lost(path: string, losses: readonly string[]): RejoinError {
  return new RejoinError(
    'damaged',
    `The directory ${path} has lost something that was durable: ${losses.join('; ')}. Restore a ` +
      'backup of it (rejoin restore). Or open it with repair (rejoin serve --repair): it then takes a ' +
      'new replica id, keeps what is left, and gets from other replicas what they have of the rest.',
  )
}

/** A copy of a directory has a witness whose file is not the one that it was written to. */
function isCopied({ inode }: Findings, seen: Seen | undefined): boolean {
  return seen !== undefined && seen.inode !== 0 && seen.inode !== inode
}

/** Writes down what opening has decided, in one batch, if there is anything. */
async function settle(batches: Batches, state: Findings, isCopy: boolean): Promise<Recovered> {
  const isNew = state.replica === undefined
  const isGivenUp = !isNew && (state.losses.length > 0 || isCopy)
  const replica = isNew || isGivenUp ? mintId() : state.replica
  const members = new Map(state.members.map((member) => [member.replica, member]))
  const retired = isGivenUp ? retiredMember(members, state.replica) : undefined
  if (retired !== undefined) members.set(retired.replica, retired)
  const isChanged = isNew || isGivenUp || state.changes.length > 0
  if (isChanged) {
    const grown = members.size - state.members.length
    await batches.write({ members: grown }, (writing) => {
      for (const change of state.changes) change(writing)
      if (retired !== undefined) putMember(writing, retired)
      if (isNew || isGivenUp) {
        writing.put(keys.FORMAT_KEY, seal(keys.FORMAT_KEY, Uint8Array.of(FORMAT)))
      }
      if (isNew || isGivenUp) putReplicaId(writing, replica)
    })
  }
  const copied = isGivenUp && isCopy ? [copiedProblem(replica)] : []
  return {
    replica,
    heads: withoutZero(state.heads),
    floors: state.floors,
    members: [...members.values()],
    notes: state.notes,
    cuts: state.cuts,
    problems: [...state.problems, ...copied],
  }
}

type Writing = Parameters<Parameters<Batches['write']>[1]>[0]

export function putReplicaId(writing: Writing, replica: ReplicaId): void {
  writing.put(keys.REPLICA_KEY, seal(keys.REPLICA_KEY, replicaIdToBytes(replica)))
}

export function putMember(writing: Writing, member: MemberRecord): void {
  const key = keys.memberKey(member.replica)
  writing.put(key, encodeMember(key, member))
}

export function putFloor(writing: Writing, origin: ReplicaId, floor: Head): void {
  const key = keys.floorKey(origin)
  writing.put(key, encodeHead(key, floor))
}

export function mintId(): ReplicaId {
  return replicaIdFromBytes(randomBytes(REPLICA_ID_BYTES))
}

/** The record of an id that is given up. */
export function retiredMember(
  members: ReadonlyMap<ReplicaId, MemberRecord>,
  old: ReplicaId,
): MemberRecord {
  const version = members.get(old)?.version ?? new Map()
  return { replica: old, address: '', version, retired: true }
}

function copiedProblem(replica: ReplicaId): StoreProblem {
  const message =
    'The directory was copied, or put back from a copy, since it was last open; as its replica id ' +
    `may be in use elsewhere, it has a new one, ${replica}.`
  return { kind: 'identity', message }
}

function withoutZero(heads: ReadonlyMap<ReplicaId, Head>): Map<ReplicaId, Head> {
  return new Map([...heads].filter(([, { seq }]) => seq > 0))
}
