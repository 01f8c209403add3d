import { CLOSE_CODES, type RejoinError } from '@rejoin/protocol'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'

import { equalDocs, startClient, startReplica, startSynced, text, type, until } from './scene.ts'
import type { TwinReplica } from './twin-replica.ts'

test('[X1] insertions and deletions made offline arrive after the reconnection', async () => {
  const first = await startReplica()
  const { port } = first
  const client = startClient(first.url)
  const notes = client.open('notes')
  type(notes.doc, 'abcdef')
  await notes.settled('durable')
  const kept = Y.encodeStateAsUpdate(first.doc('notes'))
  await first.close()
  await until(() => client.status === 'disconnected', 'disconnected')
  notes.doc.getText('t').delete(0, 3)
  type(notes.doc, 'X', 3)
  expect(notes.pending.edits).toBe(2)
  const second = await startReplica(port)
  Y.applyUpdate(second.doc('notes'), kept)
  await notes.settled('durable')
  expect(text(second.doc('notes'))).toBe('defX')
  expect(second.edits()).toHaveLength(1)
})

test('[X1] a deletion alone, made offline, arrives', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  type(notes.doc, 'abc')
  await notes.settled('durable')
  replica.kill()
  notes.doc.getText('t').delete(1, 1)
  await notes.settled('durable')
  expect(text(replica.doc('notes'))).toBe('ac')
})

test('[X1] edits made before the first connection arrive', async () => {
  const replica = await startReplica()
  const notes = startClient(replica.url).open('notes')
  type(notes.doc, 'early')
  await notes.settled('durable')
  expect(text(replica.doc('notes'))).toBe('early')
})

test('[X1] a socket that dies between edit and ack: sent again, nothing doubled', async () => {
  const replica = await startReplica()
  replica.holdAcks = true
  const notes = await startSynced(replica.url)
  type(notes.doc, 'once')
  const settled = notes.settled('durable')
  await until(() => replica.edits().length === 1, 'the replica has the edit')
  replica.holdAcks = false
  replica.kill()
  await settled
  // The replica holds it already, so what was sent again asks only whether it is durable.
  expect(replica.edits()).toHaveLength(2)
  expect(text(replica.doc('notes'))).toBe('once')
})

test('a reconnection with nothing to say sends no edit, deletions or not', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  type(notes.doc, 'abc')
  notes.doc.getText('t').delete(0, 1)
  await notes.settled('durable')
  const sent = replica.edits().length
  replica.kill()
  const opens = (): number => replica.received.filter((message) => message.type === 'open').length
  await until(() => opens() === 2, 'opened again')
  type(notes.doc, 'd')
  await notes.settled('durable')
  expect(replica.edits()).toHaveLength(sent + 1)
})

test('edits made while the answer to an opening is late wait for it', async () => {
  const replica = await startReplica()
  type(replica.doc('notes'), 'theirs')
  replica.holdOpened = true
  const notes = startClient(replica.url).open('notes')
  await until(() => replica.received.length === 1, 'the opening has arrived')
  type(notes.doc, 'ours ')
  expect(notes.synced).toBe(false)
  replica.release()
  await notes.settled('durable')
  expect(notes.synced).toBe(true)
  expect(text(notes.doc)).toContain('theirs')
  await until(() => equalDocs(notes.doc, replica.doc('notes')), 'equal docs')
})

test('[X1] whatever the cable does, no edit is lost or doubled', async () => {
  const step = fc.record({
    who: fc.nat(1),
    what: fc.constantFrom('insert', 'insert', 'delete', 'kill', 'hold', 'release', 'pause'),
    at: fc.nat(),
  })
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), runHistory), {
    numRuns: 40,
    interruptAfterTimeLimit: 30_000,
  })
})

interface Step {
  readonly who: number
  readonly what: string
  readonly at: number
}

/** The slow twin is a list: every token typed, less those deleted, must be there just once. */
async function runHistory(steps: readonly Step[]): Promise<void> {
  const replica = await startReplica()
  const clients = [startClient(replica.url), startClient(replica.url)]
  const documents = clients.map((client) => client.open('notes'))
  const alive = new Set<string>()
  for (const [at, step] of steps.entries()) {
    const list = documents[step.who]!.doc.getArray<string>('tokens')
    if (step.what === 'insert') {
      list.insert(step.at % (list.length + 1), [`token ${at}`])
      alive.add(`token ${at}`)
    } else if (step.what === 'delete' && list.length > 0) {
      alive.delete(list.get(step.at % list.length))
      list.delete(step.at % list.length)
    } else await disturb(replica, step.what)
  }
  await disturb(replica, 'release')
  await Promise.all(documents.map((document) => document.settled('durable')))
  const stored = replica.doc('notes')
  expect(stored.getArray<string>('tokens').toArray().toSorted()).toEqual([...alive].toSorted())
  await until(() => documents.every(({ doc }) => equalDocs(doc, stored)), 'all docs are equal')
  for (const client of clients) client.close()
  await replica.close()
}

async function disturb(replica: TwinReplica, what: string): Promise<void> {
  if (what === 'kill') replica.kill()
  else if (what === 'pause') await new Promise((resolve) => setTimeout(resolve, 3))
  else if (what === 'hold' || what === 'release') {
    replica.holdAcks = what === 'hold'
    replica.holdOpened = what === 'hold'
    if (what === 'release') replica.release()
  }
}

test('a replica that owes an answer and is silent is given up, and its edits are sent again', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url, { silenceMsMax: 20 })
  replica.holdAcks = true
  type(notes.doc, 'a')
  await until(() => replica.closeCodes.includes(CLOSE_CODES.silent), 'given up as silent')
  replica.holdAcks = false
  await notes.settled('durable')
  expect(text(replica.doc('notes'))).toBe('a')
})

test('a replica that owes nothing may be silent', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const replica = await startReplica()
    const client = startClient(replica.url)
    const notes = client.open('notes')
    type(notes.doc, 'a')
    await notes.settled('durable', { timeoutMs: 1e9 })
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(1e6)
    expect([client.status, vi.getTimerCount()]).toEqual(['connected', 0])
  } finally {
    vi.useRealTimers()
  }
})

const MALFORMED: [string, Uint8Array | string][] = [
  ['an unknown message', new Uint8Array([99])],
  ['nothing', new Uint8Array()],
  ['a welcome cut short', new Uint8Array([0, 1, 2])],
  ['text', '9'.repeat(15)],
  ['an opened whose state vector is nonsense', opened([5, 1], [0, 0])],
  ['an ask whose state vector is nonsense', new Uint8Array([4, 5, ...name(), 1, 9])],
  ['presence that is not JSON', new Uint8Array([6, 5, ...name(), 5, 1, 1, 1, 1, 0x7b])],
]

function name(): number[] {
  return [...new TextEncoder().encode('notes')]
}

function opened(stateVector: number[], update: number[]): Uint8Array {
  const body = [stateVector.length, ...stateVector, update.length, ...update]
  return new Uint8Array([1, 5, ...name(), ...body])
}

test.each(MALFORMED)(
  '[X2] %s from the replica ends the socket, and a new one goes on',
  async (_what, frame) => {
    const replica = await startReplica()
    const notes = await startSynced(replica.url)
    replica.say(frame)
    await until(() => replica.closeCodes.includes(CLOSE_CODES.malformed), 'closed as malformed')
    type(notes.doc, 'still here')
    await notes.settled('durable')
    expect(text(replica.doc('notes'))).toBe('still here')
  },
)

test('[X2] an update that cannot be applied is shown, and the client goes on', async () => {
  const replica = await startReplica()
  const notes = await startSynced(replica.url)
  const failures: RejoinError[] = []
  notes.on('failed', (error) => failures.push(error))
  replica.say({ type: 'update', document: 'notes', update: new Uint8Array([9, 9, 9]) })
  await until(() => failures.length === 1, 'the failure is shown')
  expect(failures[0]).toMatchObject({ code: 'bad-update', cause: expect.any(Error) })
  type(notes.doc, 'a')
  await notes.settled('durable')
  expect(replica.sockets).toBe(1)
})

test('an observer that throws is reported, on the console where nobody listens', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const replica = await startReplica()
  const other = await startSynced(replica.url)
  const notes = await startSynced(replica.url)
  notes.doc.getText('t').observe(() => {
    throw new Error('a mistake of the app')
  })
  type(other.doc, 'a')
  await until(() => logged.mock.calls.length === 1, 'the mistake is reported')
  expect(text(notes.doc)).toBe('a')
  expect(String(logged.mock.calls[0]?.[0])).toContain('a mistake of the app')
  logged.mockRestore()
})
