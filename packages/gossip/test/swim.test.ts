import type { ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { SWIM_LIMITS } from '../src/swim-limits.ts'
import { id } from './rig.ts'
import { SwimRig } from './swim-rig.ts'

const { periodMs, timeoutMs, relayedMs, lateMsMax, detoursMax } = SWIM_LIMITS

const askedOf = (rig: SwimRig): ReplicaId[] => rig.sent('ping-req').map(({ to }) => to)

/** A rig whose probe has not been answered in time; whom it pinged, and whom it asked instead. */
function unanswered(letters = 'abcdef'): {
  rig: SwimRig
  target: ReplicaId
  seq: number
  relays: ReplicaId[]
} {
  const rig = new SwimRig(letters)
  rig.start()
  const { target, seq } = rig.pinged()
  rig.run(timeoutMs)
  return { rig, target, seq, relays: askedOf(rig) }
}

describe('probing', () => {
  test('one neighbour is pinged in each period, and whoever answers is left alone', () => {
    const rig = new SwimRig('abc')
    rig.start()
    const pinged: string[] = []
    for (let period = 0; period < 9; period++) {
      const { target, seq } = rig.pinged()
      pinged.push(target)
      rig.run(40)
      rig.takes(target, { type: 'ack', seq })
      rig.run(periodMs - 40)
    }
    expect(pinged.toSorted()).toEqual('aaabbbccc'.split('').map(id))
    expect(askedOf(rig)).toEqual([])
    expect(rig.verdicts).toEqual([])
    expect(rig.roundTrips.of(id('a'))).toBe(40)
  })

  test('after the timeout three others are asked, and then whoever no answer came from is accused', () => {
    const rig = new SwimRig('abcdef')
    rig.start()
    const { target, seq } = rig.pinged()
    rig.run(timeoutMs - 1)
    expect(rig.sent('ping-req')).toEqual([])
    rig.run(1)
    const requests = rig.sent('ping-req')
    expect(requests.map(({ message }) => message)).toEqual(
      Array.from({ length: 3 }, () => ({ type: 'ping-req', seq, target })),
    )
    expect(new Set([target, ...requests.map(({ to }) => to)]).size).toBe(4)
    rig.run(relayedMs - 1)
    expect(rig.verdicts).toEqual([])
    rig.run(1)
    expect(rig.verdicts).toEqual([`${target[0]} accused`])
    expect(rig.pinged().target).not.toBe(target)
  })

  test('an ack that is late, or comes by a relay, is as good', () => {
    for (const isRelayed of [false, true]) {
      const { rig, target, seq, relays } = unanswered()
      const from = isRelayed ? relays[0] : target
      rig.run(300)
      rig.takes(from as ReplicaId, { type: 'ack', seq })
      rig.run(relayedMs - 300)
      expect(rig.verdicts).toEqual([])
      expect(rig.roundTrips.of(target)).toBe(isRelayed ? undefined : timeoutMs + 300)
    }
  })

  test('an ack of another probe, or from one that was not asked, is none', () => {
    const { rig, target, seq, relays } = unanswered()
    const stranger = rig.neighbours.find((it) => it !== target && !relays.includes(it))
    rig.takes(stranger as ReplicaId, { type: 'ack', seq })
    rig.takes(target, { type: 'ack', seq: seq - 1 })
    rig.takes(target, { type: 'ack', seq: seq + 1 })
    rig.run(relayedMs)
    expect(rig.verdicts).toEqual([`${target[0]} accused`])
    // The next probe is not answered by what was meant for this one.
    rig.takes(target, { type: 'ack', seq })
    const next = rig.pinged().target
    rig.run((timeoutMs + relayedMs) * rig.health.factor)
    expect(rig.verdicts).toEqual([`${target[0]} accused`, `${next[0]} accused`])
  })

  test('who is no neighbour any more is not accused, and without neighbours nothing happens', () => {
    const { rig } = unanswered('ab')
    for (const neighbour of rig.neighbours) rig.roundTrips.record(neighbour, 50)
    rig.neighbours = []
    rig.run(10 * periodMs)
    expect(rig.verdicts).toEqual([])
    expect(rig.roundTrips.median()).toBeUndefined()
    expect(rig.sent('ping')).toEqual([])
    rig.neighbours = [id('c')]
    rig.run(periodMs)
    expect(rig.pinged().target).toBe(id('c'))
  })

  test('a frame shows that its sender lives, if it comes after the timeout', () => {
    for (const isInTime of [true, false]) {
      const rig = new SwimRig('ab')
      rig.start()
      const { target } = rig.pinged()
      rig.run(timeoutMs - 1)
      if (!isInTime) rig.swim.heardFrom(target)
      rig.run(1)
      if (isInTime) rig.swim.heardFrom(target)
      rig.swim.heardFrom(id(target === id('a') ? 'b' : 'a'))
      rig.run(relayedMs)
      expect(rig.verdicts).toEqual(isInTime ? [] : [`${target[0]} accused`])
    }
  })

  test('what is heard shows nothing of how well this replica is itself', () => {
    const { rig, target } = unanswered()
    rig.health.refuted()
    rig.swim.heardFrom(target)
    rig.run(2 * relayedMs)
    expect(rig.health.score).toBe(1)
  })

  /** One round, of two neighbours, in which each probe's answer comes by the other one, or not. */
  function round(rig: SwimRig, comes: 'relayed' | 'acked' | 'heard'): void {
    for (let turn = 0; turn < 2; turn++) {
      const { target, seq } = rig.pinged()
      const other = rig.neighbours.find((it) => it !== target) as ReplicaId
      rig.run(timeoutMs)
      if (comes === 'heard') rig.swim.heardFrom(target)
      else rig.takes(comes === 'acked' ? target : other, { type: 'ack', seq })
      rig.run(relayedMs)
    }
  }

  test('a link is half-open when others bring the answer so many times in a row', () => {
    for (const between of ['relayed', 'acked', 'heard', 'left'] as const) {
      const rig = new SwimRig('ab')
      rig.start()
      for (let times = 1; times < detoursMax; times++) round(rig, 'relayed')
      if (between === 'left') {
        rig.neighbours = []
        rig.run(timeoutMs + relayedMs)
        rig.neighbours = [id('a'), id('b')]
        rig.run(periodMs)
      } else round(rig, between)
      for (let times = 1; times < detoursMax; times++) round(rig, 'relayed')
      expect(rig.verdicts.toSorted()).toEqual(between === 'relayed' ? ['a broken', 'b broken'] : [])
    }
  })
})

describe('Lifeguard', () => {
  test('the period and both timeouts grow with the local health’s score, but not in plain SWIM', () => {
    for (const lifeguard of [true, false]) {
      const rig = new SwimRig('abcdef', lifeguard)
      for (let times = 0; times < 3; times++) rig.health.refuted()
      const factor = lifeguard ? 4 : 1
      rig.start()
      const { target } = rig.pinged()
      rig.run(factor * timeoutMs - 1)
      expect(askedOf(rig)).toEqual([])
      rig.run(1)
      expect(askedOf(rig)).toHaveLength(3)
      rig.run(factor * relayedMs - 1)
      expect(rig.verdicts).toEqual([])
      rig.run(1)
      expect(rig.verdicts).toEqual([`${target[0]} accused`])
    }
  })

  test('local health gets worse by the relays that say nothing, not by those that do', () => {
    for (const nacks of [0, 1, 2, 3]) {
      const { rig, seq, relays } = unanswered()
      for (const relay of relays.slice(0, nacks)) rig.takes(relay, { type: 'nack', seq })
      for (const relay of relays) rig.takes(relay, { type: 'nack', seq: seq + 1 })
      rig.run(relayedMs)
      expect(rig.health.score).toBe(3 - nacks)
    }
  })

  test('a probe that is judged late gets more time, once: its answer may wait in the queue', () => {
    const { rig, target, seq } = unanswered()
    rig.hold(relayedMs + lateMsMax + 1)
    expect(rig.verdicts).toEqual([])
    rig.takes(target, { type: 'ack', seq })
    rig.run(10 * relayedMs)
    expect(rig.verdicts).not.toContain(`${target[0]} accused`)

    const other = unanswered()
    for (let times = 0; times < 2; times++) other.rig.hold(100 * relayedMs)
    expect(other.rig.verdicts).toEqual([`${other.target[0]} accused`])
    expect(other.rig.health.score).toBe(SWIM_LIMITS.healthScores - 1)
  })

  test('plain SWIM accuses at once', () => {
    const rig = new SwimRig('abc', false)
    rig.start()
    rig.run(timeoutMs)
    rig.hold(100 * relayedMs)
    expect(rig.verdicts).toHaveLength(1)
  })
})
