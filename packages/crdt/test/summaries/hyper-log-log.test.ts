import { hyperLogLog, map } from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import { describe, expect, test } from 'vitest'

import { cardinality } from '../../src/summaries/cardinality.ts'
import { Registers } from '../../src/summaries/registers.ts'
import { bytesIn, Copies, exchange, open, tokensIn } from './copies.ts'
import { naiveRegisters } from './naive.ts'

const estimate = (items: Iterable<string | number>, precision: number): number =>
  Math.round(cardinality(naiveRegisters(items, precision)))

describe('hyperLogLog', () => {
  test.each([1, 2, 3, 4])(
    '[D1] copies in any order come to one sketch of all (seed %i)',
    (seed) => {
      const copies = new Copies(hyperLogLog({ precision: 8 }), 3, seed)
      const added = new Set<number>()
      copies.run(1_500, (view) => {
        const item = prng.uint32(copies.random, 0, 700)
        view.add(item)
        added.add(item)
      })
      copies.settle()
      const all = estimate(added, 8)
      expect(copies.read()).toEqual([all, all, all])
    },
  )

  test('[D1] a copy that begins with all that is there reads the same', () => {
    const one = open(hyperLogLog({ precision: 10 }))
    const items = Array.from({ length: 1_000 }, (_, item) => `item ${item}`)
    for (const item of items) one.it.add(item)
    const other = open(hyperLogLog({ precision: 10 }))
    exchange(one.doc, other.doc)
    expect(other.it.value).toBe(estimate(items, 10))
    expect(one.it.value).toBe(other.it.value)
  })

  test('[D1] nothing is lost where additions are folded', () => {
    const { doc, it } = open(hyperLogLog({ precision: 16 }))
    const items: number[] = []
    const tokens: number[] = []
    for (let item = 0; item < 200; item++) {
      it.add(item)
      items.push(item)
      tokens.push(tokensIn(doc).length)
      expect(it.value).toBe(estimate(items, 16))
    }
    expect([tokens[62], tokens[63], tokens[64], tokens[65]]).toEqual([63, 64, 2, 3])
    expect(Math.max(...tokens)).toBe(65)
  })

  test('[D1] the registers in use are kept as they are, few or many', () => {
    for (const count of [0, 1, 100, 3_000, 40_000]) {
      const one = open(hyperLogLog())
      const items = Array.from({ length: count }, (_, item) => item)
      one.doc.transact(() => items.forEach((item) => one.it.add(item)))
      const other = open(hyperLogLog())
      exchange(one.doc, other.doc)
      expect(other.it.value).toBe(estimate(items, 12))
      const bases = tokensIn(one.doc).map((token) => token.at(-1))
      const sizes = bases.map((base) => (base instanceof Uint8Array ? base.length : 0))
      // Six bits for each register, or less than three bytes for each item.
      expect(Math.max(...sizes, 0)).toBeLessThanOrEqual(Math.min(3 * count, 3_073))
    }
  })

  test('[D1] of 64 bits the first name a register, and the zeros behind them the rank', () => {
    const registers = new Registers(16)
    expect(registers.riseOf([0x12348000, 0])).toEqual({ register: 0x1234, rank: 1 })
    expect(registers.riseOf([0x12340001, 0])).toEqual({ register: 0x1234, rank: 16 })
    expect(registers.riseOf([0x12340000, 0x80000000])).toEqual({ register: 0x1234, rank: 17 })
    expect(registers.riseOf([0xffff0000, 1])).toEqual({ register: 0xffff, rank: 48 })
    expect(registers.riseOf([0, 0])).toEqual({ register: 0, rank: 49 })
    expect(registers.readAddition([0, 49])).toEqual({ register: 0, rank: 49 })
  })

  test.each([4, 8, 12, 14])('[D1] the error is as stated (precision %i)', (precision) => {
    const errors: number[] = []
    const { error } = open(hyperLogLog({ precision })).it
    expect(error).toBeCloseTo(1.04 / Math.sqrt(2 ** precision), 12)
    for (let stream = 0; stream < 20; stream++) {
      for (const count of [30, 300, 3_000]) {
        const { doc, it } = open(hyperLogLog({ precision }))
        doc.transact(() => {
          for (let item = 0; item < count; item++) it.add(`${stream} ${item}`)
        })
        errors.push((it.value - count) / count)
      }
    }
    const squares = errors.map((each) => each ** 2)
    const deviation = Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / errors.length)
    // Ranks are whole, so that few registers show a little less than the asymptotic formula.
    expect(deviation).toBeLessThan(1.25 * error)
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(4.5 * error)
  })

  test('[D1] an item counts once, however it is written, and whoever adds it', () => {
    const [one, other] = [open(hyperLogLog()), open(hyperLogLog())]
    one.it.add({ a: 1, b: [0, 'x'] })
    exchange(one.doc, other.doc)
    other.it.add({ b: [-0, 'x'], a: 1 })
    expect([other.it.value, tokensIn(other.doc).length]).toEqual([1, 1])
    other.it.add('1')
    other.it.add(1)
    expect(other.it.value).toBe(3)
    expect(() => one.it.add(Number.NaN)).toThrow(expect.objectContaining({ code: 'not-json' }))
  })

  test('[D1] a listener hears of what raises the value, once a transaction', () => {
    const [one, other] = [open(hyperLogLog()), open(hyperLogLog())]
    let heard = 0
    other.it.subscribe(() => {
      heard += 1
    })
    one.doc.transact(() => {
      for (let item = 0; item < 10; item++) one.it.add(item)
    })
    exchange(one.doc, other.doc)
    expect([heard, other.it.value]).toEqual([1, 10])
    other.it.add(3)
    expect(heard).toBe(1)
    expect(other.it.value).toBe(10)
  })

  test('[D1] a removal of the key forgets what it saw, and a concurrent addition stays', () => {
    const [one, other] = [open(map(hyperLogLog())), open(map(hyperLogLog()))]
    for (let item = 0; item < 300; item++) one.it.get('page').add(item)
    exchange(one.doc, other.doc)
    one.it.delete('page')
    // Another copy had added it already, but that is taken away at this very moment.
    other.it.get('page').add(7)
    exchange(one.doc, other.doc)
    for (const { it } of [one, other]) {
      expect(it.get('page').value).toBe(1)
      expect(it.keys()).toEqual(['page'])
    }
    one.it.get('page').add(8)
    exchange(one.doc, other.doc)
    expect(other.it.get('page').value).toBe(2)
    other.it.delete('page')
    exchange(one.doc, other.doc)
    expect([one.it.has('page'), one.it.get('page').value]).toEqual([false, 0])
  })

  test('[D1] what a removal took away does not come back with a later folding', () => {
    const [one, other] = [open(map(hyperLogLog())), open(map(hyperLogLog()))]
    for (let item = 0; item < 100; item++) one.it.get('page').add(item)
    exchange(one.doc, other.doc)
    other.it.delete('page')
    exchange(one.doc, other.doc)
    const later = Array.from({ length: 150 }, (_, item) => 1_000 + item)
    for (const item of later) one.it.get('page').add(item)
    exchange(one.doc, other.doc)
    expect(one.it.get('page').value).toBe(estimate(later, 12))
    expect(other.it.get('page').value).toBe(estimate(later, 12))
  })

  test('[D2] 20,000 additions by three writers cost one sketch each', () => {
    const copies = new Copies(hyperLogLog(), 3, 7)
    for (let item = 0; item < 20_000; item++) {
      copies.any()[0].add(item)
      if (item % 500 === 0) copies.exchange()
    }
    copies.exchange()
    const [doc] = copies.docs
    if (doc === undefined) throw new Error('There are three copies.')
    expect(bytesIn(doc)).toBeGreaterThan(3_000)
    expect(bytesIn(doc)).toBeLessThan(3 * (3_073 + 65 * 40))
    expect(tokensIn(doc).length).toBeLessThanOrEqual(3 * 65)
  })

  test.each([3, 17, 4.5, Number.NaN, '12' as never])(
    'a precision of %s is refused',
    (precision) => {
      expect(() => hyperLogLog({ precision })).toThrow(
        expect.objectContaining({ code: 'bad-schema' }),
      )
    },
  )
})
