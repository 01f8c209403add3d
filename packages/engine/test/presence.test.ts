import { ENGINE_LIMITS } from '@rejoin/engine'
import {
  decodePresence,
  decodeReplicaMessage,
  encodePresence,
  encodeReplicaMessage,
  LIMITS,
  type PresenceState,
  type ReplicaId,
} from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { helloOf } from './peers.ts'
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

/** A link to a replica that has greeted; its number, and a way to hear presence from it. */
function linked(rig: Rig, link: number, letter: string): (states: PresenceState[]) => void {
  const replica = letter.repeat(16) as ReplicaId
  const hello = encodeReplicaMessage(helloOf(replica))
  rig.step({ type: 'linked', link })
  rig.step({ type: 'frame', link, frame: hello })
  return (states) => {
    const update = encodePresence(states)
    const frame = encodeReplicaMessage({ type: 'presence', document, update })
    rig.step({ type: 'frame', link, frame })
  }
}

/** The presence that went out on links: for each frame what a peer makes of it. */
function toldPeers(rig: Rig): ReturnType<typeof decodePresence>[] {
  return rig.take('send').flatMap(({ frame }) => {
    const decoded = decodeReplicaMessage(frame)
    if (!decoded.ok) throw new Error(decoded.rejection.reason)
    return decoded.value.type === 'presence' ? [decodePresence(decoded.value.update)] : []
  })
}

function crowd(count: number): PresenceState[] {
  return Array.from({ length: count }, (_, client) => ({ client, clock: 1, state: '{}' }))
}

test('[X3] a new peer is told of a crowd in updates that it takes', () => {
  const rig = new Rig()
  const hears = linked(rig, 1, 'b')
  const states = crowd(LIMITS.presenceStatesMax + 1)
  hears(states.slice(1))
  hears(states.slice(0, 1))
  rig.take('send')
  linked(rig, 2, 'c')
  const told = toldPeers(rig)
  expect(told.map((each) => each.ok && each.value.length)).toEqual([LIMITS.presenceStatesMax, 1])
})

test('[X3] presence over the bound is not passed on, or it would go round for ever', () => {
  const rig = new Rig()
  const hears = linked(rig, 1, 'b')
  linked(rig, 2, 'c')
  const states = crowd(ENGINE_LIMITS.presencePerDocumentMax + 1)
  for (let at = 0; at < states.length; at += LIMITS.presenceStatesMax) {
    rig.take('send')
    hears(states.slice(at, at + LIMITS.presenceStatesMax))
  }
  expect(toldPeers(rig)).toEqual([])
})

test('[X2] a clock that could not be raised any more is ignored', () => {
  const rig = new Rig()
  linked(rig, 1, 'b')
  const forged = { client: 7, clock: Number.MAX_SAFE_INTEGER, state: '{}' }
  rig.open(1)
  announce(rig, 1, forged)
  rig.step({ type: 'detached', session: 1 })
  rig.open(2)
  announce(rig, 2, { ...forged, clock: 1 })
  expect(toldPeers(rig).map(({ ok }) => ok)).toEqual([true])
})

test('[X3] all presence together is bounded, and there is room again when some are gone', () => {
  const rig = new Rig()
  const state = JSON.stringify('x'.repeat(16_000))
  const sixteen = Array.from({ length: 16 }, (_, client) => ({ client, clock: 1, state }))
  const update = encodePresence(sixteen)
  const documents = Math.ceil(ENGINE_LIMITS.presenceLengthMax / (16 * state.length))
  rig.step({ type: 'attached', session: 1 })
  const announceIn = (name: string): void => {
    rig.step({ type: 'open', session: 1, document: name, stateVector: Uint8Array.of(0) })
    rig.step({ type: 'presence', session: 1, document: name, update })
  }
  for (let index = 0; index < documents + 10; index++) announceIn(`${index}`)
  const shown = new Set(rig.take('presence').map((effect) => effect.document))
  expect(shown.size).toBeLessThanOrEqual(documents)
  expect(shown.size).toBeGreaterThan(documents - 2)
  rig.step({ type: 'leave', session: 1, document: '0' })
  announceIn('one more')
  expect(rig.take('presence').map((effect) => effect.document)).toContain('one more')
})
