import { CHAIN_START, type ChainHash, type Head, type ReplicaId } from '@rejoin/protocol'
import type { StoreProblem } from '@rejoin/replica'

import type { Writing } from './batches.ts'
import type { Database } from './database.ts'
import { cutKey, floorKey, logKey } from './keys.ts'
import { readLogRecord, type OriginScan } from './log-scan.ts'
import { encodeHead } from './values.ts'

export interface LogsFound {
  /** `undefined` in a directory that no replica has had yet. */
  readonly self: ReplicaId | undefined
  readonly floors: ReadonlyMap<ReplicaId, Head>
  /** Of each origin that waits to be cut, the entry that it is to be cut after. */
  readonly cuts: ReadonlyMap<ReplicaId, Head>
  readonly scans: ReadonlyMap<ReplicaId, OriginScan>
  /** The sum of the heads' numbers by the last mark; `undefined` when batches are lost anyway. */
  readonly expected: number | undefined
}

export interface LogsDecided {
  readonly heads: ReadonlyMap<ReplicaId, Head>
  readonly floors: ReadonlyMap<ReplicaId, Head>
  readonly cuts: readonly ReplicaId[]
  /** The sum of the heads' numbers. */
  readonly entries: number
  readonly losses: readonly string[]
  readonly problems: readonly StoreProblem[]
  readonly changes: readonly ((writing: Writing) => void)[]
}

interface Decided {
  readonly head: Head
  readonly floor: Head | undefined
  readonly isCut: boolean
  /** Entries at its end that can't be read. */
  readonly unreadable: number
  readonly problem?: string
}

/**
 * Decides how far each origin's log reaches. Where entries are missing out of its middle and no batch is
 * lost, it begins after them, since its documents hold them (rule L7). Where batches are lost their
 * documents may lack something, so it ends before the gap, to be fetched again from there, and what is
 * beyond is cut. An entry at its end that can't be read is cut too; this replica's own would break its
 * chain, and that is a loss.
 */
export async function decideLogs(database: Database, found: LogsFound): Promise<LogsDecided> {
  const heads = new Map<ReplicaId, Head>()
  const floors = new Map(found.floors)
  const cuts: ReplicaId[] = []
  const losses: string[] = []
  const problems: StoreProblem[] = []
  const changes: ((writing: Writing) => void)[] = []
  let entries = 0
  let unreadable = 0
  for (const [origin, scan] of found.scans) {
    const decided = await decide(database, { origin, scan, found })
    heads.set(origin, decided.head)
    entries += decided.head.seq
    unreadable += decided.unreadable
    if (decided.isCut) cuts.push(origin)
    if (decided.floor !== undefined) floors.set(origin, decided.floor)
    if (decided.unreadable > 0 && origin === found.self) losses.push('the end of its own log')
    if (decided.problem !== undefined) {
      problems.push({ kind: 'damaged-log', origin, message: decided.problem })
    }
    changes.push(...changesOf(origin, decided))
  }
  const missing = (found.expected ?? 0) - entries - unreadable
  if (missing > 0) losses.push(`${missing} entries at the end of its log`)
  return { heads, floors, cuts, entries, losses, problems, changes }
}

function changesOf(origin: ReplicaId, decided: Decided): ((writing: Writing) => void)[] {
  const { head, floor, isCut } = decided
  const changes: ((writing: Writing) => void)[] = []
  const put = (key: Uint8Array, at: Head): void => {
    changes.push((writing) => writing.put(key, encodeHead(key, at)))
  }
  if (floor !== undefined) put(floorKey(origin), floor)
  if (isCut) put(cutKey(origin), head)
  return changes
}

interface Origin {
  readonly origin: ReplicaId
  readonly scan: OriginScan
  readonly found: LogsFound
}

async function decide(database: Database, { origin, scan, found }: Origin): Promise<Decided> {
  const start = found.floors.get(origin) ?? { seq: 0, hash: CHAIN_START }
  const cut = found.cuts.get(origin)?.seq
  const hasGap = scan.beyondGap !== undefined
  if (hasGap && cut === undefined && found.expected !== undefined) {
    const raised = await afterGap(database, origin, scan)
    if (raised !== undefined) return raised
  }
  if (cut !== undefined && cut < start.seq) {
    return { head: { seq: 0, hash: CHAIN_START }, floor: undefined, isCut: true, unreadable: 0 }
  }
  const upTo = Math.min(cut ?? scan.upTo, scan.upTo)
  const head = await lastReadable(database, { origin, start, upTo })
  const isEndUnreadable = head.seq < upTo
  const message = `Of origin ${origin} entries after ${head.seq} can't be read; they are fetched again.`
  return {
    head,
    floor: undefined,
    isCut: cut !== undefined || hasGap || isEndUnreadable,
    unreadable: upTo - head.seq,
    ...(isEndUnreadable ? { problem: message } : {}),
  }
}

async function lastReadable(
  database: Database,
  { origin, start, upTo }: { origin: ReplicaId; start: Head; upTo: number },
): Promise<Head> {
  for (let seq = upTo; seq > start.seq; seq--) {
    const hash = await hashAt(database, origin, seq)
    if (hash !== undefined) return { seq, hash }
  }
  return start
}

async function hashAt(
  database: Database,
  origin: ReplicaId,
  seq: number,
): Promise<ChainHash | undefined> {
  return (await readLogRecord(database, origin, seq))?.hash
}

/** Where a log can begin beyond its gaps; `undefined` when nothing there can be read. */
async function afterGap(
  database: Database,
  origin: ReplicaId,
  { upTo, last }: OriginScan,
): Promise<Decided | undefined> {
  const head = await hashAt(database, origin, last)
  if (head === undefined) return undefined
  // From the end backwards, as far as there is no gap.
  let first = last
  while (first - 1 > upTo && (await database.has(logKey(origin, first - 1)))) first -= 1
  let hash = await hashAt(database, origin, first)
  while (hash === undefined) {
    first += 1
    hash = await hashAt(database, origin, first)
  }
  const problem =
    `Of origin ${origin} entries after ${upTo} are missing in the log, which therefore begins after ` +
    `entry ${first} now; the documents hold what was in them.`
  const floor = { seq: first, hash }
  return { head: { seq: last, hash: head }, floor, isCut: false, unreadable: 0, problem }
}
