import { memoryNetwork, openReplica, type MemberStatus, type Replica } from '@rejoin/replica'
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

test('the status says how each member is, how far away, and what went over its link', async () => {
  const network = memoryNetwork()
  const tags = { region: 'eu' }
  const a = await open({ transport: network.transport('a'), peers: ['memory:nobody'] })
  const b = await open({ transport: network.transport('b'), peers: ['memory:a'], tags })
  const seen = (): MemberStatus | undefined => a.status().members.find(({ replica }) => replica)
  await until(() => (seen()?.roundTripMs ?? null) !== null, 'a round trip was measured')
  expect(seen()).toMatchObject({ replica: b.id, state: 'linked', health: 'alive', tags })
  expect(seen()?.traffic?.sentBytes).toBeGreaterThan(seen()?.traffic?.sentFrames ?? 0)
  expect(seen()?.traffic?.receivedFrames).toBeGreaterThan(1)
  expect(b.status()).toMatchObject({ health: 0, incarnation: 0, tags })
  // Of an address that nobody has met nothing is known.
  const unmet = a.status().members.find(({ replica }) => replica === null)
  expect(unmet).toMatchObject({ health: null, roundTripMs: null, traffic: null, tags: {} })
  a.cut(b.id)
  await until(() => seen()?.state === 'cut', 'the link is cut')
  expect(seen()).toMatchObject({ health: 'alive', traffic: null })
})

test('where there are many, most members are apart', async () => {
  const network = memoryNetwork()
  for (let place = 0; place < 36; place++) {
    await open({
      transport: network.transport(`${place}`),
      peers: place === 0 ? [] : [`memory:${place - 1}`],
    })
  }
  const states = (): string[][] =>
    replicas.map((each) => each.status().members.map(({ state }) => state))
  const isSettled = (): boolean =>
    states().every((all) => all.length === 35 && !all.includes('unreachable'))
  await until(isSettled, 'all know all')
  expect(states().some((all) => all.includes('apart'))).toBe(true)
  expect(states().every((all) => all.includes('linked'))).toBe(true)
})
