import {
  memoryNetwork,
  memoryStore,
  openReplica,
  type MemberEvent,
  type Message,
  type Replica,
} from '@rejoin/replica'
import { afterEach, expect, test } from 'vitest'

import { until } from './until.ts'

const replicas: Replica[] = []

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()))
})

async function open(options: Parameters<typeof openReplica>[0]): Promise<Replica> {
  const replica = await openReplica(options)
  replicas.push(replica)
  return replica
}

const isLinked = (replica: Replica, count: number): boolean =>
  replica.status().members.filter(({ state }) => state === 'linked').length === count

test('[M1] the others see what a replica says of itself, also anew, and also under a new id', async () => {
  const network = memoryNetwork()
  const [a, b] = [
    await open({ transport: network.transport('a') }),
    await open({
      store: memoryStore(),
      transport: network.transport('b'),
      peers: ['memory:a'],
      tags: { region: 'eu' },
    }),
  ]
  const tagsOf = (id: string): object | undefined =>
    a.status().members.find(({ replica }) => replica === id)?.tags
  const events: MemberEvent[] = []
  a.onMember((event) => events.push(event))
  await until(() => isLinked(a, 1) && isLinked(b, 1), 'they are linked')
  expect(tagsOf(b.id)).toEqual({ region: 'eu' })
  b.setTags({ role: 'seed', region: 'us' })
  await until(() => events.at(-1)?.change === 'updated', 'a has heard of it')
  expect(events.at(-1)).toMatchObject({ replica: b.id, tags: { region: 'us', role: 'seed' } })
  expect(b.status()).toMatchObject({ incarnation: 1, tags: { region: 'us', role: 'seed' } })
  expect(() => b.setTags({ region: 'x'.repeat(65) })).toThrow('65 bytes')

  const old = b.id
  a.remove(old)
  await until(() => b.id !== old && tagsOf(b.id) !== undefined, 'b is there again')
  expect(tagsOf(b.id)).toEqual({ region: 'us', role: 'seed' })
})

test('[X3] tags over the bounds open no replica', async () => {
  const tags = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`t${at}`, '']))
  await expect(openReplica({ tags })).rejects.toMatchObject({ code: 'too-many' })
})

test('[M4] a message reaches every replica that is up, once', async () => {
  const network = memoryNetwork()
  const names = ['a', 'b', 'c', 'd']
  const all: Replica[] = []
  for (const name of names) {
    all.push(await open({ transport: network.transport(name), peers: ['memory:a'] }))
  }
  await until(() => all.every((each) => isLinked(each, 3)), 'all are linked')
  const heard = new Map(all.map((each) => [each, [] as Message[]]))
  for (const [each, messages] of heard) each.onMessage((message) => messages.push(message))
  const [a, b] = all as [Replica, Replica]
  const payload = Uint8Array.of(1, 2, 3)
  a.broadcast('deploy', payload)
  payload.fill(0)
  b.broadcast('deploy', new Uint8Array(8_192))
  await until(() => [...heard.values()].every(({ length }) => length >= 2), 'all have heard')
  for (const messages of heard.values()) {
    const fromA = messages.filter(({ from }) => from === a.id)
    expect(fromA).toEqual([{ from: a.id, topic: 'deploy', payload: Uint8Array.of(1, 2, 3) }])
    expect(messages).toHaveLength(2)
  }
  expect(a.status().messages).toEqual({ sent: 1, received: 1, dropped: 0 })
  expect(() => a.broadcast('deploy', new Uint8Array(8_193))).toThrow('8192 bytes at most')
  expect(() => a.broadcast('x'.repeat(65), payload)).toThrow('64 bytes')
  expect(() => a.broadcast('', payload)).toThrow('empty')
})
