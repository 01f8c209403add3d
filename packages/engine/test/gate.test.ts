import { decodeUpdate, Extent } from '@rejoin/engine'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

/** A document's updates, one a transaction, of text typed and deleted at random places. */
function updatesOf(
  edits: readonly { at: number; text: string; cut: number }[],
  client = 7,
): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const content = doc.getText('content')
  for (const { at, text, cut } of edits) {
    if (text !== '') content.insert(at % (content.length + 1), text)
    else if (content.length > 0)
      content.delete(at % content.length, 1 + (cut % (content.length - (at % content.length))))
  }
  return updates
}

const edits = fc.array(
  fc.record({ at: fc.nat(100), text: fc.constantFrom('', '', 'a', 'bc', 'def'), cut: fc.nat(5) }),
  { minLength: 2, maxLength: 20 },
)

function passes(update: Uint8Array): Parameters<Extent['add']>[0] {
  const result = decodeUpdate(update)
  if (!result.ok) throw new Error(result.rejection.reason)
  return result.value
}

describe('[X2] the gate', () => {
  test('takes every update that Yjs makes', () => {
    fc.assert(
      fc.property(edits, (history) => {
        for (const update of updatesOf(history)) expect(decodeUpdate(update).ok).toBe(true)
      }),
      { seed: 1 },
    )
  })

  test('refuses every truncation, and whatever has bytes after its end', () => {
    const [update = new Uint8Array()] = updatesOf([{ at: 0, text: 'hello', cut: 0 }])
    for (let length = 0; length < update.length; length++) {
      const result = decodeUpdate(update.subarray(0, length))
      expect(result.ok, `${length} bytes`).toBe(false)
    }
    expect(decodeUpdate(Uint8Array.of(...update, 0))).toMatchObject({
      rejection: { code: 'bad-update' },
    })
  })

  test('refuses V2 by name', () => {
    const doc = new Y.Doc()
    doc.getText('content').insert(0, 'hello')
    const result = decodeUpdate(Y.encodeStateAsUpdateV2(doc))
    expect(result).toMatchObject({ ok: false, rejection: { code: 'v2-update' } })
  })

  test('refuses what hangs or floods Yjs, at once', () => {
    // 27 bytes that make the V2 functions of Yjs run for ever, and claims of billions of structs.
    const floods = [
      Uint8Array.of(1, 255, 255, 255, 255, 15, 1, 0),
      Uint8Array.of(255, 255, 255, 255, 15, 1, 1, 0),
      Uint8Array.of(0, 255, 255, 255, 255, 15),
    ]
    for (const flood of floods) expect(decodeUpdate(flood).ok).toBe(false)
  })

  test('refuses clocks that no document reaches', () => {
    // One GC struct of client 1 that claims 2^53 - 1 places.
    const update = Uint8Array.of(1, 1, 1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 15, 0)
    expect(decodeUpdate(update)).toMatchObject({ ok: false, rejection: { code: 'bad-update' } })
  })

  test('refuses structs out of the order that merging counts on', () => {
    const blocks = [1, 9].map((client) => updatesOf([{ at: 0, text: 'a', cut: 0 }], client)[0])
    const [low, high] = blocks.map((update) => [...(update ?? [])].slice(1, -1))
    const [rising, falling] = [
      Uint8Array.of(2, ...(low ?? []), ...(high ?? []), 0),
      Uint8Array.of(2, ...(high ?? []), ...(low ?? []), 0),
    ]
    expect(decodeUpdate(falling).ok).toBe(true)
    // Merged with one of client 5, Yjs would drop what client 9 wrote.
    expect(decodeUpdate(rising)).toMatchObject({ ok: false, rejection: { code: 'bad-update' } })
  })

  test('refuses values so deep that writing them again overflows the stack', () => {
    for (const depth of [100, 5_000]) {
      const json = new TextEncoder().encode('['.repeat(depth) + ']'.repeat(depth))
      const length = [(json.length & 127) | 128, json.length >> 7]
      // One ContentJSON of client 7 in the root "c".
      const update = Uint8Array.of(1, 1, 7, 0, 2, 1, 1, 99, 1, ...length, ...json, 0)
      expect(decodeUpdate(update).ok).toBe(depth === 100)
    }
  })

  test('refuses a struct that builds on itself, and one without length', () => {
    const builds = Uint8Array.of(1, 1, 7, 0, 0x84, 7, 0, 1, 97, 0)
    const isEmpty = Uint8Array.of(1, 1, 7, 0, 0, 0, 0)
    for (const update of [builds, isEmpty]) {
      expect(decodeUpdate(update)).toMatchObject({ ok: false, rejection: { code: 'bad-update' } })
    }
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(typeof decodeUpdate(bytes).ok).toBe('boolean')
      }),
      { seed: 2, numRuns: 5_000 },
    )
  })
})

describe('[L2] the extent of a document', () => {
  /** The slow twin: a document that is really built. */
  class Twin {
    readonly doc = new Y.Doc()

    add(update: Uint8Array): void {
      Y.applyUpdate(this.doc, update)
    }

    reaches(update: Uint8Array): boolean {
      const copy = this.#copy()
      Y.applyUpdate(copy, update)
      return copy.store.pendingStructs === null && copy.store.pendingDs === null
    }

    holds(update: Uint8Array): boolean {
      return Y.snapshotContainsUpdate(Y.snapshot(this.doc), update)
    }

    #copy(): Y.Doc {
      const copy = new Y.Doc({ gc: false })
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc))
      return copy
    }
  }

  test('says just what a real document says: what runs ahead, and what is held', () => {
    fc.assert(
      fc.property(edits, fc.infiniteStream(fc.nat(1_000)), (history, order) => {
        const waiting = updatesOf(history)
        const [extent, twin] = [new Extent(), new Twin()]
        for (let tries = 0; tries < 200 && waiting.length > 0; tries++) {
          const index = (order.next().value ?? 0) % waiting.length
          const update = waiting[index] as Uint8Array
          const isReached = extent.lacks(passes(update)) === undefined
          expect(isReached).toBe(twin.reaches(update))
          expect(extent.holds(passes(update))).toBe(twin.holds(update))
          if (!isReached) continue
          extent.add(passes(update))
          twin.add(update)
          waiting.splice(index, 1)
          expect(extent.holds(passes(update))).toBe(true)
          expect([...Y.decodeStateVector(extent.stateVector())]).toEqual([
            ...Y.decodeStateVector(Y.encodeStateVector(twin.doc)),
          ])
        }
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  test('a deletion of what is not there yet runs ahead', () => {
    const [insert, remove] = updatesOf([
      { at: 0, text: 'abc', cut: 0 },
      { at: 0, text: '', cut: 0 },
    ])
    const extent = new Extent()
    expect(extent.lacks(passes(remove as Uint8Array))).toEqual({ client: 7, upTo: 1 })
    extent.add(passes(insert as Uint8Array))
    expect(extent.lacks(passes(remove as Uint8Array))).toBeUndefined()
    expect(extent.holds(passes(remove as Uint8Array))).toBe(false)
  })
})
