import { map, quantiles } from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import { describe, expect, test } from 'vitest'

import { bytesIn, Copies, exchange, forge, open, tokensIn } from './copies.ts'
import { exactQuantile, naiveMiddle } from './naive.ts'

const SHARES = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1]

/** Numbers of every size and both signs, and some zeros. */
function anyNumber(random: prng.PRNG): number {
  const size = 10 ** (18 * prng.real53(random) - 9)
  return [size, -size, 0, 1e-12 * Math.min(size, 1)][prng.uint32(random, 0, 3)] ?? 0
}

describe('quantiles', () => {
  test.each([1, 2, 3, 4])(
    '[D1] copies in any order come to one sketch of all (seed %i)',
    (seed) => {
      const copies = new Copies(quantiles({ accuracy: 0.02 }), 3, seed)
      const values: number[] = []
      copies.run(900, (view) => {
        const value = anyNumber(copies.random)
        const count = prng.uint32(copies.random, 1, 3)
        view.add(value, count)
        for (let each = 0; each < count; each++) values.push(value)
      })
      copies.settle()
      for (const q of SHARES) {
        const middle = naiveMiddle(exactQuantile(values, q), 0.02)
        expect(copies.views.map((view) => view.quantile(q))).toEqual([middle, middle, middle])
      }
      const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) =>
        naiveMiddle(exactQuantile(values, q), 0.02),
      )
      const all = { count: values.length, p50, p90, p99 }
      expect(copies.read()).toEqual([all, all, all])
    },
  )

  test('[D1] nothing is lost where additions are folded', () => {
    const { doc, it } = open(quantiles())
    const values: number[] = []
    const tokens: number[] = []
    for (let value = 1; value <= 200; value++) {
      it.add(value)
      values.push(value)
      tokens.push(tokensIn(doc).length)
      expect(it.value.count).toBe(value)
      expect(it.quantile(0.9)).toBe(naiveMiddle(exactQuantile(values, 0.9), 0.01))
    }
    expect([tokens[62], tokens[63], tokens[64], tokens[65]]).toEqual([63, 64, 2, 3])
    expect(Math.max(...tokens)).toBe(65)
    const other = open(quantiles())
    exchange(doc, other.doc)
    expect(other.it.value).toEqual(it.value)
  })

  test.each([0.001, 0.01, 0.1])('[D1] a quantile is off by a share of %d at most', (accuracy) => {
    const random = prng.create(5)
    const { doc, it } = open(quantiles({ accuracy }))
    const values = Array.from({ length: 5_000 }, () => anyNumber(random))
    doc.transact(() => {
      for (const value of values) it.add(value)
    })
    let worst = 0
    for (const q of SHARES) {
      const exact = exactQuantile(values, q)
      const shown = it.quantile(q) ?? Number.NaN
      const isZero = Math.abs(exact) < 1e-9
      worst = Math.max(worst, isZero ? Math.abs(shown) : Math.abs(shown / exact - 1))
    }
    expect(it.error).toBe(accuracy)
    expect(worst).toBeLessThanOrEqual(accuracy * (1 + 1e-9))
    expect(worst).toBeGreaterThan(accuracy / 10)
  })

  test.each([1e-9, -1e-9, 1e9, -1e9, 1, -1])('[D1] %d is in range', (value) => {
    const { it } = open(quantiles())
    it.add(value)
    const shown = it.quantile(0.5) ?? Number.NaN
    expect(Math.abs(shown / value - 1)).toBeLessThanOrEqual(0.01 * (1 + 1e-9))
  })

  test.each([0, -0, 0.999e-9, -0.999e-9])('[D1] %d counts as 0', (value) => {
    const { it } = open(quantiles())
    it.add(value)
    expect(it.quantile(0.5)).toBe(0)
  })

  test('[D1] what is no number, too large, or no share is refused', () => {
    const { doc, it } = open(quantiles())
    const refused = (act: () => unknown, code: string): void =>
      expect(act).toThrow(expect.objectContaining({ code }))
    for (const value of [Number.NaN, Infinity, '1' as never]) {
      refused(() => it.add(value), 'not-json')
    }
    refused(() => it.add(1.000001e9), 'too-large')
    refused(() => it.add(-1.000001e9), 'too-large')
    refused(() => it.add(1, 0), 'not-an-integer')
    expect(tokensIn(doc)).toEqual([])
    it.add(1, Number.MAX_SAFE_INTEGER)
    refused(() => it.add(1), 'too-large')
    for (const q of [-0.1, 1.1, Number.NaN]) refused(() => it.quantile(q), 'out-of-range')
  })

  test('[D1] a snapshot is frozen, and the same while it shows the same', () => {
    const [one, other] = [open(quantiles()), open(quantiles())]
    expect(one.it.value).toEqual({ count: 0, p50: undefined, p90: undefined, p99: undefined })
    expect(one.it.quantile(0.5)).toBeUndefined()
    for (let value = 1; value <= 64; value++) one.it.add(value)
    const { value } = one.it
    expect(Object.isFrozen(value)).toBe(true)
    exchange(one.doc, other.doc)
    expect(one.it.value).toBe(value)
    forge(one.doc, ...tokensIn(one.doc))
    expect(one.it.value).toBe(value)
    other.it.add(5)
    expect(one.it.value).toBe(value)
    exchange(one.doc, other.doc)
    expect(one.it.value).not.toBe(value)
    expect(one.it.value.count).toBe(65)
  })

  test('[D1] a removal of the key forgets what it saw, and a concurrent addition stays', () => {
    const [one, other] = [open(map(quantiles())), open(map(quantiles()))]
    for (let step = 0; step < 100; step++) one.it.get('page').add(1_000)
    other.it.get('page').add(1_000, 50)
    exchange(one.doc, other.doc)
    other.it.delete('page')
    one.it.get('page').add(-3, 2)
    exchange(one.doc, other.doc)
    for (const { it } of [one, other]) {
      expect(it.get('page').value.count).toBe(2)
      expect(it.get('page').quantile(1)).toBe(naiveMiddle(-3, 0.01))
    }
    for (let step = 0; step < 100; step++) one.it.get('page').add(7)
    exchange(one.doc, other.doc)
    expect(other.it.get('page').value.count).toBe(102)
  })

  test('[D2] 20,000 additions by three writers cost one sketch each', () => {
    const copies = new Copies(quantiles(), 3, 7)
    for (let step = 0; step < 20_000; step++) {
      // Milliseconds from 1 to 10,000.
      copies.any()[0].add(10 ** (4 * prng.real53(copies.random)))
      if (step % 500 === 0) copies.exchange()
    }
    copies.exchange()
    const [doc] = copies.docs
    if (doc === undefined) throw new Error('There are three copies.')
    expect(copies.views.map(({ value }) => value.count)).toEqual([20_000, 20_000, 20_000])
    expect(bytesIn(doc)).toBeLessThan(3 * (2 * 461 + 65 * 40))
    expect(tokensIn(doc).length).toBeLessThanOrEqual(3 * 65)
  })

  test.each([0, 0.0005, 0.6, 0.01234, Number.NaN])('an accuracy of %d is refused', (accuracy) => {
    expect(() => quantiles({ accuracy })).toThrow(expect.objectContaining({ code: 'bad-schema' }))
  })
})
