import type { ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import {
  fingerprintOf,
  isSame,
  minus,
  NO_ITEMS,
  plus,
  type Fingerprint,
} from '../src/fingerprint.ts'
import { keyOf } from './conversation.ts'

/** As two numbers of a record: few bits of them ever change. */
function content(a: number, b = 0): Uint8Array {
  return new Uint8Array(Uint32Array.of(a, b).buffer)
}

/** How many of these fingerprints repeat another: as a whole, and in either half. */
function collisions(fingerprints: readonly Fingerprint[]): number[] {
  const repeated = (values: unknown[]): number => values.length - new Set(values).size
  const wholes = fingerprints.map(({ left, right }) => `${left} ${right}`)
  const halves = [fingerprints.map(({ left }) => left), fingerprints.map(({ right }) => right)]
  return [wholes, ...halves].map(repeated)
}

/** 200,000 drawn by chance meet in one half of 32 bits 4.7 times on average. */
function checkLikeChance(fingerprints: readonly Fingerprint[]): void {
  const [both, ...halves] = collisions(fingerprints)
  expect(both).toBe(0)
  for (const half of halves) expect(half).toBeLessThan(16)
}

const MANY = Array.from({ length: 200_000 }, (_, index) => index)

test('items with keys in a row, contents in a row, or both, have fingerprints as if by chance', () => {
  checkLikeChance(MANY.map((each) => fingerprintOf(keyOf(each), content(1))))
  checkLikeChance(MANY.map((each) => fingerprintOf(keyOf(7), content(each))))
  checkLikeChance(MANY.map((each) => fingerprintOf(keyOf(7), content(each >>> 9, each & 511))))
  checkLikeChance(MANY.map((each) => fingerprintOf(keyOf(each >>> 9), content(each & 511))))
})

test('contents of zeros are told apart by their length', () => {
  checkLikeChance(MANY.slice(0, 2_000).map((each) => fingerprintOf(keyOf(7), new Uint8Array(each))))
})

test('each bit of a key or a content changes about half of the bits', () => {
  const bits = (word: number): number => word.toString(2).replaceAll('0', '').length
  const changed = (a: Fingerprint, b: Fingerprint): number =>
    bits((a.left ^ b.left) >>> 0) + bits((a.right ^ b.right) >>> 0)
  for (let bit = 0; bit < 64; bit++) {
    const [low, high] = bit < 32 ? [1 << bit, 0] : [0, 1 << (bit - 32)]
    let [byKey, byContent] = [0, 0]
    for (let each = 0; each < 500; each++) {
      const before = fingerprintOf(keyOf(each), content(each))
      byKey += changed(before, fingerprintOf(keyOf(each ^ low, high), content(each)))
      byContent += changed(before, fingerprintOf(keyOf(each), content(each ^ low, high)))
    }
    // Of 500 × 64 bits, with a standard deviation of 0.0028.
    expect(Math.abs(byKey / 32_000 - 0.5)).toBeLessThan(0.015)
    expect(Math.abs(byContent / 32_000 - 0.5)).toBeLessThan(0.015)
  }
})

test('sets that differ have sums that differ', () => {
  const each = MANY.slice(0, 630).map((index) => fingerprintOf(keyOf(index), content(index % 3)))
  const pairs = each.flatMap((a, at) => each.slice(at + 1).map((b) => plus(a, b)))
  checkLikeChance(pairs)
  const swapped = (a: number, b: number): Fingerprint =>
    plus(fingerprintOf(keyOf(1), content(a)), fingerprintOf(keyOf(2), content(b)))
  expect(isSame(swapped(5, 6), swapped(6, 5))).toBe(false)
})

test('a sum forgets nothing, and what is taken out leaves what was there', () => {
  const [a, b] = [fingerprintOf(keyOf(1), content(1)), fingerprintOf(keyOf(2), content(1))]
  expect(minus(plus(plus(NO_ITEMS, a), b), b)).toEqual(a)
  expect(isSame(plus(a, a), NO_ITEMS)).toBe(false)
  expect(plus({ left: 0xffffffff, right: 1 }, { left: 2, right: 2 })).toEqual({ left: 1, right: 3 })
  expect(minus({ left: 1, right: 3 }, { left: 2, right: 2 })).toEqual({
    left: 0xffffffff,
    right: 1,
  })
})

test('an item has the same fingerprint in every version of the protocol', () => {
  const key = '0123456789abcdef' as ReplicaId
  expect(fingerprintOf(key, Uint8Array.of(1, 2, 3, 4, 5))).toEqual({
    left: 365_796_102,
    right: 4_010_767_384,
  })
})
