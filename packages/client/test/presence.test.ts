import { decodePresence, encodePresence, PRESENCE_GONE, type Rejection } from '@rejoin/protocol'
import { expect, test } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

import type { OpenDocument } from '../src/index.ts'
import { startClient, startPage, startReplica, startSynced, until } from './scene.ts'
import type { TwinReplica } from './twin-replica.ts'

function presenceFrames(replica: TwinReplica): number {
  return replica.received.filter((message) => message.type === 'presence').length
}

function sees(viewer: OpenDocument, other: OpenDocument, state: object | undefined): boolean {
  const seen = viewer.awareness.getStates().get(other.awareness.clientID)
  return JSON.stringify(seen) === JSON.stringify(state)
}

test('one cursor move is one frame to the replica, however many clients there are', async () => {
  const replica = await startReplica()
  const documents = await Promise.all(Array.from({ length: 12 }, () => startSynced(replica.url)))
  const [mover] = documents as [OpenDocument, ...OpenDocument[]]
  const everybodySees = (state: object): boolean =>
    documents.every((each) =>
      documents.every((other) => sees(each, other, other === mover ? state : {})),
    )
  await until(() => everybodySees({}), 'everybody is there')
  const before = presenceFrames(replica)
  mover.awareness.setLocalState({ cursor: 7 })
  await until(() => everybodySees({ cursor: 7 }), 'everybody has seen the move')
  // What a client echoed would have gone out before this edit of its own.
  for (const { doc } of documents) doc.getMap('m').set('a', 1)
  await Promise.all(documents.map((document) => document.settled('durable')))
  expect(presenceFrames(replica) - before).toBe(1)
})

test('without a connection the others are gone, and after it they are back', async () => {
  const replica = await startReplica()
  const a = await startSynced(replica.url)
  const b = await startSynced(replica.url)
  b.awareness.setLocalState({ name: 'b' })
  await until(() => sees(a, b, { name: 'b' }) && sees(b, a, {}), 'both are there')
  const { clock } = b.awareness.meta.get(b.awareness.clientID)!
  let gone = 0
  a.awareness.on('change', ({ removed }: { removed: number[] }) => (gone += removed.length))
  replica.kill(1)
  await until(() => gone === 1, 'b is gone for a')
  await until(() => sees(a, b, { name: 'b' }), 'b is back, by the clock that a knew')
  await until(() => sees(b, a, {}), 'a is back')
  expect(b.awareness.meta.get(b.awareness.clientID)?.clock).toBe(clock)
})

test('leaving says goodbye, and a given awareness keeps its own state', async () => {
  const replica = await startReplica()
  const viewer = await startSynced(replica.url)
  const doc = new Y.Doc()
  const awareness = new Awareness(doc)
  const notes = startClient(replica.url).open('notes', { doc, awareness })
  awareness.setLocalState({ name: 'a' })
  await until(() => sees(viewer, notes, { name: 'a' }), 'a is seen')
  notes.leave()
  await until(() => sees(viewer, notes, undefined), 'a is gone')
  expect(replica.sockets).toBe(2)
  expect(awareness.getLocalState()).toEqual({ name: 'a' })
  expect([...awareness.getStates().keys()]).toEqual([awareness.clientID])
  awareness.destroy()
})

test('closing the client says goodbye before the socket ends', async () => {
  const replica = await startReplica()
  const viewer = await startSynced(replica.url)
  const client = startClient(replica.url)
  const notes = client.open('notes')
  await until(() => sees(viewer, notes, {}), 'seen')
  client.close()
  await until(() => replica.received.at(-1)?.type === 'leave', 'left')
  const goodbye = replica.received.at(-2)
  const said = goodbye?.type === 'presence' ? decodePresence(goodbye.update) : undefined
  expect(said).toMatchObject({ value: [{ state: PRESENCE_GONE }] })
  await until(() => sees(viewer, notes, undefined), 'gone')
})

test('in a browser, a page that hides says goodbye', async () => {
  const page = startPage()
  const replica = await startReplica()
  const viewer = await startSynced(replica.url)
  const client = startClient(replica.url)
  const notes = client.open('notes')
  await until(() => sees(viewer, notes, {}), 'seen')
  page.dispatchEvent(new Event('pagehide'))
  await until(() => sees(viewer, notes, undefined), 'gone')
  expect(notes.awareness.getLocalState()).toEqual({})
  notes.awareness.setLocalState({ name: 'back from the cache' })
  await until(() => sees(viewer, notes, { name: 'back from the cache' }), 'seen again')
})

test('nobody else sets or ends the own state', async () => {
  const replica = await startReplica()
  const a = await startSynced(replica.url)
  const b = await startSynced(replica.url)
  a.awareness.setLocalState({ name: 'a' })
  await until(() => sees(b, a, { name: 'a' }), 'b sees a')
  const client = a.awareness.clientID
  const clock = a.awareness.meta.get(client)!.clock
  const forged = [
    { client, clock: Number.MAX_SAFE_INTEGER, state: '{"name":"forged"}' },
    { client, clock: Number.MAX_SAFE_INTEGER, state: PRESENCE_GONE },
    { client, clock: clock + 1, state: PRESENCE_GONE },
  ]
  const others = await startSynced(replica.url)
  for (const state of forged) {
    replica.say({ type: 'presence', document: 'notes', update: encodePresence([state]) })
  }
  await until(() => a.awareness.meta.get(client)!.clock === clock + 2, 'a said that it is here')
  expect(a.awareness.getLocalState()).toEqual({ name: 'a' })
  others.leave()
})

test('[X2] a state over the limit is refused here and not sent', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  const refused: Rejection[] = []
  notes.on('refused', (rejection) => refused.push(rejection))
  await until(() => presenceFrames(replica) === 1, 'the first state has arrived')
  notes.awareness.setLocalState({ picture: 'x'.repeat(20_000) })
  expect(refused.map(({ code }) => code)).toEqual(['too-large'])
  notes.doc.getMap('m').set('a', 1)
  await notes.settled('durable')
  expect(presenceFrames(replica)).toBe(1)
})
