import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { compact, Compactor, objectionTo, type CompactionResult } from '@rejoin/replica'

import { bytesOf, deleteOf, nestedMaps, oneStruct } from './compaction-forgeries.ts'
import { steps, updatesOf } from './compaction-histories.ts'

// Updates that no honest Yjs writes, or not alone. A struct begins with its info byte: what it holds
// (0 GC, 2 JSON, 4 string, 7 type, 8 any, 9 document), and 128 when an origin follows, 64 a right one.

const ROOT = [1, 'map'] as const
const honest = oneStruct(4, [1, 'text', 'hello'])
// Values, as they are written.
const [NULL, FALSE, TRUE] = [Uint8Array.of(126), Uint8Array.of(121), Uint8Array.of(120)]
const BILLION = 2 ** 30

/** What can't be integrated, each with what the reason has to say. */
const IMPOSSIBLE: Record<string, [updates: Uint8Array[], reason: RegExp]> = {
  'no bytes': [[new Uint8Array()], /Unexpected end/],
  garbage: [[Uint8Array.of(255, 254, 253, 252)], /integrate|decoded/],
  'an update that is cut off': [[honest.subarray(0, -3)], /Unexpected end/],
  'bytes after the end': [[Uint8Array.of(...honest, 1, 2)], /after its end/],
  V2: [[Y.encodeStateAsUpdateV2(new Y.Doc())], /V2/],
  'a billion structs in ten bytes': [[bytesOf(1, BILLION, 9, 0)], /Unexpected end/],
  'more structs than an array can have': [[bytesOf(1, 2 ** 40, 9, 0)], /integrate/],
  'a billion clients': [[bytesOf(BILLION)], /Unexpected end/],
  'a billion deleted ranges': [[bytesOf(0, 1, 9, BILLION)], /Unexpected end/],
  'a clock that no document reaches': [[oneStruct(0, [2 ** 53 - 1])], /no document reaches/],
  'a parent that nobody has': [[oneStruct(4, [0, 77, 0, 'x'])], /missing/],
  'an origin that nobody has': [[oneStruct(128 | 4, [77, 0, 'x'])], /missing/],
  'a gap before it': [[bytesOf(1, 1, 9, 5, 4, 1, 'text', 'x', 0)], /missing/],
  'deletions of what nobody has': [[bytesOf(0, 1, 77, 1, 0, 5)], /missing/],
  'a kind of content that there is not': [[oneStruct(31, [1, 'text', 'x'])], /integrate/],
  'a kind of type that there is not': [[oneStruct(7, [...ROOT, 99])], /integrate/],
  'JSON that is none': [[oneStruct(2, [1, 'text', 1, '{"open":'])], /integrate/],
  'a value 20,000 deep': [[oneStruct(8, [1, 'text', 1, deepArray(20_000)])], /deep|stack/],
  'a document with no options': [
    [oneStruct(9, [1, 'text', 'guid', Uint8Array.of(127)])],
    /integrate/,
  ],
  'types so deep that deleting them overflows': [[nestedMaps(20_000), deleteOf(9, 0)], /stack/],
}

/** What Yjs takes, odd as it is; that some of it shows differently by the order is no matter here. */
const ODD: Record<string, Uint8Array[]> = {
  'a root of two types': [
    oneStruct(4, [...ROOT, 'x']),
    oneStruct(32 | 8, [...ROOT, 'key', 1, NULL], 12),
  ],
  'a key that is __proto__': [oneStruct(32 | 8, [...ROOT, '__proto__', 1, NULL])],
  // Yjs takes it for one whose parent is gone.
  'a parent that is a string': [honest, oneStruct(4, [0, 9, 0, 'x'], 12)],
  'content that somebody else has collected': [honest, oneStruct(0, [5])],
  'origins in the wrong order': [honest, oneStruct(192 | 4, [9, 4, 9, 0, 'x'], 12)],
  'the same clock for something else': [honest, oneStruct(4, [1, 'text', 'HELLO'])],
  'a document that wants to be loaded': [
    oneStruct(9, [1, 'text', 'guid', Uint8Array.of(118, 2), 'autoLoad', TRUE, 'gc', FALSE]),
  ],
}

function deepArray(depth: number): Uint8Array {
  const open = Array.from({ length: depth }, () => [117, 1]).flat()
  return Uint8Array.of(...open, 126)
}

describe('[X2] in the thread', () => {
  const compactor = new Compactor()
  afterAll(() => compactor.close())

  test.each(Object.entries(IMPOSSIBLE))('%s fails with a reason', async (_, [updates, reason]) => {
    for (const gc of [true, false]) {
      const result = await compactor.compact(updates, { gc })
      expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
      expect(await compactor.compact([honest], { gc })).toMatchObject({ ok: true })
    }
  })

  test.each(Object.entries(ODD))('%s is proved like any other', async (_, updates) => {
    for (const gc of [true, false]) {
      const result = await compactor.compact(updates, { gc })
      expect(result).toMatchObject({ ok: true })
      expect(objectionTo(snapshotIn(result), updates, { gc })).toBeUndefined()
    }
  })
})

function snapshotIn(result: CompactionResult): Uint8Array {
  if (!result.ok) throw new Error(result.reason)
  return result.snapshot
}

test('[X2] whatever becomes of its bytes, a document fails with a reason or is proved', () => {
  let failed = 0
  const changes = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 3,
  })
  const runs = { seed: 3, numRuns: Number(process.env['HISTORIES'] ?? 1_500) }
  fc.assert(
    fc.property(steps, changes, fc.boolean(), (history, wrong, gc) => {
      const updates = updatesOf(history.slice(0, 20), { isAstral: true })
      fc.pre(updates.length > 0)
      for (const { at, byte } of wrong) {
        const update = updates[at % updates.length] as Uint8Array
        update[at % update.length] = byte
      }
      const result = compact(updates, { gc })
      if (!result.ok) failed += 1
      const outcome = result.ok ? objectionTo(result.snapshot, updates, { gc }) : result.reason
      expect(outcome ?? '').toMatch(result.ok ? /^$/ : /^The document can't be compacted: .+\.$/)
    }),
    runs,
  )
  expect(failed).toBeGreaterThan(runs.numRuns / 4)
})
