import type { ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { SWIM_LIMITS } from '../src/swim-limits.ts'
import { id } from './rig.ts'
import { SwimRig } from './swim-rig.ts'

const { timeoutMs, nackShare, relaysMax, periodMs } = SWIM_LIMITS

const [asker, target, stranger] = [id('a'), id('b'), id('c')] as const
const request = { type: 'ping-req', seq: 70, target } as const

test('a ping is answered, whoever it comes from', () => {
  const rig = new SwimRig('a')
  rig.takes(stranger, { type: 'ping', seq: 9 })
  expect(rig.sent('ack')).toEqual([{ to: stranger, message: { type: 'ack', seq: 9 } }])
})

test('a relay pings the target on its link, and passes on the answer of that one only', () => {
  const rig = new SwimRig('abc')
  rig.takes(asker, request)
  const { target: pinged, seq } = rig.pinged()
  expect(pinged).toBe(target)
  rig.takes(stranger, { type: 'ack', seq })
  rig.takes(target, { type: 'ack', seq: seq + 1 })
  expect(rig.sent('ack')).toEqual([])
  for (let times = 0; times < 2; times++) rig.takes(target, { type: 'ack', seq })
  expect(rig.sent('ack')).toEqual([{ to: asker, message: { type: 'ack', seq: 70 } }])
  rig.run(10 * periodMs)
  expect(rig.sent('nack')).toEqual([])
})

test('a relay without a link visits the target, and tells at once how that ended', () => {
  for (const isReached of [true, false]) {
    const rig = new SwimRig('a')
    rig.takes(asker, request)
    expect(rig.sent('ping')).toEqual([])
    const [visit] = rig.visits
    expect(visit?.target).toBe(target)
    for (let times = 0; times < 2; times++) rig.swim.visited(visit?.seq ?? 0, isReached)
    const [type, other] = isReached ? (['ack', 'nack'] as const) : (['nack', 'ack'] as const)
    expect(rig.sent(type)).toEqual([{ to: asker, message: { type, seq: 70 } }])
    expect(rig.sent(other)).toEqual([])
  }
})

test('a visit that fails after that was told is not told again', () => {
  const rig = new SwimRig('a')
  rig.takes(asker, request)
  rig.run(timeoutMs)
  expect(rig.sent('nack')).toHaveLength(1)
  rig.swim.visited(rig.visits[0]?.seq ?? 0, false)
  expect(rig.sent('nack')).toEqual([])
})

test('a relay says that it has no answer so early that its asker hears it in time', () => {
  for (const wayMs of [0, 150, 2_000]) {
    const rig = new SwimRig('ab')
    rig.roundTrips.record(asker, wayMs)
    rig.takes(asker, request)
    const nackMs = Math.max(timeoutMs / 5, timeoutMs * nackShare - wayMs)
    rig.run(nackMs - 1)
    expect(rig.sent('nack')).toEqual([])
    rig.run(1)
    expect(rig.sent('nack')).toEqual([{ to: asker, message: { type: 'nack', seq: 70 } }])
    // An asker that is patient is helped by an answer that comes even now.
    rig.takes(target, { type: 'ack', seq: rig.pinged().seq })
    expect(rig.sent('ack')).toHaveLength(1)
  }
})

test('a relay gives up in the end, and plain SWIM knows no nacks', () => {
  const rig = new SwimRig('ab', false)
  rig.takes(asker, request)
  const { seq } = rig.pinged()
  rig.run(timeoutMs * nackShare + periodMs)
  rig.takes(target, { type: 'ack', seq })
  expect(rig.sent('ack')).toEqual([])
  expect(rig.sent('nack')).toEqual([])
})

test('whoever is no neighbour is not served, and whoever asks for this replica has reached it', () => {
  const rig = new SwimRig('a')
  rig.takes(stranger, request)
  expect(rig.sent('ping')).toEqual([])
  expect(rig.visits).toEqual([])
  rig.takes(asker, { ...request, target: id('5') })
  expect(rig.sent('ack')).toHaveLength(1)
  expect(rig.visits).toEqual([])
})

test('an asker has one request at a time, and all together a bound; one more is refused', () => {
  const rig = new SwimRig('a')
  rig.takes(asker, request)
  for (let seq = 71; seq < 80; seq++) rig.takes(asker, { ...request, seq })
  expect(rig.visits).toHaveLength(1)
  expect(rig.sent('nack').map(({ message }) => message.seq)).toEqual([
    71, 72, 73, 74, 75, 76, 77, 78, 79,
  ])
  // Once it has been told that the first got no answer, the next takes its place.
  rig.run(timeoutMs)
  rig.takes(asker, { ...request, seq: 80 })
  expect(rig.visits).toHaveLength(2)
  // The timer of the first does not end the second, whose answer may take as long.
  rig.run(periodMs)
  rig.swim.visited(rig.visits[1]?.seq ?? 0, true)
  expect(rig.sent('ack').map(({ message }) => message.seq)).toEqual([80])

  const many = Array.from(
    { length: relaysMax + 1 },
    (_, at) => at.toString(16).padStart(16, '0') as ReplicaId,
  )
  const full = new SwimRig('')
  full.neighbours = many
  for (const from of full.neighbours) full.takes(from, request)
  expect(full.visits).toHaveLength(relaysMax)
  expect(full.sent('nack').map(({ to }) => to)).toEqual(many.slice(-1))
})
