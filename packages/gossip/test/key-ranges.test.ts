import type { ReplicaId } from '@rejoin/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Fingerprint } from '../src/fingerprint.ts'
import {
  bytesMaxOf,
  decodeKeyRanges,
  encodeKeyRanges,
  HEADER_BYTES_MAX,
  RANGE_LIMITS,
  type KeyRange,
} from '../src/key-ranges.ts'
import { Reconciliation } from '../src/reconciliation.ts'
import { LAST_KEY } from '../src/sorted-items.ts'
import { Copy, keyOf } from './conversation.ts'

const half = fc.integer({ min: 0, max: 0xffffffff })
const fingerprint: fc.Arbitrary<Fingerprint> = fc.record({ left: half, right: half })

/** Ranges with the keys of `numbers`; of every sixth a range ends, the others are listed in it. */
function rangesOf(numbers: readonly number[], print: Fingerprint): KeyRange[] {
  const ranges: KeyRange[] = []
  let items = new Map<ReplicaId, Fingerprint>()
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const upTo = keyOf(number, number)
    if (number % 6 > 2) items.set(upTo, print)
    if (number % 6 === 0) ranges.push({ kind: 'skip', upTo })
    if (number % 6 === 1) ranges.push({ kind: 'sum', upTo, count: number, sum: print })
    if (number % 6 === 2) ranges.push({ kind: 'list', upTo, items })
    if (number % 6 <= 2) items = new Map()
  }
  return ranges
}

const ranges = fc.tuple(fc.uniqueArray(fc.nat(0xfffffff), { maxLength: 30 }), fingerprint)
const message = ranges.map(([numbers, print]) => rangesOf(numbers, print))

describe('[X2] messages of key ranges', () => {
  test('what is encoded is what is decoded, and takes no more than is reckoned with', () => {
    fc.assert(
      fc.property(message, (value) => {
        const frame = encodeKeyRanges(value)
        expect(decodeKeyRanges(frame)).toEqual({ ok: true, value })
        const most = value.reduce((sum, range) => sum + bytesMaxOf(range), HEADER_BYTES_MAX)
        expect(frame.length).toBeLessThanOrEqual(most)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('every truncation, and bytes after the end, are refused', () => {
    fc.assert(
      fc.property(message, (value) => {
        const frame = encodeKeyRanges(value)
        for (let length = 0; length < Math.min(frame.length, 200); length++) {
          expect(decodeKeyRanges(frame.subarray(0, length)).ok, `${length} bytes`).toBe(false)
        }
        expect(decodeKeyRanges(Uint8Array.of(...frame, 0)).ok).toBe(false)
      }),
      { seed: 2, numRuns: 60 },
    )
  })

  test('no bytes make decoding throw, nor answering what was decoded', () => {
    const copy = Copy.of(Array.from({ length: 500 }, (_, at) => [keyOf(at, at * 8_000_000), at]))
    const end = new Reconciliation(copy.items)
    const changed = fc.tuple(message, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const frame = encodeKeyRanges(value)
      frame[at % frame.length] = byte
      return frame
    })
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 60 })), (frame) => {
        const decoded = decodeKeyRanges(frame)
        const { reply = [] } = decoded.ok ? end.answer(decoded.value) : {}
        expect(decodeKeyRanges(encodeKeyRanges(reply)).ok).toBe(true)
      }),
      { seed: 3, numRuns: 3_000 },
    )
  })

  const print = { left: 1, right: 2 }
  const [a, b] = [keyOf(1), keyOf(2)]

  test.each<[string, KeyRange[]]>([
    [
      'ranges out of order',
      [
        { kind: 'skip', upTo: b },
        { kind: 'skip', upTo: a },
      ],
    ],
    [
      'an empty range',
      [
        { kind: 'skip', upTo: a },
        { kind: 'skip', upTo: a },
      ],
    ],
    ['an item behind its range', [{ kind: 'list', upTo: a, items: new Map([[b, print]]) }]],
    [
      'an item before its range',
      [
        { kind: 'skip', upTo: a },
        { kind: 'list', upTo: b, items: new Map([[a, print]]) },
      ],
    ],
    [
      'items out of order',
      [
        {
          kind: 'list',
          upTo: LAST_KEY,
          items: new Map([
            [b, print],
            [a, print],
          ]),
        },
      ],
    ],
  ])('%s: malformed', (_, value) => {
    const rejection = { code: 'malformed' }
    expect(decodeKeyRanges(encodeKeyRanges(value))).toMatchObject({ rejection })
  })

  test('more ranges or more items than there may be are too large', () => {
    const rejection = { code: 'too-large' }
    const skips = Array.from({ length: RANGE_LIMITS.rangesMax + 1 }, (_, at): KeyRange => {
      return { kind: 'skip', upTo: keyOf(at) }
    })
    expect(decodeKeyRanges(encodeKeyRanges(skips.slice(1))).ok).toBe(true)
    expect(decodeKeyRanges(encodeKeyRanges(skips))).toMatchObject({ rejection })
    // The limit is for all lists of a message together.
    const lists = Array.from({ length: 5 }, (_, at): KeyRange => {
      const keys = Array.from({ length: 900 }, (_value, low) => keyOf(low, at))
      return { kind: 'list', upTo: keyOf(900, at), items: new Map(keys.map((key) => [key, print])) }
    })
    expect(decodeKeyRanges(encodeKeyRanges(lists.slice(1))).ok).toBe(true)
    expect(decodeKeyRanges(encodeKeyRanges(lists))).toMatchObject({ rejection })
  })
})
