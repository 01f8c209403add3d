import { memoryNetwork, openReplica, type OpenDocument, type Replica } from '@rejoin/replica'
import { afterEach, expect, test } from 'vitest'

const replicas: Replica[] = []

afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.close()
})

async function open(options: Parameters<typeof openReplica>[0]): Promise<Replica> {
  const replica = await openReplica(options)
  replicas.push(replica)
  return replica
}

/** Waits for a condition, by looking whenever a replica's status or a document changes. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const textOf = ({ doc }: OpenDocument): string => doc.getText('content').toString()

test('[L6] two replicas diverge while cut, and rejoin', async () => {
  const network = memoryNetwork()
  const a = await open({ transport: network.transport('a'), peers: ['memory:b'] })
  const b = await open({ transport: network.transport('b'), peers: ['memory:a'] })
  const [left, right] = [await a.open('notes'), await b.open('notes')]
  left.doc.getText('content').insert(0, 'hello')
  await left.settled('everywhere')
  expect(textOf(right)).toBe('hello')

  a.cut(b.id)
  await until(() => b.status().members[0]?.state === 'unreachable', 'the link is cut')
  left.doc.getText('content').insert(5, ' from a')
  right.doc.getText('content').insert(0, 'b says ')
  await left.settled('durable')
  await right.settled('durable')
  expect(textOf(left)).toBe('hello from a')
  expect(textOf(right)).toBe('b says hello')
  await expect(left.settled('everywhere', { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'timeout',
  })

  a.mend(b.id)
  await left.settled('everywhere')
  await right.settled('everywhere')
  await until(() => textOf(left) === textOf(right), 'equal')
  expect(textOf(left)).toBe('b says hello from a')
})
