import { RejoinError, CLOSE_CODES } from '@rejoin/protocol'
import { expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import * as Y from 'yjs'

import { connect, type Status } from '../src/index.ts'
import {
  equalDocs,
  startClient,
  startPage,
  startReplica,
  startSynced,
  text,
  type,
  until,
} from './scene.ts'

test('[L5] two clients of a replica become equal', async () => {
  const replica = await startReplica()
  const a = await startSynced(replica.url)
  const b = await startSynced(replica.url)
  type(a.doc, 'left ')
  type(b.doc, 'right ')
  a.doc.getText('t').delete(0, 2)
  await Promise.all([a.settled('durable'), b.settled('durable')])
  await until(() => equalDocs(a.doc, b.doc), 'both docs are equal')
  expect(equalDocs(a.doc, replica.doc('notes'))).toBe(true)
  expect(text(a.doc)).toContain('right')
})

test('many documents share one socket', async () => {
  const replica = await startReplica()
  const client = startClient(replica.url)
  const documents = Array.from({ length: 50 }, (_, at) => client.open(`document ${at}`))
  for (const { name, doc } of documents) type(doc, name)
  await Promise.all(documents.map((document) => document.settled('durable')))
  expect(replica.sockets).toBe(1)
  for (const { name } of documents) expect(text(replica.doc(name))).toBe(name)
})

test('status tells of the connection, and replica of who is at its other end', async () => {
  const replica = await startReplica()
  const client = startClient(replica.url)
  const told: Status[] = []
  client.on('status', (status) => told.push(status))
  expect(client.status).toBe('connecting')
  expect(client.replica).toBeUndefined()
  await until(() => client.status === 'connected', 'connected')
  expect(client.replica).toBe(replica.id)
  replica.kill()
  await until(() => told.length === 5, 'connected again')
  client.close()
  expect(told).toEqual([
    'connecting',
    'connected',
    'disconnected',
    'connecting',
    'connected',
    'closed',
  ])
  expect(client.replica).toBeUndefined()
})

test('a name that is open gives the same document, and another doc for it is a mistake', async () => {
  const replica = await startReplica()
  const client = startClient(replica.url)
  const notes = client.open('notes')
  expect(client.open('notes', { doc: notes.doc })).toBe(notes)
  expect(() => client.open('notes', { doc: new Y.Doc() })).toThrow(TypeError)
  notes.leave()
  expect(client.open('notes')).not.toBe(notes)
})

test('a bad name and a closed client are refused with a code', async () => {
  const replica = await startReplica()
  const client = startClient(replica.url)
  expect(() => client.open('')).toThrow(expect.objectContaining({ code: 'bad-name' }))
  client.close()
  expect(() => client.open('notes')).toThrow(expect.objectContaining({ code: 'closed' }))
})

test('a document that was left neither sends nor receives', async () => {
  const replica = await startReplica()
  const other = await startSynced(replica.url)
  const client = startClient(replica.url)
  const notes = client.open('notes')
  await notes.whenSynced
  notes.leave()
  type(notes.doc, 'unheard ')
  await expect(notes.settled('durable')).rejects.toMatchObject({ code: 'closed' })
  const again = client.open('notes')
  type(other.doc, 'heard')
  await until(() => text(again.doc) === 'heard', 'the document opened again is in step')
  expect(text(notes.doc)).toBe('unheard ')
})

test('leaving ends what waits for the document', async () => {
  const notes = startClient('ws://127.0.0.1:1').open('notes')
  type(notes.doc, 'a')
  const waiting = [notes.whenSynced, notes.settled('durable')]
  notes.leave()
  for (const promise of waiting) await expect(promise).rejects.toMatchObject({ code: 'closed' })
  await expect(notes.whenSynced).rejects.toBeInstanceOf(RejoinError)
})

test('destroying the doc leaves the document', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  notes.doc.destroy()
  await until(() => replica.received.at(-1)?.type === 'leave', 'the replica hears of it')
  await expect(notes.settled('durable')).rejects.toMatchObject({ code: 'closed' })
})

test('close ends the socket and every timer', async () => {
  const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const
  vi.useFakeTimers({ toFake: [...toFake] })
  try {
    const replica = await startReplica()
    replica.holdAcks = true
    const client = startClient(replica.url)
    const notes = client.open('notes')
    await notes.whenSynced
    type(notes.doc, 'a')
    const settled = notes.settled('durable')
    // The wait for settled, the watch on the replica's silence, and the awareness's.
    expect(vi.getTimerCount()).toBe(3)
    client.close()
    await expect(settled).rejects.toMatchObject({ code: 'closed' })
    await until(() => replica.sockets === 0 && vi.getTimerCount() === 0, 'no timer is left')
    expect(client.status).toBe('closed')
  } finally {
    vi.useRealTimers()
  }
})

test('a replica that speaks another protocol, and a wrong URL, are shown and tried slowly', async () => {
  const replica = await startReplica()
  const client = startClient(replica.url)
  let reason: string | undefined
  client.on('status', (_status, why) => (reason = why))
  await until(() => client.status === 'connected', 'connected')
  replica.closeSockets(CLOSE_CODES['wrong-protocol'], 'Use a newer client.')
  await until(() => client.status === 'disconnected', 'disconnected')
  expect(reason).toBe('Use a newer client. (wrong-protocol 4405)')

  const lost = startClient('not a url')
  await until(() => lost.status === 'disconnected', 'disconnected')
  expect([client.status, replica.sockets]).toEqual(['disconnected', 0])
})

test('without any WebSocket connect says what to pass', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => connect('ws://127.0.0.1:1')).toThrow(/pass one/)
  vi.unstubAllGlobals()
})

test('a server that never says welcome is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const client = startClient(`ws://127.0.0.1:${address.port}`, { WebSocket })
    let reason: string | undefined
    client.on('status', (_status, why) => (reason ??= why))
    await new Promise((resolve) => server.once('connection', resolve))
    vi.advanceTimersByTime(10_000)
    expect(client.status).toBe('disconnected')
    expect(reason).toMatch(/No replica answered within 10000 ms/)
    client.close()
  } finally {
    vi.useRealTimers()
    for (const socket of server.clients) socket.terminate()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('in a browser, a network that came back is dialed at once', async () => {
  const page = startPage()
  const replica = await startReplica()
  const client = startClient(replica.url, { backoffMsMin: 1e9, backoffMsMax: 1e9 })
  await until(() => client.status === 'connected', 'connected')
  replica.kill()
  await until(() => client.status === 'disconnected', 'disconnected')
  page.dispatchEvent(new Event('online'))
  await until(() => client.status === 'connected', 'connected again')
  client.close()
  expect(globalThis.removeEventListener).toHaveBeenCalledTimes(2)
  page.dispatchEvent(new Event('online'))
  expect(client.status).toBe('closed')
})
