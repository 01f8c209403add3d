import { ENGINE_LIMITS } from '@rejoin/engine'
import { decodePresence, encodePresence, type PresenceState } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { Rig } from './rig.ts'

const document = 'notes'

function announce(rig: Rig, session: number, ...states: PresenceState[]): void {
  rig.step({ type: 'presence', session, document, update: encodePresence(states) })
}

/** Who hears what, session by session. */
function heard(rig: Rig): Record<number, PresenceState[]> {
  const result: Record<number, PresenceState[]> = {}
  for (const { sessions, update } of rig.take('presence')) {
    const decoded = decodePresence(update)
    if (!decoded.ok) throw new Error(decoded.rejection.reason)
    for (const session of sessions) result[session] = [...(result[session] ?? []), ...decoded.value]
  }
  return result
}

test('[X4] presence reaches everybody, its sender too, and only when it is news', () => {
  const rig = new Rig()
  for (const session of [1, 2, 3]) rig.open(session)
  const ann = { client: 7, clock: 1, state: '{"name":"ann"}' }
  announce(rig, 1, ann)
  expect(heard(rig)).toEqual({ 1: [ann], 2: [ann], 3: [ann] })
  // Old clients send everybody's state back; that goes nowhere.
  announce(rig, 2, ann)
  announce(rig, 3, ann)
  expect(heard(rig)).toEqual({})
  rig.open(4)
  expect(heard(rig)).toEqual({ 4: [ann] })
})

test('[X4] who disconnects is gone, and who comes back with an old clock is seen at once', () => {
  const rig = new Rig()
  for (const session of [1, 2]) rig.open(session)
  const ann = { client: 7, clock: 5, state: '{"name":"ann"}' }
  announce(rig, 1, ann)
  heard(rig)
  rig.step({ type: 'detached', session: 1 })
  expect(heard(rig)).toEqual({ 2: [{ client: 7, clock: 5, state: 'null' }] })
  rig.open(3)
  announce(rig, 3, ann)
  // To others the clock is raised, since they would pass over an old one; to her it is as it was.
  expect(heard(rig)).toEqual({ 2: [{ ...ann, clock: 6 }], 3: [ann] })
  announce(rig, 3, { ...ann, clock: 6 })
  expect(heard(rig)[2]).toEqual([{ ...ann, clock: 7 }])
})

test('[X3] presence is bounded, and ends when it is not renewed', () => {
  const rig = new Rig()
  for (const session of [1, 2]) rig.open(session)
  const many = Array.from({ length: 100 }, (_, client) => ({ client, clock: 1, state: '{}' }))
  announce(rig, 1, ...many)
  expect(heard(rig)[2]).toHaveLength(ENGINE_LIMITS.presencePerSessionMax)
  rig.now = ENGINE_LIMITS.presenceMs
  rig.step({ type: 'timer', timer: { kind: 'presence' } })
  const gone = heard(rig)[2] ?? []
  expect(gone.map(({ state }) => state)).toEqual(Array.from(gone, () => 'null'))
  expect(gone).toHaveLength(ENGINE_LIMITS.presencePerSessionMax)
})

test('[X2] presence that is no presence is refused', () => {
  const rig = new Rig()
  rig.open(1)
  rig.step({ type: 'presence', session: 1, document, update: Uint8Array.of(5, 1) })
  expect(rig.take('refused')).toMatchObject([{ ref: 0, rejection: { code: 'malformed' } }])
})
