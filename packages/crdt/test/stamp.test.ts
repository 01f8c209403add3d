import { expect, test } from 'vitest'

import { nextStamp } from '../src/stamp.ts'

const NOON_MS = 1_700_000_000_000
const TICKS_PER_MS = 2_048
const FIVE_MINUTES_MS = 300_000

test('[D1] a stamp is of its time, and after those that were seen', () => {
  const first = nextStamp(0, NOON_MS)
  expect(first).toBe(NOON_MS * TICKS_PER_MS)
  expect(nextStamp(first, NOON_MS)).toBe(first + 1)
  expect(nextStamp(first, NOON_MS - 5)).toBe(first + 1)
  expect(nextStamp(first, NOON_MS + 1)).toBe(first + TICKS_PER_MS)
})

test('[D1] a clock that runs wild takes nobody along by more than five minutes', () => {
  const wild = nextStamp(0, NOON_MS * 2)
  const next = nextStamp(wild, NOON_MS)
  expect(next).toBe((NOON_MS + FIVE_MINUTES_MS) * TICKS_PER_MS)
})

test('[D1] stamps without a clock count, and stay exact integers', () => {
  expect(nextStamp(41, 0)).toBe(42)
  expect(nextStamp(Number.MAX_SAFE_INTEGER, 0)).toBe(Number.MAX_SAFE_INTEGER)
  expect(Number.isSafeInteger(nextStamp(0, Date.UTC(2109, 0)) + TICKS_PER_MS)).toBe(true)
})
