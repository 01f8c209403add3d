import {
  countMinSketch,
  hyperLogLog,
  quantiles,
  topK,
  type CountMinSketch,
  type HyperLogLog,
  type Quantiles,
  type TopK,
  type Type,
} from '@rejoin/crdt'
import * as prng from 'lib0/prng'
import { describe, expect, test } from 'vitest'
import type * as Y from 'yjs'

import { Copies, exchange, forge, LASTING, open, tokensIn } from './copies.ts'

type AnyView = HyperLogLog | CountMinSketch | Quantiles | TopK<unknown>

interface Case {
  readonly name: string
  readonly type: Type<AnyView, unknown>
  /** The same type with another parameter. */
  readonly otherwise: Type<AnyView, unknown>
  readonly code: string
  readonly parameters: readonly number[]
  /** Fields of additions that nobody could have meant. */
  readonly fields: readonly (readonly unknown[])[]
  /** Bytes of bases that nobody could have meant. */
  readonly bases: readonly (readonly number[])[]
}

const HUGE = 2 ** 53
const COUNTS = [0, -1, 1.5, Number.NaN, Infinity, HUGE, '1', null, undefined, [1], 2n ** 60n]
const LONG_VARUINT = Array(9).fill(0xff)

const CASES: readonly Case[] = [
  {
    name: 'hyperLogLog',
    type: hyperLogLog({ precision: 6 }),
    otherwise: hyperLogLog({ precision: 7 }),
    code: 'h',
    parameters: [6],
    fields: [
      [],
      [1],
      [64, 1],
      [-1, 1],
      [0.5, 1],
      ['1', 1],
      [1, 0],
      [1, 60],
      [1, -3],
      [1, Number.NaN],
      [1, '2'],
      [null, null],
    ],
    // No form, another form, a register too many, alone or behind another, a rank too high, too few and too many packed.
    bases: [
      [],
      [2],
      [0, 0x81, 0x20],
      [0, 5, 0xc1, 0x1f],
      [0, 60],
      [1, 0, 0],
      [1, ...Array(49).fill(1)],
      LONG_VARUINT,
    ],
  },
  {
    name: 'countMinSketch',
    type: countMinSketch({ epsilon: 0.5, delta: 0.3 }),
    otherwise: countMinSketch({ epsilon: 0.4, delta: 0.3 }),
    code: 's',
    parameters: [6, 2],
    fields: [
      [],
      [1],
      [1, 1],
      [1, 1, 1, 1],
      [6, 1, 1],
      [1, -1, 1],
      [1.5, 1, 1],
      ['1', 1, 1],
      ...COUNTS.map((count) => [1, 1, count]),
    ],
    // Rows that differ, cells too many, counts too high, cut short.
    bases: [[1], [1, 0, 5, 2], [0, 12, 1], Array(13).fill(1), LONG_VARUINT, [0]],
  },
  {
    name: 'quantiles',
    type: quantiles({ accuracy: 0.5 }),
    otherwise: quantiles({ accuracy: 0.25 }),
    code: 'q',
    parameters: [5_000],
    fields: [
      [],
      [1],
      [-1, 1],
      [77, 1],
      [1.5, 1],
      ['1', 1],
      [1, 1, 1],
      ...COUNTS.map((count) => [1, count]),
    ],
    bases: [
      [0, 77, 1],
      Array(78).fill(1),
      LONG_VARUINT,
      [0],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1],
    ],
  },
  {
    name: 'topK',
    type: topK<unknown>({ k: 2, capacity: 2 }),
    otherwise: topK<unknown>({ k: 2, capacity: 3 }),
    code: 'k',
    parameters: [2],
    fields: [
      [],
      ['x'],
      [undefined, 1],
      [Number.NaN, 1],
      ['x'.repeat(2_000), 1],
      ['x', 1, 1],
      ...COUNTS.map((count) => ['x', count]),
    ],
    // Cut short, a count of 0, more than the total, the same item twice, one too many, no JSON, JSON
    // that is not canonical, more missed than can be.
    bases: [
      [],
      [1],
      [1, 0, 1],
      [1, 0, 1, 0x31],
      [1, 0, 1, 0x31, 0],
      [1, 0, 1, 0x31, 2],
      [9, 0, 1, 0x31, 1, 1, 0x31, 1],
      [9, 0, 1, 0x31, 1, 1, 0x32, 1, 1, 0x33, 1],
      [9, 0, 1, 0x78, 1],
      [9, 0, 2, 0x20, 0x31, 1],
      [5, 2],
      LONG_VARUINT,
    ],
  },
]

const ITEMS = [1, 2, 3, 50, 700]

function filled({ type }: Case, items = ITEMS): { doc: Y.Doc; it: AnyView } {
  const opened = open(type)
  for (const item of items) opened.it.add(item)
  return opened
}

/** The bytes of a base that is no empty one. */
function genuineBase({ type }: Case): Uint8Array {
  const { doc, it } = open(type)
  for (let item = 1; item < 5_000; item++) {
    it.add(item)
    it.add(1)
    const bytes = tokensIn(doc).find((token) => token.at(-1) instanceof Uint8Array)
    if (bytes !== undefined) return bytes.at(-1) as Uint8Array
  }
  throw new Error('Nothing was ever folded.')
}

describe.each(CASES)('$name', (given) => {
  const { type, otherwise, code, parameters, fields, bases } = given
  const address = `${code}it`

  test('[D1] tokens that nobody could have meant are ignored', () => {
    const { doc, it } = filled(given)
    const { value } = it
    const [first] = tokensIn(filled(given, [31]).doc)
    const meant = first?.slice(3) ?? []
    const headers = [
      [],
      ['1', 9],
      [1, '9'],
      [-1, 9],
      [1, 0],
      [1, -9],
      [1, Number.NaN],
      [1, 1.5],
      [HUGE, 9],
    ]
    forge(
      doc,
      null,
      [],
      [address],
      ...headers.map((header) => [address, ...header, ...meant]),
      ...fields.map((each, index) => [address, 77, index + 1, ...parameters, ...each]),
      ...bases.map((each, index) => {
        return [address, 78, index + 1, ...parameters, Uint8Array.from(each)]
      }),
    )
    expect(it.value).toEqual(value)
    const fresh = open(type)
    exchange(doc, fresh.doc)
    expect(fresh.it.value).toEqual(value)
    // The very same headers before fields that can be meant do count.
    forge(doc, [address, 77, 1, ...meant], [address, 78, 1, ...meant])
    expect(it.value).not.toEqual(value)
  })

  test('[D1] tokens of other parameters are ignored, and read by whoever has these', () => {
    const { doc, it } = filled(given)
    const { value } = it
    const wide = open(otherwise, doc).it
    expect(wide.value).toEqual(open(otherwise).it.value)
    wide.add(9)
    expect(it.value).toEqual(value)
    const alone = open(otherwise)
    alone.it.add(9)
    expect(wide.value).toEqual(alone.it.value)
    it.add(9)
    expect(wide.value).toEqual(alone.it.value)
    for (let count = 0; count < 200; count++) wide.add(count)
    const again = filled(given)
    again.it.add(9)
    expect(it.value).toEqual(again.it.value)
  })

  test('[D1] any bytes are read without an error, and everywhere alike', () => {
    const random = prng.create(3)
    const [one, two] = [filled(given), open(type)]
    exchange(one.doc, two.doc)
    for (let round = 0; round < 200; round++) {
      const bytes = prng.uint8Array(random, prng.uint32(random, 0, 14))
      // Small ones make states oftener.
      const tame = round % 2 === 0 ? bytes : bytes.map((byte) => byte % 8)
      const at = prng.uint32(random, 1, 60)
      forge(one.doc, [address, prng.uint32(random, 1, 3), at, ...parameters, tame])
      if (round % 7 === 0) exchange(one.doc, two.doc)
      expect(one.it.value).toBeDefined()
      expect(two.it.value).toBeDefined()
    }
    exchange(one.doc, two.doc)
    const fresh = open(type)
    exchange(one.doc, fresh.doc)
    expect(two.it.value).toEqual(one.it.value)
    expect(fresh.it.value).toEqual(one.it.value)
  })

  test('[D1] a genuine base that was cut short anywhere throws nothing', () => {
    const bytes = genuineBase(given)
    const read = (length: number): unknown => {
      const { doc, it } = open(type)
      forge(doc, [address, 5, 1, ...parameters, bytes.slice(0, length)])
      return it.value
    }
    for (let length = 0; length < bytes.length; length++) expect(read(length)).toBeDefined()
    expect(read(bytes.length)).not.toEqual(open(type).it.value)
  })

  test('[D1] what is put twice, by whomever, counts once', () => {
    const { doc, it } = open(type)
    for (let item = 1; item <= 70; item++) it.add(item * 7)
    const { value } = it
    const other = open(type)
    exchange(doc, other.doc)
    expect(other.it.value).toEqual(value)
    forge(other.doc, ...tokensIn(doc))
    expect(other.it.value).toEqual(value)
    exchange(doc, other.doc)
    expect(it.value).toEqual(value)
    // And what is left when one of the two goes still does.
    doc.getArray(LASTING).delete(0, 3)
    exchange(doc, other.doc)
    expect(it.value).toEqual(value)
    expect(other.it.value).toEqual(value)
  })

  test('[D1] what a copy had added before its base is in the base', () => {
    const { doc, it } = open(type)
    const [addition = []] = tokensIn(filled(given, [31]).doc).map((token) => token.slice(3))
    forge(doc, [address, 5, 10, ...parameters, genuineBase(given)])
    const { value } = it
    forge(doc, [address, 5, 3, ...addition])
    expect(it.value).toEqual(value)
    const anew = open(type)
    exchange(doc, anew.doc)
    expect(anew.it.value).toEqual(value)
    doc.getArray(LASTING).delete(0, 1)
    expect(it.value).toEqual(filled(given, [31]).it.value)
  })

  test('[D1] of different tokens under one number the first by identity counts', () => {
    const [high, low] = [open(type), open(type)]
    high.doc.clientID = 9
    low.doc.clientID = 3
    const [addition = []] = tokensIn(filled(given, [31]).doc).map((token) => token.slice(3))
    forge(high.doc, [address, 5, 1, ...parameters, genuineBase(given)])
    forge(low.doc, [address, 5, 1, ...addition])
    expect(high.it.value).not.toEqual(low.it.value)
    const { value } = low.it
    exchange(high.doc, low.doc)
    expect([high.it.value, low.it.value]).toEqual([value, value])
  })

  test('[D1] different tokens under one number are read alike', () => {
    const copies = new Copies(type, 3, 21)
    const { random } = copies
    const additions = tokensIn(filled(given).doc).map((token) => token.slice(3))
    const base = [...parameters, genuineBase(given)]
    const said = [...additions, base, base]
    for (let round = 0; round < 300; round++) {
      const [view, copy] = copies.any()
      const doc = copies.docs[copy]
      if (doc === undefined) throw new Error('Every copy has a document.')
      const list = doc.getArray(LASTING)
      const [lineage, at] = [prng.uint32(random, 1, 2), prng.uint32(random, 1, 12)]
      forge(doc, [address, lineage, at, ...prng.oneOf(random, said)])
      if (round % 3 === 0) list.delete(prng.uint32(random, 0, list.length - 1), 1)
      expect(view.value).toBeDefined()
      copies.deliver()
    }
    copies.settle()
    const fresh = open(type)
    exchange(copies.docs[0] ?? fresh.doc, fresh.doc)
    for (const view of copies.views) expect(view.value).toEqual(fresh.it.value)
  })
})
