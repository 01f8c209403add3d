import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { threeReplicas, type ReplicaProcess } from '../real/replica-process.ts'
import { until } from '../real/until.ts'

interface Stock {
  readonly doc: Y.Doc
  readonly provider: WebsocketProvider
}

/** The stock provider, as an application would use it. */
function attach(replica: ReplicaProcess, name: string, doc = new Y.Doc()): Stock {
  const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
  const provider = new WebsocketProvider(replica.socketUrl, name, doc, options)
  onTestFinished(() => provider.destroy())
  return { doc, provider }
}

const textOf = ({ doc }: Stock): string => doc.getText('content').toString()
const namesIn = ({ provider }: Stock): string[] =>
  [...provider.awareness.getStates().values()].map((state) => `${state['name']}`).toSorted()

test('[X4] stock y-websocket clients on three replicas share a document and who is there', async () => {
  const [a, b, c] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess, ReplicaProcess]
  const name = 'any/document name ü'
  const [ann, bob, cem] = [attach(a, name), attach(b, name), attach(c, name)]
  ann.provider.awareness.setLocalState({ name: 'ann' })
  bob.provider.awareness.setLocalState({ name: 'bob' })
  cem.provider.awareness.setLocalState({ name: 'cem' })
  ann.doc.getText('content').insert(0, 'hello')
  await until(() => [ann, bob, cem].every((each) => textOf(each) === 'hello'), 'all read hello')
  await until(() => [ann, bob, cem].every((each) => namesIn(each).length === 3), 'all see all')
  expect(namesIn(cem)).toEqual(['ann', 'bob', 'cem'])
  bob.doc.getText('content').delete(0, 4)
  await until(() => [ann, bob, cem].every((each) => textOf(each) === 'o'), 'all see the deletion')
  ann.provider.destroy()
  await until(
    () => [bob, cem].every((each) => namesIn(each).length === 2),
    'ann is seen to be gone',
  )
  for (const each of [bob, cem]) expect(namesIn(each)).toEqual(['bob', 'cem'])
})

test('[X4] a stock client that comes back to another replica finds its document there', async () => {
  const [a, b] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess]
  const ann = attach(a, 'notes')
  ann.doc.getText('content').insert(0, 'written at a')
  await until(() => ann.provider.synced, 'synced')
  await until(async () => (await a.status()).documents === 1, 'stored')
  ann.provider.destroy()
  // Offline, and then at b: what was typed meanwhile comes along, and what was at a is there.
  ann.doc.getText('content').insert(0, 'offline, ')
  const [again, new_] = [attach(b, 'notes', ann.doc), attach(b, 'notes')]
  await until(() => textOf(new_) === 'offline, written at a', 'b has it all')
  expect(textOf(again)).toBe('offline, written at a')
  await until(async () => {
    const doc = await a.document('notes')
    return doc.getText('content').toString() === 'offline, written at a'
  }, 'a has it all')
})

test('[S1] [X4] after a restart of all replicas the documents are there', async () => {
  const replicas = await threeReplicas()
  const [a] = replicas as [ReplicaProcess]
  const ann = attach(a, 'notes')
  ann.doc.getText('content').insert(0, 'still here')
  await until(async () => {
    const statuses = await Promise.all(replicas.map((replica) => replica.status()))
    return statuses.every(({ documents }) => documents === 1)
  }, 'all have it')
  ann.provider.destroy()
  for (const replica of replicas) expect(await replica.end('SIGTERM')).toBe(0)
  for (const replica of replicas) await replica.start()
  for (const replica of replicas) {
    const bob = attach(replica, 'notes')
    await until(() => bob.provider.synced, 'synced')
    expect(textOf(bob)).toBe('still here')
  }
})
