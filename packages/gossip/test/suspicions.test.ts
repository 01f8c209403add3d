import type { ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { Chance } from '../src/chance.ts'
import { Suspicions, type SuspicionTimer } from '../src/suspicions.ts'
import { SWIM_LIMITS } from '../src/swim-limits.ts'
import { id } from './rig.ts'

const { lateMsMax, suspicionsMax } = SWIM_LIMITS

/** Suspicions in a test's hands, with a clock that brings each timer when it is due. */
class Court {
  readonly failed: { readonly member: ReplicaId; readonly incarnation: number; at: number }[] = []
  readonly suspicions: Suspicions
  now = 0
  #timers: { readonly timer: SuspicionTimer; readonly at: number }[] = []

  constructor(members: number, lifeguard = true) {
    this.suspicions = new Suspicions({
      members: () => members,
      failed: (member, incarnation, at) => this.failed.push({ member, incarnation, at }),
      schedule: (timer, delayMs) => this.#timers.push({ timer, at: this.now + delayMs }),
      lifeguard,
    })
  }

  accuse(by: string, incarnation = 0, member: ReplicaId = id('a')): boolean {
    return this.suspicions.suspected(member, incarnation, id(by), this.now)
  }

  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.now = Math.max(this.now, next.at)
      this.suspicions.timer(next.timer, this.now)
    }
    this.now = end
  }

  /** The process is held up, and all timers that are due come after it. */
  hold(ms: number): void {
    this.now += ms
    this.run(0)
  }
}

/** memberlist's formula, with its defaults, in seconds. */
function secondsTwin(members: number, confirmed: number): number {
  const min = 4 * Math.max(1, Math.log10(Math.max(1, members)))
  const max = 6 * min
  const needed = members - 2 < 2 ? 0 : 2
  if (needed === 0) return min
  return Math.max(min, max - (Math.log(confirmed + 1) / Math.log(needed + 1)) * (max - min))
}

describe('how long a suspicion lasts', () => {
  test('by its confirmations, and by the number of members', () => {
    const lasts = (members: number, by: string): number => {
      const court = new Court(members)
      for (const accuser of by) court.accuse(accuser)
      court.run(1_000_000)
      return court.failed[0]?.at ?? 0
    }
    expect([lasts(10, 'b'), lasts(10, 'bcd'), lasts(1_000, 'b'), lasts(1_000, 'bcdef')]).toEqual([
      24_000, 4_000, 72_000, 12_000,
    ])
    // Two members, or three, have nobody to wait for.
    expect([lasts(2, 'b'), lasts(3, 'b'), lasts(4, 'b')]).toEqual([4_000, 4_000, 24_000])
    expect(lasts(10, 'bc')).toBeCloseTo(1_000 * secondsTwin(10, 1), 6)
  })

  test('whenever the confirmations come, as a plain computation has it', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const chance = new Chance(seed)
      const members = 2 + Math.floor(chance.next() ** 3 * 2_000)
      const court = new Court(members)
      const accusers = new Set<string>()
      let failsAt = Infinity
      while (court.failed.length === 0) {
        const by = 'bcdef'[Math.floor(chance.next() * 5)] ?? 'b'
        const needed = members - 2 < 2 ? 0 : 2
        const isNews = accusers.size <= needed && !accusers.has(by)
        if (isNews) accusers.add(by)
        expect(court.accuse(by)).toBe(isNews)
        const lastsMs = 1_000 * secondsTwin(members, accusers.size - 1)
        if (isNews) failsAt = Math.max(court.now, lastsMs)
        court.run(chance.next() * 30_000)
      }
      expect(court.failed[0]?.at).toBeCloseTo(failsAt, 6)
    }
  })

  test('in plain SWIM as long as the least, whoever confirms it', () => {
    const court = new Court(100, false)
    expect([court.accuse('b'), court.accuse('c'), court.accuse('d')]).toEqual([true, false, false])
    court.run(7_999)
    expect(court.failed).toEqual([])
    court.hold(5_000)
    expect(court.failed).toEqual([{ member: id('a'), incarnation: 0, at: 12_999 }])
  })
})

describe('a suspicion ends', () => {
  test('when its member refutes it, in a later incarnation', () => {
    const court = new Court(10)
    court.accuse('b', 3)
    expect(court.suspicions.refuted(id('a'), 3)).toBe(false)
    expect(court.suspicions.of(id('a'))).toBe(3)
    expect(court.suspicions.refuted(id('a'), 4)).toBe(true)
    expect(court.suspicions.of(id('a'))).toBeUndefined()
    expect(court.suspicions.refuted(id('a'), 5)).toBe(false)
    court.run(1_000_000)
    expect(court.failed).toEqual([])
  })

  test('when it is no question any more, and a new one is not cut short by its timers', () => {
    const court = new Court(10)
    for (const by of 'bcd') court.accuse(by)
    court.suspicions.cleared(id('a'))
    court.accuse('b')
    court.run(23_999)
    expect(court.failed).toEqual([])
    court.run(1)
    expect(court.failed).toHaveLength(1)
    expect(court.suspicions.of(id('a'))).toBeUndefined()
  })

  test('and begins anew with one of a later incarnation, while an earlier one is no news', () => {
    const court = new Court(10)
    court.accuse('b', 1)
    expect(court.accuse('e', 0)).toBe(false)
    for (const by of 'cd') expect(court.accuse(by, 1)).toBe(true)
    court.run(3_999)
    expect(court.accuse('b', 2)).toBe(true)
    court.run(23_999)
    expect(court.failed).toEqual([])
    court.run(1)
    expect(court.failed).toMatchObject([{ incarnation: 2 }])
  })
})

test('a suspicion that ends late lasts a little longer, once: the refutation may wait in the queue', () => {
  for (const lateMs of [lateMsMax, lateMsMax + 1]) {
    const court = new Court(10)
    court.accuse('b')
    court.hold(24_000 + lateMs)
    const isProlonged = lateMs > lateMsMax
    expect(court.failed).toHaveLength(isProlonged ? 0 : 1)
    if (!isProlonged) continue
    // That is not cut short by confirmations, which waited in the queue too.
    for (const by of 'cd') expect(court.accuse(by)).toBe(true)
    court.run(3_999)
    expect(court.failed).toHaveLength(0)
    court.hold(60_000)
    expect(court.failed).toHaveLength(1)
  }
})

test('over the bound of suspicions a member is not suspected until there is room', () => {
  const court = new Court(10)
  const members = Array.from(
    { length: suspicionsMax + 1 },
    (_, at) => at.toString(16).padStart(16, '0') as ReplicaId,
  )
  expect(members.filter((member) => !court.accuse('b', 0, member))).toEqual(members.slice(-1))
  expect(court.accuse('c', 0, members[0])).toBe(true)
  court.suspicions.cleared(members[0] as ReplicaId)
  expect(court.accuse('c', 0, members.at(-1))).toBe(true)
})
