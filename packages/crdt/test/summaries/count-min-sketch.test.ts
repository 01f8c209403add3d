import { countMinSketch, map } from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import { describe, expect, test } from 'vitest'

import { bytesIn, Copies, exchange, open, skewed, tokensIn } from './copies.ts'
import { countItems, naiveCount } from './naive.ts'

describe('countMinSketch', () => {
  test.each([1, 2, 3, 4])(
    '[D1] copies in any order come to one sketch of all (seed %i)',
    (seed) => {
      const options = { epsilon: 0.1, delta: 0.06 }
      const shape = { width: 28, depth: 3 }
      const copies = new Copies(countMinSketch(options), 3, seed)
      const added: [string, number][] = []
      copies.run(900, (view) => {
        const item = `item ${skewed(copies.random, 200)}`
        const count = prng.uint32(copies.random, 1, 300)
        view.add(item, count)
        added.push([item, count])
      })
      copies.settle()
      const counts = countItems(added)
      const total = added.reduce((sum, [, count]) => sum + count, 0)
      expect(copies.read()).toEqual([total, total, total])
      for (const item of [...counts.keys(), 'never added']) {
        const count = naiveCount(counts, shape, item)
        expect(copies.views.map((view) => view.count(item))).toEqual([count, count, count])
      }
    },
  )

  test('[D1] nothing is lost where additions are folded', () => {
    const { doc, it } = open(countMinSketch())
    const tokens: number[] = []
    for (let count = 1; count <= 200; count++) {
      it.add('x')
      tokens.push(tokensIn(doc).length)
      expect([it.value, it.count('x')]).toEqual([count, count])
    }
    expect([tokens[62], tokens[63], tokens[64], tokens[65]]).toEqual([63, 64, 2, 3])
    expect(Math.max(...tokens)).toBe(65)
    const other = open(countMinSketch())
    exchange(doc, other.doc)
    expect([other.it.value, other.it.count('x'), other.it.count('y')]).toEqual([200, 200, 0])
  })

  test.each([
    { epsilon: 0.1, delta: 0.3 },
    { epsilon: 0.02, delta: 0.1 },
    { epsilon: 0.005, delta: 0.01 },
  ])('[D1] a count is at most $epsilon of the total too high, but for $delta of all', (options) => {
    const { epsilon, delta } = options
    const random = prng.create(11)
    const { doc, it } = open(countMinSketch(options))
    expect(it.error).toBeLessThanOrEqual(epsilon)
    const added = Array.from({ length: 30_000 }, (): [number, number] => [skewed(random, 4_000), 1])
    doc.transact(() => {
      for (const [item] of added) it.add(item)
    })
    const counts = countItems(added)
    let [over, most] = [0, 0]
    for (let item = 0; item < 4_000; item++) {
      const excess = it.count(item) - (counts.get(item) ?? 0)
      expect(excess).toBeGreaterThanOrEqual(0)
      most = Math.max(most, excess)
      if (excess > epsilon * added.length) over += 1
    }
    expect(over / 4_000).toBeLessThanOrEqual(delta)
    // It is a sketch, and not a table that would pass any bound.
    expect(most).toBeGreaterThan(0)
  })

  test('[D1] amounts are exact integers, and the total is', () => {
    const [one, other] = [open(countMinSketch()), open(countMinSketch())]
    for (const count of [0, -1, 1.5, Number.NaN, 2 ** 53, '1' as never]) {
      expect(() => one.it.add('x', count)).toThrow(
        expect.objectContaining({ code: 'not-an-integer' }),
      )
    }
    expect(() => one.it.add(undefined)).toThrow(expect.objectContaining({ code: 'not-json' }))
    one.it.add('x', Number.MAX_SAFE_INTEGER)
    expect(() => one.it.add('x')).toThrow(expect.objectContaining({ code: 'too-large' }))
    other.it.add('x', 5)
    exchange(one.doc, other.doc)
    expect([one.it.value, one.it.count('x')]).toEqual(Array(2).fill(Number.MAX_SAFE_INTEGER))
    expect(other.it.value).toBe(Number.MAX_SAFE_INTEGER)
    expect(tokensIn(one.doc)).toHaveLength(2)
  })

  test('[D1] a removal of the key forgets what it saw, and a concurrent addition stays', () => {
    const [one, other] = [open(map(countMinSketch())), open(map(countMinSketch()))]
    for (let step = 0; step < 100; step++) one.it.get('page').add('x')
    other.it.get('page').add('x', 50)
    exchange(one.doc, other.doc)
    one.it.delete('page')
    other.it.get('page').add('x', 3)
    exchange(one.doc, other.doc)
    for (const { it } of [one, other]) {
      expect([it.get('page').value, it.get('page').count('x')]).toEqual([3, 3])
    }
    for (let step = 0; step < 100; step++) one.it.get('page').add('x')
    exchange(one.doc, other.doc)
    expect(other.it.get('page').count('x')).toBe(103)
  })

  test('[D2] 20,000 additions by three writers cost one sketch each', () => {
    const copies = new Copies(countMinSketch(), 3, 7)
    for (let step = 0; step < 20_000; step++) {
      copies.any()[0].add(skewed(copies.random, 5_000))
      if (step % 500 === 0) copies.exchange()
    }
    copies.exchange()
    expect(copies.read()).toEqual([20_000, 20_000, 20_000])
    const [doc] = copies.docs
    if (doc === undefined) throw new Error('There are three copies.')
    expect(bytesIn(doc)).toBeLessThan(3 * (2 * 2_720 + 65 * 50))
    expect(tokensIn(doc).length).toBeLessThanOrEqual(3 * 65)
  })

  test.each([
    { epsilon: 0 },
    { epsilon: 0.6 },
    { epsilon: Number.NaN },
    { delta: 0 },
    { delta: 1 },
    { delta: 0.0003 },
  ])('%o is refused', (options) => {
    expect(() => countMinSketch(options)).toThrow(expect.objectContaining({ code: 'bad-schema' }))
  })
})
