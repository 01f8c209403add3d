import {
  memoryNetwork,
  memoryStore,
  openReplica,
  type OpenDocument,
  type Replica,
  type SessionListener,
  type Store,
} from '@rejoin/replica'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'

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

/** A listener that says nothing. */
const DEAF: SessionListener = {
  opened: () => {},
  update: () => {},
  ack: () => {},
  ask: () => {},
  presence: () => {},
  refused: () => {},
  closed: () => {},
}

test('[X2] an update that Yjs throws on ends a document opened here, and not the process', async () => {
  const replica = await open({})
  const local = await replica.open('notes')
  const other = await replica.open('other')
  // The application's own observer throws; what Yjs throws on a poisoned update comes the same way.
  let thrown = 0
  local.doc.getText('content').observe(() => {
    thrown += 1
    throw new Error('an observer that throws')
  })
  const typist = new Y.Doc()
  typist.getText('content').insert(0, 'x')
  const session = replica.attach(DEAF)
  session.open('notes', Uint8Array.of(0))
  session.edit('notes', 1, Y.encodeStateAsUpdate(typist))
  await until(() => thrown > 0, 'the edit is shown')
  // [S2] nothing that is typed from now on is stored, so nothing may seem settled.
  await expect(local.settled('durable')).rejects.toMatchObject({ code: 'unreadable' })
  other.doc.getText('content').insert(0, 'goes on')
  await other.settled('durable')
})

/** A store whose every commit takes some time. */
function slowStore(ms: number): Store {
  const store = memoryStore()
  const commit = store.commit.bind(store)
  return Object.assign(store, {
    async commit(batch: Parameters<Store['commit']>[0]): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, ms))
      await commit(batch)
    },
  })
}

test('[S1] a replica closes at once while its peers go on writing', async () => {
  const network = memoryNetwork()
  const a = await openReplica({ transport: network.transport('a'), store: slowStore(20) })
  const b = await open({ transport: network.transport('b'), peers: ['memory:a'] })
  const busy = await b.open('notes')
  busy.doc.getText('content').insert(0, 'x')
  await busy.settled('everywhere')
  const typing = setInterval(() => busy.doc.getText('content').insert(0, 'x'), 1)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const startedAt = performance.now()
  try {
    await a.close()
  } finally {
    clearInterval(typing)
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})
