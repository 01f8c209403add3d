import { LIMITS, type Rejection } from '@rejoin/protocol'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import type { Pending } from '../src/index.ts'
import { startClient, startReplica, startSynced, text, type, until } from './scene.ts'

/** A socket whose buffer is full whenever the test says so. */
class FullSocket extends WebSocket {
  static isFull = false

  constructor(url: string, protocol: string) {
    super(url, protocol)
    const get = (): number => (FullSocket.isFull ? 2 ** 21 : 0)
    Object.defineProperty(this, 'bufferedAmount', { get })
  }
}

test('[X1] an edit is pending until the replica acknowledges it', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const notes = await startSynced(replica.url)
  const told: Pending[] = []
  notes.on('pending', (pending) => told.push(pending))
  await notes.settled('durable')
  type(notes.doc, 'a')
  type(notes.doc, 'b')
  let isSettled = false
  const settled = notes.settled('durable').then(() => (isSettled = true))
  await until(() => replica.edits().length === 2, 'the replica has both edits')
  expect(notes.pending.edits).toBe(2)
  expect(notes.pending.bytes).toBe(
    replica.edits().reduce((sum, { update }) => sum + update.byteLength, 0),
  )
  expect(isSettled).toBe(false)
  replica.release()
  await settled
  expect(notes.pending).toEqual({ edits: 0, bytes: 0 })
  expect(told.map(({ edits }) => edits)).toEqual([1, 2, 1, 0])
})

test('[X1] settled waits for what the doc held when it was opened', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const doc = new Y.Doc()
  type(doc, 'written long ago')
  const notes = startClient(replica.url).open('notes', { doc })
  let isSettled = false
  const settled = notes.settled('durable').then(() => (isSettled = true))
  await until(() => replica.edits().length === 1, 'the replica has the old content')
  expect([isSettled, notes.pending.edits]).toEqual([false, 1])
  replica.release()
  await settled
  expect(text(replica.doc('notes'))).toBe('written long ago')
})

test('[C3] a deadline that passes says unknown, and the edit goes on', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const notes = await startSynced(replica.url)
  type(notes.doc, 'a')
  const late = notes.settled('durable', { timeoutMs: 5 })
  await expect(late).rejects.toMatchObject({ code: 'timeout' })
  expect(notes.pending.edits).toBe(1)
  const settled = notes.settled('durable')
  await until(() => replica.edits().length === 1, 'the replica has the edit')
  replica.release()
  await settled
})

test('[C3] a level that a client cannot await is an error, not a weaker answer', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  // @ts-expect-error -- a caller without types
  await expect(notes.settled('everywhere')).rejects.toThrow(TypeError)
})

test('[X2] a refused edit is shown, is no longer pending, and fails who waits for it', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const rejection: Rejection = { code: 'bad-update', reason: 'Not that one.' }
  replica.refuse = ({ ref }) => (ref === 2 ? rejection : undefined)
  const notes = await startSynced(replica.url)
  const refused: Rejection[] = []
  notes.on('refused', (each) => refused.push(each))
  notes.doc.getText('one').insert(0, 'a')
  const first = notes.settled('durable')
  notes.doc.getText('two').insert(0, 'b')
  const second = notes.settled('durable')
  await expect(second).rejects.toMatchObject({ code: 'bad-update', message: 'Not that one.' })
  expect(refused).toEqual([rejection])
  expect(notes.pending.edits).toBe(1)
  replica.release()
  await first
  expect(notes.doc.getText('two').toJSON()).toBe('b')
  expect(replica.doc('notes').getText('two').toJSON()).toBe('')
})

test('[X2] a refused edit is offered again by the next connection', async () => {
  const replica = await startReplica()
  replica.refuse = () => ({ code: 'read-only', reason: 'The disk is full.' })
  const notes = await startSynced(replica.url)
  type(notes.doc, 'a')
  await expect(notes.settled('durable')).rejects.toMatchObject({ code: 'read-only' })
  replica.refuse = () => undefined
  replica.kill()
  await until(() => text(replica.doc('notes')) === 'a', 'the replica has the edit')
})

test('[X2] an opening that is refused is shown, and is tried again by the next connection', async () => {
  const replica = await startReplica()
  replica.holdOpened = true
  const client = startClient(replica.url)
  const notes = client.open('notes')
  const refused: Rejection[] = []
  notes.on('refused', (each) => refused.push(each))
  const settled = notes.settled('durable')
  await until(() => replica.received.length === 1, 'the opening has arrived')
  const rejection: Rejection = { code: 'too-many', reason: 'Too many documents.' }
  replica.say({ type: 'refused', document: 'notes', ref: 0, ...rejection })
  await expect(settled).rejects.toMatchObject({ code: 'too-many' })
  expect(refused).toEqual([rejection])
  replica.holdOpened = false
  replica.kill()
  await notes.whenSynced
})

test('[X3] an edit over the limit is refused here, and deleting it brings the rest across', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  const refused: Rejection[] = []
  notes.on('refused', (each) => refused.push(each))
  type(notes.doc, 'x'.repeat(LIMITS.updateBytesMax))
  expect(refused.map(({ code }) => code)).toEqual(['too-large'])
  expect(notes.pending.edits).toBe(0)
  expect(replica.edits()).toEqual([])
  notes.doc.getText('t').delete(0, LIMITS.updateBytesMax)
  type(notes.doc, 'small')
  await until(() => text(replica.doc('notes')) === 'small', 'the replica has what is left')
  expect(notes.doc.store.pendingStructs).toBeNull()
})

test('what the replica asks for is sent, and the same question twice is answered once', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  type(notes.doc, 'abc')
  await notes.settled('durable')
  const ask = { type: 'ask', document: 'notes', stateVector: new Uint8Array([0]) } as const
  replica.say(ask)
  replica.say(ask)
  await until(() => replica.edits().length === 2, 'the answer has come')
  type(notes.doc, 'd')
  await notes.settled('durable')
  const [, answer, last] = replica.edits()
  expect(replica.edits()).toHaveLength(3)
  expect(last?.ref).toBe(3)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, answer!.update)
  expect(text(copy)).toBe('abc')
})

test('[X3] edits over a full socket wait and go as one', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url, { WebSocket: FullSocket })
  FullSocket.isFull = true
  for (const letter of 'abcdef') type(notes.doc, letter)
  notes.doc.getText('t').delete(0, 2)
  FullSocket.isFull = false
  type(notes.doc, '!')
  expect(notes.pending.edits).toBe(8)
  await notes.settled('durable')
  expect(replica.edits()).toHaveLength(1)
  expect(text(replica.doc('notes'))).toBe('!dcba')
})

test('[X3] with 1,000 edits unanswered, further ones wait and go as one', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const notes = await startSynced(replica.url)
  for (let at = 0; at < 1_500; at++) type(notes.doc, 'x', at)
  await until(() => replica.edits().length === 1_000, 'a thousand edits have arrived')
  expect(notes.pending.edits).toBe(1_500)
  replica.holdAcks = false
  replica.release()
  await notes.settled('durable')
  expect(replica.edits()).toHaveLength(1_001)
  expect(text(replica.doc('notes'))).toHaveLength(1_500)
})

test('[X1] an answer to a document that was left settles nothing of the one opened after it', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const client = startClient(replica.url)
  const before = client.open('notes')
  await before.whenSynced
  type(before.doc, 'a')
  before.leave()
  const after = client.open('notes')
  await after.whenSynced
  type(after.doc, 'b')
  await until(() => replica.edits().length === 2, 'both edits have arrived')
  const [{ ref } = { ref: 0 }] = replica.edits()
  replica.say({ type: 'ack', document: 'notes', ref, replica: replica.id, seq: 1 })
  const probe = client.open('probe')
  await probe.whenSynced
  expect(after.pending.edits).toBe(1)
})
