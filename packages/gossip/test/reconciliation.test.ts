import type { ReplicaId } from '@rejoin/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { Chance } from '../src/chance.ts'
import { RANGE_LIMITS } from '../src/key-ranges.ts'
import { converse, Copy, differences, keyOf, type Heard } from './conversation.ts'

type Entry = [ReplicaId, number]
type Pair = readonly [Copy, Copy]

/** `count` records under keys that chance draws, in order. */
function drawn(count: number, seed: number): Entry[] {
  const chance = new Chance(seed)
  const step = 0x100000000 / count
  return Array.from({ length: count }, (_, at) => {
    const high = Math.floor((at + chance.next()) * step)
    return [keyOf(Math.floor(chance.next() * 0x100000000), high), at % 1_000]
  })
}

/** Two copies of `count` records, of which one of the two has changed `changed`. */
function changedIn(count: number, changed: number): Pair {
  const records = drawn(count, 1)
  const one = Copy.of(records)
  const other = new Copy(one)
  const every = count / changed
  for (let at = Math.floor(every / 2); at < count; at += every) {
    const [key, record] = records[at] as Entry
    other.set(key, record + 1)
  }
  return [one, other]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Every difference is known to one of the ends, and nothing else is. */
function checkFound([one, other]: Pair, heard: Heard): void {
  expect(heard.there).toEqual(differences(one, other))
  expect(heard.back).toEqual(differences(other, one))
}

describe('two replicas find out in what they differ', () => {
  test('whatever either holds, at any limit for a message', () => {
    // Keys close together, at both ends of all keys, and all over; few of them, or hundreds.
    const key = fc.oneof(
      fc.nat(300).map((low) => keyOf(low)),
      fc.nat(300).map((low) => keyOf(0xffffffff - low, 0xffffffff)),
      fc.tuple(fc.nat(), fc.nat()).map(([low, high]) => keyOf(low, high * 2)),
    )
    const record = fc.tuple(key, fc.nat(3))
    const records = fc.oneof(
      fc.array(record, { maxLength: 40 }),
      fc.array(record, { minLength: 200, maxLength: 900 }),
    )
    const bytesMax = fc.constantFrom(2_048, 4_000, RANGE_LIMITS.messageBytesMax)
    fc.assert(
      fc.property(records, records, records, bytesMax, (both, one, other, max) => {
        const pair: Pair = [Copy.of([...both, ...one]), Copy.of([...both, ...other])]
        const heard = converse(pair, { bytesMax: max })
        checkFound(pair, heard)
        expect(Math.max(...heard.bytes)).toBeLessThanOrEqual(max)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test.each([0, 1, 30, 1_000])(
    'equal sets of %i are known to be equal after one message',
    (count) => {
      const pair: Pair = [Copy.of(drawn(count, 1)), Copy.of(drawn(count, 1))]
      const heard = converse(pair)
      checkFound(pair, heard)
      expect(heard.bytes).toHaveLength(1)
      expect(sum(heard.bytes)).toBeLessThanOrEqual(22)
    },
  )

  test.each([1, 20, 33, 5_000])('sets of %i without a common key', (count) => {
    const pair: Pair = [Copy.of(drawn(count, 1)), Copy.of(drawn(count, 2))]
    checkFound(pair, converse(pair))
  })

  test.each([1, 1_000, 150_000])(
    '%i against none are all to be sent, and none is listed',
    (count) => {
      const [full, empty] = [Copy.of(drawn(count, 1)), new Copy()]
      for (const pair of [[full, empty] as const, [empty, full] as const]) {
        const heard = converse(pair)
        checkFound(pair, heard)
        expect(heard.bytes.length).toBeLessThanOrEqual(2)
        expect(sum(heard.bytes)).toBeLessThanOrEqual(50)
      }
    },
  )

  test('many against few: it is the few that are listed', () => {
    const [many, few] = [Copy.of(drawn(20_000, 1)), Copy.of(drawn(10, 2))]
    for (const pair of [[many, few] as const, [few, many] as const]) {
      const heard = converse(pair)
      checkFound(pair, heard)
      expect(sum(heard.bytes)).toBeLessThan(250)
    }
  })

  test.each([
    [2_048, 500],
    [10_000, 100],
    [60_000, 20],
  ])('20,000 changes, in messages of at most %i bytes, no more than %i', (bytesMax, messages) => {
    const pair = changedIn(20_000, 20_000)
    const heard = converse(pair, { bytesMax })
    checkFound(pair, heard)
    expect(heard.bytes.length).toBeLessThanOrEqual(messages)
    expect(Math.max(...heard.bytes)).toBeLessThanOrEqual(bytesMax)
  })
})

describe('the price of a difference grows with its size, not with that of the sets', () => {
  // What negentropy takes for one of a million is 3 round trips and 1,500 bytes.
  test.each([
    [1, 1, 1, 50],
    [1_000, 1, 2, 700],
    [100_000, 1, 3, 1_400],
    [1_000_000, 1, 3, 1_600],
    [100_000, 100, 3, 80_000],
    [100_000, 100_000, 25, 2_300_000],
  ])('of %i records %i changed: %i round trips, %i bytes', (count, changed, trips, bytes) => {
    const pair = changedIn(count, changed)
    const heard = converse(pair)
    checkFound(pair, heard)
    expect(heard.there.size).toBe(changed)
    expect(heard.bytes.length).toBeLessThanOrEqual(2 * trips)
    expect(sum(heard.bytes)).toBeLessThanOrEqual(bytes)
  })

  test('it is the same for a record that one of the ends lacks', () => {
    const records = drawn(100_000, 1)
    const full = Copy.of(records)
    const other = new Copy(full)
    other.delete((records[70_000] as Entry)[0])
    for (const pair of [[full, other] as const, [other, full] as const]) {
      const heard = converse(pair)
      checkFound(pair, heard)
      expect(heard.bytes.length).toBeLessThanOrEqual(6)
      expect(sum(heard.bytes)).toBeLessThanOrEqual(1_400)
    }
  })
})

test('replicas that change while they talk are equal once they have talked on', () => {
  const records = drawn(2_000, 1)
  const bytesMax = fc.constantFrom(2_048, RANGE_LIMITS.messageBytesMax)
  const whileTheyChange = ([one, other]: Pair, chance: Chance, { there, back }: Heard): void => {
    for (let each = 0; each < 20; each++) {
      const [key] = records[Math.floor(chance.next() * records.length)] as Entry
      const copy = chance.next() < 0.5 ? one : other
      if (chance.next() < 0.3) copy.delete(key)
      else copy.set(key, Math.floor(chance.next() * 100_000))
    }
    other.take(one, there)
    one.take(other, back)
  }
  fc.assert(
    fc.property(fc.nat(), bytesMax, (seed, max) => {
      const chance = new Chance(seed)
      const pair: Pair = [Copy.of(records), Copy.of(records.slice(0, 1_500))]
      const meanwhile = (heard: Heard): void => whileTheyChange(pair, chance, heard)
      for (let talk = 0; talk < 3; talk++) converse(pair, { bytesMax: max, meanwhile })
      const heard = converse(pair, { bytesMax: max })
      checkFound(pair, heard)
      pair[1].take(pair[0], heard.there)
      pair[0].take(pair[1], heard.back)
      expect(converse(pair).bytes).toHaveLength(1)
      expect(pair[0].records).toEqual(pair[1].records)
    }),
    { seed: 1, numRuns: 20 },
  )
})
