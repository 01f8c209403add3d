import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { compact, objectionTo } from '@rejoin/replica'

import { deletesOf, partsOf, updateOf, type Parts } from './compaction-forgeries.ts'
import { steps, updatesOf } from './compaction-histories.ts'

// Snapshots that are wrong in one way each, as a fault of Yjs or of ours would make them. All of a
// document's updates would be deleted for such a one.

const RUNS = { seed: 2, numRuns: 60 }
const COVERED = undefined

interface Case {
  readonly updates: Uint8Array[]
  readonly snapshot: Uint8Array
  readonly gc: boolean
}

const cases = fc.record({ history: steps, gc: fc.boolean() }).map(({ history, gc }): Case => {
  const updates = updatesOf(history, { isAstral: gc })
  const result = compact(updates, { gc })
  if (!result.ok) throw new Error(result.reason)
  return { updates, snapshot: result.snapshot, gc }
})

/** Holds that there is an objection to whatever `spoil` makes of the snapshots; tells how many it made. */
function refused(spoil: (parts: () => Parts, each: Case) => Iterable<Parts>): number {
  let spoiled = 0
  fc.assert(
    fc.property(cases, (each) => {
      for (const parts of spoil(() => partsOf(each.snapshot, each), each)) {
        spoiled += 1
        const objection = objectionTo(updateOf(parts), each.updates, { gc: each.gc })
        expect(objection).not.toBe(COVERED)
      }
    }),
    RUNS,
  )
  return spoiled
}

describe('[S5] the proof refuses', () => {
  test('nothing that is right: taken apart and put together, a snapshot has the same bytes', () => {
    fc.assert(
      fc.property(cases, ({ updates, snapshot, gc }) => {
        expect(updateOf(partsOf(snapshot, { gc }))).toEqual(snapshot)
        expect(objectionTo(snapshot, updates, { gc })).toBe(COVERED)
      }),
      RUNS,
    )
  })

  test('a snapshot without one of its structs, be there a gap or none', () => {
    const tried = refused(function* (parts) {
      for (let at = 0; at < parts().structs.length; at++) {
        const { structs, deletes } = parts()
        const { id, length } = structs[at] as Y.Item
        yield { structs: structs.toSpliced(at, 1), deletes }
        yield { structs: structs.toSpliced(at, 1, new Y.Skip(id, length)), deletes }
      }
    })
    expect(tried).toBeGreaterThan(RUNS.numRuns)
  })

  test('a snapshot in which the content of what is not deleted is gone', () => {
    const tried = refused(function* (parts) {
      for (let at = 0; at < parts().structs.length; at++) {
        const { structs, deletes } = parts()
        const { id, length } = structs[at] as Y.Item
        const ranges = deletes.get(id.client) ?? []
        const isDeleted = ranges.some(
          ({ clock, len }) => clock <= id.clock && clock + len >= id.clock + length,
        )
        if (!isDeleted) yield { structs: structs.with(at, new Y.GC(id, length)), deletes }
      }
    })
    expect(tried).toBeGreaterThan(RUNS.numRuns)
  })

  test('a snapshot without one of its deletions, or a part of one, that an update has', () => {
    const tried = refused(function* (parts, { updates }) {
      const given = updates.flatMap((update) =>
        [...deletesOf(update)].flatMap(([client, ranges]) =>
          ranges.flatMap(({ clock, len }) => [
            { client, clock },
            { client, clock: clock + len - 1 },
          ]),
        ),
      )
      for (const { client, clock } of given) {
        const { structs, deletes } = parts()
        deletes.set(client, without(clock, deletes.get(client) ?? []))
        yield { structs, deletes }
      }
    })
    expect(tried).toBeGreaterThan(RUNS.numRuns)
  })

  test('a snapshot with more than there was', () => {
    const other = new Y.Doc()
    other.clientID = 999
    other.getText('text').insert(0, 'x')
    const more = Y.encodeStateAsUpdate(other)
    fc.assert(
      fc.property(cases, ({ updates, snapshot, gc }) => {
        const result = compact([snapshot, more], { gc })
        expect(result.ok && objectionTo(result.snapshot, updates, { gc })).toMatch(/was not in it/)
      }),
      RUNS,
    )
  })

  test('a snapshot that is cut off, or goes on', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ updates, snapshot, gc }, at) => {
        const cut = snapshot.subarray(0, at % snapshot.length)
        const longer = Uint8Array.of(...snapshot, 0)
        for (const wrong of [cut, longer]) {
          expect(objectionTo(wrong, updates, { gc })).toMatch(/can't be decoded/)
        }
      }),
      RUNS,
    )
  })

  test('a snapshot of another document, or of an earlier moment', () => {
    fc.assert(
      fc.property(cases, cases, (one, other) => {
        fc.pre(!Buffer.from(one.snapshot).equals(other.snapshot))
        const isEither = [
          objectionTo(other.snapshot, one.updates, { gc: one.gc }),
          objectionTo(one.snapshot, other.updates, { gc: one.gc }),
        ].every((objection) => objection === COVERED)
        expect(isEither).toBe(false)
        const nothing = Uint8Array.of(0, 0)
        const whole = [...one.updates, ...other.updates]
        expect(objectionTo(nothing, whole, { gc: one.gc })).toMatch(/lacks a part/)
      }),
      RUNS,
    )
  })
})

function without(
  place: number,
  ranges: readonly { clock: number; len: number }[],
): { clock: number; len: number }[] {
  return ranges.flatMap(({ clock, len }) => {
    if (place < clock || place >= clock + len) return [{ clock, len }]
    const parts = [
      { clock, len: place - clock },
      { clock: place + 1, len: clock + len - place - 1 },
    ]
    return parts.filter((part) => part.len > 0)
  })
}
