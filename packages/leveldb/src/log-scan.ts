import type { Head, ReplicaId } from '@rejoin/protocol'

import type { Database } from './database.ts'
import { dotOf, LOG, logKey } from './keys.ts'
import { decodeLogRecord, type LogRecord } from './values.ts'

/** What the keys of one origin's log show. */
export interface OriginScan {
  /** Up to where there is no gap after the floor. */
  readonly upTo: number
  /** The first entry beyond a gap, where there is one. */
  readonly beyondGap: number | undefined
  /** The last entry of all. */
  readonly last: number
  /** Whether there are entries that should have left the log with its floor. */
  readonly hasOld: boolean
}

/** Keys that one step of a scan takes. */
const SCAN_KEYS = 10_000

/** Looks at every key of the log; at no value, so that a long log is looked at quickly. */
export async function scanLog(
  database: Database,
  floors: ReadonlyMap<ReplicaId, Head>,
): Promise<Map<ReplicaId, OriginScan>> {
  const scans = new Map<ReplicaId, OriginScan>()
  for (const [origin, { seq }] of floors) scans.set(origin, emptyScan(seq))
  const iterator = database.keys({ ...LOG, highWaterMarkBytes: 1_048_576 })
  try {
    for (;;) {
      const keys = await iterator.nextv(SCAN_KEYS)
      if (keys.length === 0) return scans
      for (const key of keys) {
        const dot = dotOf(key)
        if (dot === undefined) continue
        const { origin, seq } = dot
        const floor = floors.get(origin)?.seq ?? 0
        scans.set(origin, withEntry(scans.get(origin) ?? emptyScan(0), seq, floor))
      }
    }
  } finally {
    await iterator.close()
  }
}

function emptyScan(floor: number): OriginScan {
  return { upTo: floor, beyondGap: undefined, last: floor, hasOld: false }
}

function withEntry(scan: OriginScan, seq: number, floor: number): OriginScan {
  if (seq <= floor) return { ...scan, hasOld: true }
  if (seq === scan.upTo + 1 && scan.beyondGap === undefined) {
    return { ...scan, upTo: seq, last: seq }
  }
  return { ...scan, beyondGap: scan.beyondGap ?? seq, last: seq }
}

/** One entry of the log; `undefined` where there is none, or it can't be read. */
export async function readLogRecord(
  database: Database,
  origin: ReplicaId,
  seq: number,
): Promise<LogRecord | undefined> {
  const key = logKey(origin, seq)
  const stored = await database.get(key).catch(() => undefined)
  return stored === undefined ? undefined : decodeLogRecord(key, stored)
}
