import { map, topK, type TopItem, type TopK } from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import { describe, expect, test } from 'vitest'

import { bytesIn, Copies, exchange, open, skewed, tokensIn } from './copies.ts'
import { countItems } from './naive.ts'

/** Whether all that is stated of a top k holds for it, which shows all of `capacity` items. */
function checkBounds(view: TopK<string>, added: readonly (readonly [string, number])[]): void {
  const counts = countItems(added)
  const total = added.reduce((sum, [, count]) => sum + count, 0)
  expect(view.total).toBe(total)
  const shown = new Map<string, number>(view.value.map(({ item, count }) => [item, count]))
  for (const [item, exact] of counts) {
    const count = shown.get(item) ?? 0
    expect(count).toBeLessThanOrEqual(exact)
    expect(count + view.error).toBeGreaterThanOrEqual(exact)
  }
  expect([...shown.keys()].filter((item) => !counts.has(item))).toEqual([])
}

describe('topK', () => {
  test.each([1, 2, 3, 4])('[D1] copies in any order keep the stated bounds (seed %i)', (seed) => {
    const capacity = 20
    const copies = new Copies(topK<string>({ k: 20, capacity }), 3, seed)
    const added: [string, number][] = []
    copies.run(900, (view) => {
      const item = `item ${skewed(copies.random, 500)}`
      const count = prng.uint32(copies.random, 1, 9)
      view.add(item, count)
      added.push([item, count])
    })
    copies.settle()
    const [first, second, third] = copies.views
    expect(second?.value).toEqual(first?.value)
    expect(third?.value).toEqual(first?.value)
    for (const view of copies.views) {
      expect(view.error).toBeGreaterThan(0)
      expect(view.error).toBeLessThanOrEqual(view.total / (capacity + 1))
      for (const item of view.value) expect(item.error).toBe(view.error)
    }
    const shown = first?.value ?? []
    expect(shown).toHaveLength(20)
    checkShown(shown, added)
    const counts = countItems(added)
    const last = shown.at(-1)?.count ?? 0
    const error = first?.error ?? 0
    const seen = new Set(shown.map(({ item }) => item))
    for (const [item, exact] of counts) {
      expect(seen.has(item) ? 0 : exact).toBeLessThanOrEqual(last + error)
    }
  })

  test('[D1] one copy keeps to the bounds at every folding, down to a capacity of 1', () => {
    for (const capacity of [1, 2, 7, 50]) {
      const random = prng.create(capacity)
      const { it } = open(topK<string>({ k: capacity, capacity }))
      const added: [string, number][] = []
      for (let step = 0; step < 650; step++) {
        const item = `item ${skewed(random, 200)}`
        it.add(item)
        added.push([item, 1])
        expect(it.error).toBeLessThanOrEqual(added.length / (capacity + 1))
      }
      // Now there is but one addition behind the base.
      checkShown(it.value, added)
    }
  })

  test('[D1] while there is room for all items the counts are exact', () => {
    const copies = new Copies(topK<string>({ k: 64, capacity: 64 }), 3, 9)
    const added: [string, number][] = []
    copies.run(1_000, (view) => {
      const item = `item ${skewed(copies.random, 60)}`
      view.add(item, 2)
      added.push([item, 2])
    })
    copies.settle()
    for (const view of copies.views) {
      expect(view.error).toBe(0)
      checkBounds(view, added)
    }
  })

  test('[D1] the most frequent come first, and equals in the order of their JSON', () => {
    const [one, other] = [open(topK({ k: 4 })), open(topK({ k: 4 }))]
    one.it.add('b', 2)
    one.it.add({ y: 1, x: 2 }, 3)
    other.it.add({ x: 2, y: 1 }, 4)
    other.it.add('a', 2)
    other.it.add(10, 2)
    other.it.add('rare')
    exchange(one.doc, other.doc)
    const shown = [
      { item: { x: 2, y: 1 }, count: 7, error: 0 },
      { item: 'a', count: 2, error: 0 },
      { item: 'b', count: 2, error: 0 },
      { item: 10, count: 2, error: 0 },
    ]
    expect(one.it.value).toEqual(shown)
    expect(JSON.stringify(other.it.value)).toBe(JSON.stringify(one.it.value))
  })

  test('[D1] a snapshot is frozen, and the same while it shows the same', () => {
    const { it } = open(topK<string>({ k: 1 }))
    it.add('a', 5)
    const { value } = it
    expect([value, value[0]].every(Object.isFrozen)).toBe(true)
    it.add('b')
    expect(it.value).toBe(value)
    it.add('b', 5)
    expect(it.value).toEqual([{ item: 'b', count: 6, error: 0 }])
  })

  test('[D1] what can not be counted is refused', () => {
    const { doc, it } = open(topK<unknown>())
    const refused = (act: () => unknown, code: string): void =>
      expect(act).toThrow(expect.objectContaining({ code }))
    refused(() => it.add(undefined), 'not-json')
    refused(() => it.add('x', 0), 'not-an-integer')
    refused(() => it.add('x'.repeat(1_023)), 'too-large')
    expect(tokensIn(doc)).toEqual([])
    it.add('x'.repeat(1_022), Number.MAX_SAFE_INTEGER)
    refused(() => it.add('x'), 'too-large')
  })

  test('[D1] a removal of the key forgets what it saw, and a concurrent addition stays', () => {
    const [one, other] = [open(map(topK<string>())), open(map(topK<string>()))]
    for (let step = 0; step < 100; step++) one.it.get('page').add('x')
    other.it.get('page').add('x', 50)
    exchange(one.doc, other.doc)
    one.it.delete('page')
    other.it.get('page').add('x', 3)
    exchange(one.doc, other.doc)
    for (const { it } of [one, other]) {
      expect(it.get('page').value).toEqual([{ item: 'x', count: 3, error: 0 }])
    }
    for (let step = 0; step < 100; step++) one.it.get('page').add('y')
    exchange(one.doc, other.doc)
    expect(other.it.get('page').value.map(({ count }) => count)).toEqual([100, 3])
  })

  test('[D2] 20,000 additions by three writers cost one summary each', () => {
    const copies = new Copies(topK<string>(), 3, 7)
    for (let step = 0; step < 20_000; step++) {
      copies.any()[0].add(`/page/${skewed(copies.random, 5_000)}`)
      if (step % 500 === 0) copies.exchange()
    }
    copies.exchange()
    const [doc] = copies.docs
    if (doc === undefined) throw new Error('There are three copies.')
    expect(copies.views.map(({ total }) => total)).toEqual([20_000, 20_000, 20_000])
    expect(bytesIn(doc)).toBeLessThan(3 * (256 * 16 + 65 * 50))
    expect(tokensIn(doc).length).toBeLessThanOrEqual(3 * 65)
  })

  test.each([
    { k: 0 },
    { k: 1.5 },
    { k: 5, capacity: 4 },
    { capacity: 4_097 },
    { k: 5_000 },
    { k: Number.NaN },
  ])('%o is refused', (options) => {
    expect(() => topK(options)).toThrow(expect.objectContaining({ code: 'bad-schema' }))
  })
})

/** Whether each count that is shown is one that the true one is within. */
function checkShown(
  shown: readonly TopItem<string>[],
  added: readonly (readonly [string, number])[],
): void {
  const counts = countItems(added)
  expect(shown.length).toBeGreaterThan(0)
  for (const { item, count, error } of shown) {
    const exact = counts.get(item) ?? 0
    expect(count).toBeLessThanOrEqual(exact)
    expect(count + error).toBeGreaterThanOrEqual(exact)
  }
}
