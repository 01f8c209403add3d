import type { RejectionCode } from '@rejoin/protocol'
import {
  memoryNetwork,
  MemoryDisk,
  openReplica,
  type MemberEvent,
  type Replica,
} from '@rejoin/replica'

import { afterEach, expect, test } from 'vitest'

import { until } from './until.ts'

const replicas: Replica[] = []

afterEach(async () => {
  await Promise.allSettled(replicas.splice(0).map((replica) => replica.close()))
})

async function open(options: Parameters<typeof openReplica>[0]): Promise<Replica> {
  const replica = await openReplica(options)
  replicas.push(replica)
  return replica
}

const knows = (replica: Replica, count: number): boolean => {
  const { members } = replica.status()
  return members.length === count && members.every(({ state }) => state === 'linked')
}

test('[M3] a replica leaves once another has what it has; nobody waits for it any more', async () => {
  const network = memoryNetwork()
  const disk = new MemoryDisk()
  const a = await open({ transport: network.transport('a') })
  const b = await open({ transport: network.transport('b'), peers: ['memory:a'] })
  const c = await open({
    store: disk.open(),
    transport: network.transport('c'),
    peers: ['memory:a'],
  })
  await until(() => [a, b, c].every((each) => knows(each, 2)), 'all know all')
  const events: MemberEvent[] = []
  b.onMember((event) => events.push(event))
  const { id } = c
  const notes = await c.open('notes')
  notes.doc.getText('content').insert(0, 'last words')
  await c.leave()

  expect(await a.encode('notes')).toBeDefined()
  await until(() => events.some(({ change }) => change === 'left'), 'b has heard of it')
  expect(events).toContainEqual({ change: 'left', replica: id, address: '', tags: {} })
  const more = await a.open('more')
  more.doc.getText('content').insert(0, 'R goes on')
  await more.settled('everywhere')
  expect(a.status().members.map(({ replica }) => replica)).toEqual([b.id])
  const refused = new Promise<RejectionCode>((resolve) => {
    c.attach({ ...deaf(), closed: ({ code }) => resolve(code) }).open('notes', Uint8Array.of(0))
  })
  expect(await refused).toBe('closing')

  // Should the directory be started again, it is another member.
  const again = await open({
    store: disk.open(),
    transport: network.transport('c'),
    peers: ['memory:a'],
  })
  await until(() => again.id !== id, 'it has a new id')
  await until(() => [a, b, again].every((each) => knows(each, 2)), 'all know all again')
})

test('[M3] it does not leave while nobody has what it has, and goes on', async () => {
  const network = memoryNetwork()
  const a = await open({ transport: network.transport('a') })
  const b = await open({ transport: network.transport('b'), peers: ['memory:a'] })
  await until(() => knows(a, 1) && knows(b, 1), 'they are linked')
  b.cut(a.id)
  await until(() => !knows(a, 1), 'the link is cut')
  const ended: RejectionCode[] = []
  a.attach({ ...deaf(), closed: ({ code }) => ended.push(code) })
  const notes = await a.open('notes')
  notes.doc.getText('content').insert(0, 'only here')
  await notes.settled('durable')
  const leaving = a.leave({ timeoutMs: 200 })
  const attached = a.attach({ ...deaf(), closed: ({ code }) => ended.push(code) })
  attached.close()
  await expect(a.open('notes')).rejects.toMatchObject({ code: 'closing' })
  await expect(a.leave()).rejects.toMatchObject({ code: 'closing' })
  await expect(leaving).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('Nothing was done') as unknown,
  })
  expect(ended).toEqual(['closing', 'closing'])

  const goesOn = await a.open('notes')
  expect(goesOn.doc.getText('content').toString()).toBe('only here')
  b.mend(a.id)
  await goesOn.settled('everywhere')
  await a.leave()
  await until(() => b.status().members.length === 0, 'it has left')
})

test('[M3] who knows nobody can leave nothing to anybody', async () => {
  const alone = await open({})
  await expect(alone.leave()).rejects.toMatchObject({ code: 'no-members' })
  const notes = await alone.open('notes')
  notes.doc.getText('content').insert(0, 'still here')
  await notes.settled('durable')
})

test('a replica that is closed while it wants to leave closes', async () => {
  const network = memoryNetwork()
  const a = await open({ transport: network.transport('a'), peers: ['memory:b'] })
  const b = await open({ transport: network.transport('b') })
  await until(() => knows(a, 1), 'they are linked')
  a.cut(b.id)
  await until(() => !knows(a, 1), 'the link is cut')
  const leaving = a.leave().catch((error: unknown) => error)
  await a.close()
  expect(await leaving).toMatchObject({ code: 'closed' })
})

function deaf(): Parameters<Replica['attach']>[0] {
  const nothing = (): void => {}
  return {
    opened: nothing,
    update: nothing,
    ack: nothing,
    ask: nothing,
    presence: nothing,
    refused: nothing,
    closed: nothing,
  }
}
