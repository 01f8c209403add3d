import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import {
  CONTENT,
  parseTrace,
  TraceError,
  Typist,
  type Patch,
  type Trace,
  type Transaction,
} from '../src/replay/index.ts'

/** The obvious way: for each transaction a new document of all that it was typed on. */
function typeSlowly(trace: Trace, clientIds: readonly number[]): string[] {
  const updates: Uint8Array[] = []
  return trace.transactions.map((transaction, index) => {
    const doc = new Y.Doc()
    for (const ancestor of ancestorsOf(trace, index)) Y.applyUpdate(doc, updates[ancestor]!)
    doc.clientID = clientIds[transaction.agent]!
    const before = Y.encodeStateVector(doc)
    const text = doc.getText(CONTENT)
    for (const patch of transaction.patches) patchSlowly(text, patch)
    updates[index] = Y.encodeStateAsUpdate(doc, before)
    return text.toJSON()
  })
}

function ancestorsOf(trace: Trace, index: number): number[] {
  const found = new Set<number>()
  const visit = (at: number): void => {
    for (const parent of trace.transactions[at]!.parents) {
      found.add(parent)
      visit(parent)
    }
  }
  visit(index)
  return [...found].toSorted((a, b) => a - b)
}

function patchSlowly(text: Y.Text, [position, deleted, inserted]: Patch): void {
  const characters = Array.from(text.toJSON())
  const unitsOf = (from: number, to: number): number => characters.slice(from, to).join('').length
  text.delete(unitsOf(0, position), unitsOf(position, position + deleted))
  text.insert(unitsOf(0, position), inserted)
}

/** Small histories in which agents type, fork and merge, with characters of one and two units. */
const histories: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      agent: fc.nat(2),
      merges: fc.array(fc.nat(30), { maxLength: 2 }),
      at: fc.nat(100),
      deleted: fc.nat(3),
      inserted: fc.string({ unit: fc.constantFrom('a', 'b', 'é', '世', '😀', '👩'), maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((steps) => {
    const newest = new Map<number, number>()
    const transactions: Transaction[] = []
    for (const [index, { agent, merges, at, deleted, inserted }] of steps.entries()) {
      const own = newest.get(agent)
      const parents = [...(own === undefined ? [] : [own]), ...merges.filter((to) => to < index)]
      // Positions are made to fit the text that the slow twin finds there.
      const draft = { agentCount: 3, endContent: '', transactions: [...transactions] }
      const length = lengthBefore(draft, { agent, parents, patches: [] })
      const position = at % (length + 1)
      const patch: Patch = [position, Math.min(deleted, length - position), inserted]
      transactions.push({ agent, parents, patches: [patch] })
      newest.set(agent, index)
    }
    return { agentCount: 3, endContent: '', transactions }
  })

function lengthBefore(trace: Trace, next: Transaction): number {
  const extended = { ...trace, transactions: [...trace.transactions, next] }
  return Array.from(typeSlowly(extended, [1, 2, 3]).at(-1)!).length
}

describe('Typist', () => {
  it('types what the slow twin types, whatever is forked, merged and deleted', () => {
    fc.assert(
      fc.property(histories, (trace) => {
        const expected = typeSlowly(trace, [1, 2, 3])
        const typist = new Typist(trace, [1, 2, 3])
        for (const [index, { agent }] of trace.transactions.entries()) {
          typist.type(index)
          expect(typist.textOf(agent)).toBe(expected[index])
        }
      }),
      { numRuns: 200 },
    )
  })

  it('says what is missing, and whether it has arrived', () => {
    const typist = new Typist(twoAuthors(), [1, 2])
    const live = new Y.Doc()
    const first = typist.type(0)
    const second = typist.type(1)
    expect(typist.missing(2)).toEqual([1])
    expect(typist.arrived(1, live)).toBe(false)
    Y.applyUpdate(live, second)
    expect([typist.arrived(0, live), typist.arrived(1, live)]).toEqual([false, true])
    Y.applyUpdate(live, first)
    Y.applyUpdate(live, typist.type(2))
    expect(live.getText(CONTENT).toJSON()).toBe('ab!')
    expect(typist.next).toBe(3)
  })

  it('counts a transaction that is not typed yet as not arrived', () => {
    expect(new Typist(twoAuthors(), [1, 2]).arrived(0, new Y.Doc())).toBe(false)
  })

  it('breaks ties of concurrent insertions in the order of the agents', () => {
    for (const ids of [
      [1, 2],
      [2_000_000_000, 2_000_000_001],
    ]) {
      const typist = new Typist(twoAuthors(), ids)
      for (const index of [0, 1, 2]) typist.type(index)
      expect(typist.textOf(0)).toBe('ab!')
    }
  })

  it('refuses client ids that would break ties the other way round, or are too few', () => {
    expect(() => new Typist(twoAuthors(), [2, 1])).toThrow(RangeError)
    expect(() => new Typist(twoAuthors(), [1])).toThrow(RangeError)
  })

  it.each([
    ['inserts', [3, 0, 'x']],
    ['deletes', [1, 2, '']],
  ])('refuses a transaction that %s past the end, and names it', (_, patch) => {
    for (const first of ['ab', '😀b']) {
      const txns = [{ patches: [[0, 0, first]] }, { patches: [patch] }]
      const typist = new Typist(parseTrace({ endContent: '', txns }), [1])
      typist.type(0)
      expect(() => typist.type(1)).toThrow(TraceError)
      expect(() => new Typist(parseTrace({ endContent: '', txns }), [1]).type(1)).toThrow(
        RangeError,
      )
    }
  })

  it('gives an update that changes nothing for a transaction that does nothing', () => {
    const trace = parseTrace({ endContent: '', txns: [{ patches: [] }] })
    const live = new Y.Doc()
    Y.applyUpdate(live, new Typist(trace, [1]).type(0))
    expect(live.getText(CONTENT).toJSON()).toBe('')
  })
})

/** Both insert at the start, then the first, having seen both, at the end. */
function twoAuthors(): Trace {
  return parseTrace({
    kind: 'concurrent',
    numAgents: 2,
    endContent: 'ab!',
    txns: [
      { agent: 0, parents: [], patches: [[0, 0, 'a']] },
      { agent: 1, parents: [], patches: [[0, 0, 'b']] },
      { agent: 0, parents: [0, 1], patches: [[2, 0, '!']] },
    ],
  })
}
