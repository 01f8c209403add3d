import {
  decodeWith,
  encodeWith,
  fail,
  FINGERPRINT_BYTES,
  REPLICA_ID_BYTES,
  write,
  type Reader,
  type ReplicaId,
  type Result,
  type Writer,
} from '@rejoin/protocol'

import { bytesOfFingerprint } from './fingerprint-bytes.ts'
import type { Fingerprint } from './fingerprint.ts'

/** Both ends must agree on these but for `messageBytesMax`, which either may lower for itself. */
export const RANGE_LIMITS = {
  /** One message; what does not fit is gone on with in the next. It works from 2,048 bytes on. */
  messageBytesMax: 60_000,
  /** Ranges in one message; one takes at least 9 bytes. */
  rangesMax: 7_000,
  /** Items listed in one message, 16 bytes each. */
  listedMax: 4_000,
} as const

/**
 * What the sender says of the keys after the range before, up to and including `upTo`: nothing, since
 * both ends hold the same or one of them knows the difference; how many items it holds there and their
 * sum; or each of them.
 */
export type KeyRange = Skip | Sum | List

interface Skip {
  readonly kind: 'skip'
  readonly upTo: ReplicaId
}

export interface Sum {
  readonly kind: 'sum'
  readonly upTo: ReplicaId
  readonly count: number
  readonly sum: Fingerprint
}

export interface List {
  readonly kind: 'list'
  readonly upTo: ReplicaId
  readonly items: ReadonlyMap<ReplicaId, Fingerprint>
}

const KINDS = ['skip', 'sum', 'list'] as const

const ITEM_BYTES = REPLICA_ID_BYTES + FINGERPRINT_BYTES
/** A count below 2^28, as a varint. */
const COUNT_BYTES_MAX = 4

/** Most bytes of a range that says nothing, and of one that gives a sum. */
export const SKIP_BYTES: number = 1 + REPLICA_ID_BYTES
export const SUM_BYTES_MAX: number = SKIP_BYTES + COUNT_BYTES_MAX + FINGERPRINT_BYTES

/** Most bytes of the number of ranges before them. */
export const HEADER_BYTES_MAX = 2

/** The most bytes that `range` takes. */
export function bytesMaxOf(range: KeyRange): number {
  if (range.kind === 'skip') return SKIP_BYTES
  if (range.kind === 'sum') return SUM_BYTES_MAX
  return SKIP_BYTES + COUNT_BYTES_MAX + range.items.size * ITEM_BYTES
}

export function encodeKeyRanges(ranges: readonly KeyRange[]): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, ranges.length)
    for (const range of ranges) writeRange(writer, range)
  })
}

function writeRange(writer: Writer, range: KeyRange): void {
  write.uint(writer, KINDS.indexOf(range.kind))
  write.replicaId(writer, range.upTo)
  if (range.kind === 'sum') {
    write.uint(writer, range.count)
    writeFingerprint(writer, range.sum)
  } else if (range.kind === 'list') {
    write.uint(writer, range.items.size)
    for (const [key, fingerprint] of range.items) {
      write.replicaId(writer, key)
      writeFingerprint(writer, fingerprint)
    }
  }
}

function writeFingerprint(writer: Writer, fingerprint: Fingerprint): void {
  write.fixed(writer, bytesOfFingerprint(fingerprint))
}

/** Ranges come in order, none is empty, and what is listed is in order within its range. */
export function decodeKeyRanges(frame: Uint8Array): Result<KeyRange[]> {
  return decodeWith(frame, (reader) => {
    const ranges: KeyRange[] = []
    let [after, listedLeft]: [string, number] = ['', RANGE_LIMITS.listedMax]
    let left = reader.count(RANGE_LIMITS.rangesMax, SKIP_BYTES, 'ranges of keys')
    for (; left > 0; left--) {
      const range = readRange(reader, after, listedLeft)
      ranges.push(range)
      after = range.upTo
      if (range.kind === 'list') listedLeft -= range.items.size
    }
    return ranges
  })
}

function readRange(reader: Reader, after: string, listedMax: number): KeyRange {
  const kind = KINDS[reader.uint()]
  if (kind === undefined) fail('malformed', 'A range of keys is of a kind that is not known.')
  const upTo = reader.replicaId()
  if (upTo <= after) fail('malformed', 'A range of keys ends before it begins.')
  if (kind === 'skip') return { kind, upTo }
  if (kind === 'sum') return { kind, upTo, count: reader.uint(), sum: readFingerprint(reader) }
  return { kind, upTo, items: readItems(reader, { after, upTo, max: listedMax }) }
}

function readItems(
  reader: Reader,
  { after, upTo, max }: { after: string; upTo: ReplicaId; max: number },
): Map<ReplicaId, Fingerprint> {
  const items = new Map<ReplicaId, Fingerprint>()
  let previous = after
  for (let left = reader.count(max, ITEM_BYTES, 'listed items'); left > 0; left--) {
    const key = reader.replicaId()
    if (key <= previous || key > upTo) fail('malformed', 'A listed item is out of order.')
    items.set(key, readFingerprint(reader))
    previous = key
  }
  return items
}

function readFingerprint(reader: Reader): Fingerprint {
  const bytes = reader.fixed(FINGERPRINT_BYTES, 'fingerprint')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return { left: view.getUint32(0), right: view.getUint32(4) }
}
