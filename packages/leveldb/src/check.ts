import { createHash } from 'node:crypto'
import { resolve } from 'node:path'

import {
  CHAIN_HASH_BYTES,
  CHAIN_START,
  bytesFromHex,
  decodeEntry,
  type ChainHash,
  type Head,
  type ReplicaId,
} from '@rejoin/protocol'
import { compact, type StoreProblem } from '@rejoin/replica'

import type { Database } from './database.ts'
import { listNames, readExamined } from './documents.ts'
import { findings, type Findings } from './findings.ts'
import { dotOf, logKey } from './keys.ts'
import { withLinkedCopy } from './linked-copy.ts'
import { survivesReading } from './reading-trial.ts'
import { currentManifest } from './safekeeping.ts'
import { damagedTables, tablesOf } from './tables.ts'
import { decodeLogRecord } from './values.ts'
import { Witness } from './witness.ts'

/** How far a long piece of work has come. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** What is counted, such as "documents". */
  readonly what: string
}

/** What `checkDirectory` found; plain JSON. */
export interface CheckReport {
  readonly directory: string
  /** `null` for a directory that no replica has had yet, such as y-leveldb's. */
  readonly replica: ReplicaId | null
  /** Whether everything is there and as it was written. */
  readonly sound: boolean
  /** What was durable and is gone: the directory is refused when it is opened. */
  readonly losses: readonly string[]
  readonly problems: readonly StoreProblem[]
  readonly documents: number
  readonly updates: number
  readonly updateBytes: number
  readonly entries: number
  readonly entryBytes: number
}

export interface CheckOptions {
  readonly onProgress?: (progress: Progress) => void
}

/**
 * Verifies everything in a data directory, and changes nothing: every seal, that no update, entry or
 * batch is missing, the chain of hashes of each origin, that every document can be integrated by Yjs. No
 * process may have it open. Memory: that of the largest document, as Yjs has it.
 */
export async function checkDirectory(
  directory: string,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const path = resolve(directory)
  const tables = await tablesOf(path).catch(() => [])
  return await withLinkedCopy(path, async (database, copy) => {
    const damaged = await damagedTables(copy, tables, Number.POSITIVE_INFINITY)
    if (damaged.length > 0 && !(await survivesReading(path))) return unreadableReport(path, damaged)
    const seen = Witness.read(path)
    const isOpenedByOthers = seen !== undefined && seen.manifest !== (await currentManifest(path))
    const hasDamagedTables = damaged.length > 0
    const state = await findings(database, path, { seen, isOpenedByOthers, hasDamagedTables })
    const onProgress = options.onProgress ?? (() => {})
    const log = await checkLog(database, state, onProgress)
    const documents = await checkDocuments(database, state.mark.documents, onProgress)
    const problems = [
      ...damaged.map(damagedTable),
      ...state.problems,
      ...log.problems,
      ...documents.problems,
    ]
    const { losses } = state
    return {
      directory: path,
      replica: state.replica ?? null,
      sound: losses.length === 0 && problems.length === 0,
      losses,
      problems,
      documents: documents.documents,
      updates: documents.updates,
      updateBytes: documents.bytes,
      entries: log.entries,
      entryBytes: log.bytes,
    }
  })
}

function damagedTable(file: string): StoreProblem {
  return { kind: 'damaged-record', message: `LevelDB's table ${file} is not as it was written.` }
}

/** Nothing can be looked at: LevelDB would end the process. */
function unreadableReport(path: string, tables: readonly string[]): CheckReport {
  const counts = { documents: 0, updates: 0, updateBytes: 0, entries: 0, entryBytes: 0 }
  const losses = [`what is in its tables ${tables.join(', ')}, which can't be read`]
  const problems = tables.map(damagedTable)
  return { directory: path, replica: null, sound: false, losses, problems, ...counts }
}

type OnProgress = (progress: Progress) => void

interface LogChecked {
  entries: number
  bytes: number
  readonly problems: StoreProblem[]
}

async function checkLog(
  database: Database,
  { heads, floors }: Findings,
  onProgress: OnProgress,
): Promise<LogChecked> {
  const checked: LogChecked = { entries: 0, bytes: 0, problems: [] }
  let total = 0
  for (const [origin, { seq }] of heads) total += seq - (floors.get(origin)?.seq ?? 0)
  const progress = (): void => onProgress({ done: checked.entries, total, what: 'entries' })
  for (const [origin, head] of heads) {
    await checkOrigin(database, { origin, head, floor: floors.get(origin) }, { checked, progress })
  }
  progress()
  return checked
}

async function checkOrigin(
  database: Database,
  { origin, head, floor }: { origin: ReplicaId; head: Head; floor: Head | undefined },
  { checked, progress }: { checked: LogChecked; progress: () => void },
): Promise<void> {
  const start = floor?.seq ?? 0
  let previous = floor?.hash ?? CHAIN_START
  const range = { gt: logKey(origin, start), lte: logKey(origin, head.seq) }
  for await (const [key, stored] of database.iterator(range)) {
    const seq = dotOf(key)?.seq ?? 0
    const record = decodeLogRecord(key, stored)
    checked.entries += 1
    checked.bytes += stored.length
    if (checked.entries % 1_000 === 0) progress()
    const wrong = record === undefined ? 'is not as it was written' : wrongIn(record, previous)
    if (wrong !== undefined) {
      const message = `Entry ${seq} of origin ${origin} ${wrong}.`
      checked.problems.push({ kind: 'damaged-log', origin, message })
    }
    previous = record?.hash ?? previous
  }
}

function wrongIn(
  record: { hash: ChainHash; bytes: Uint8Array },
  previous: ChainHash,
): string | undefined {
  const hash = createHash('sha256')
    .update(bytesFromHex(previous))
    .update(record.bytes)
    .digest('hex')
  if (hash.slice(0, 2 * CHAIN_HASH_BYTES) !== record.hash) return 'does not continue its chain'
  return decodeEntry(record.bytes).ok ? undefined : "can't be decoded"
}

interface DocumentsChecked {
  documents: number
  updates: number
  bytes: number
  readonly problems: StoreProblem[]
}

/** Names that are read at once. */
const PAGE = 1_000

async function checkDocuments(
  database: Database,
  total: number,
  onProgress: OnProgress,
): Promise<DocumentsChecked> {
  const checked: DocumentsChecked = { documents: 0, updates: 0, bytes: 0, problems: [] }
  const progress = (): void => {
    onProgress({
      done: checked.documents,
      total: Math.max(total, checked.documents),
      what: 'documents',
    })
  }
  let names = await listNames(database, { limit: PAGE })
  while (names.length > 0) {
    for (const document of names) {
      await checkDocument(database, document, checked)
      if (checked.documents % 100 === 0) progress()
    }
    names = await listNames(database, { after: names.at(-1) as string, limit: PAGE })
  }
  progress()
  return checked
}

async function checkDocument(
  database: Database,
  document: string,
  checked: DocumentsChecked,
): Promise<void> {
  checked.documents += 1
  const examined = await readExamined(database, document).catch((error: Error) => error)
  if (examined instanceof Error) {
    return void checked.problems.push(
      damagedDocument(document, `can't be read: ${examined.message}`),
    )
  }
  const updates = [...examined.updates.values()]
  checked.updates += updates.length
  checked.bytes += updates.reduce((sum, { length }) => sum + length, 0)
  const { damage } = examined
  if (damage !== undefined)
    return void checked.problems.push(damagedDocument(document, `is damaged: its ${damage}`))
  const whole = updates.length === 0 ? undefined : compact(updates, { gc: false })
  if (whole?.ok === false)
    checked.problems.push(damagedDocument(document, `is unusable: ${whole.reason}`))
}

function damagedDocument(document: string, what: string): StoreProblem {
  return { kind: 'damaged-document', document, message: `Document "${document}" ${what}.` }
}
