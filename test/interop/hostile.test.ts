import { readFile } from 'node:fs/promises'

import { connect } from '@rejoin/client'
import { CLIENT_PROTOCOL, encodeClientMessage, REPLICA_PROTOCOL, seal } from '@rejoin/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { threeReplicas, type ReplicaProcess } from '../real/replica-process.ts'
import { until } from '../real/until.ts'

const NOTHING = Uint8Array.of(0)

/** Three people on two replicas, whom what strangers send must not disturb. */
class Honest {
  readonly #docs: readonly Y.Doc[]
  drops = 0

  constructor(first: ReplicaProcess, last: ReplicaProcess) {
    const stock = [first, last].map((replica) => {
      const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
      const provider = new WebsocketProvider(replica.socketUrl, 'honest', new Y.Doc(), options)
      provider.on('connection-close', () => this.drops++)
      onTestFinished(() => provider.destroy())
      return provider.doc
    })
    const client = connect(first.socketUrl, { WebSocket })
    client.on('status', (status) => status === 'disconnected' && this.drops++)
    onTestFinished(() => client.close())
    this.#docs = [...stock, client.open('honest').doc]
  }

  /** Each writes once, and all read it. */
  async edit(word: string): Promise<void> {
    const words = this.#docs.map((doc, at) => {
      doc.getText('content').insert(0, `${word}${at}.`)
      return `${word}${at}.`
    })
    await until(
      () => this.#texts().every((text) => words.every((each) => text.includes(each))),
      word,
    )
  }

  #texts(): string[] {
    return this.#docs.map((doc) => doc.getText('content').toString())
  }
}

/** A stranger on a WebSocket. */
async function stranger(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols)
  socket.on('error', () => {})
  onTestFinished(() => socket.terminate())
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}

async function memoryMiB(replica: ReplicaProcess): Promise<number> {
  const status = await readFile(`/proc/${replica.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
}

const FRAMES: readonly (string | Uint8Array)[] = [
  'text',
  new Uint8Array(0),
  new Uint8Array(64).fill(255),
  Uint8Array.of(9, 1, 0),
  Uint8Array.of(0, 2, 100, 1),
  // With the checksum that frames between replicas have.
  seal(Uint8Array.of(99, 1, 0, 0, 0, 0, 0)),
  new Uint8Array(17_000_000),
]

test('[X2] what strangers send at every endpoint ends their own connections only', async () => {
  const [a, , c] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess, ReplicaProcess]
  const honest = new Honest(a, c)
  await honest.edit('before')
  for (const protocols of [[], [CLIENT_PROTOCOL], [REPLICA_PROTOCOL]]) {
    for (const frame of FRAMES) {
      const socket = await stranger(`${a.socketUrl}/loud`, protocols)
      const closed = new Promise<number>((resolve) => socket.once('close', resolve))
      socket.send(frame)
      expect([1003, 1009, 4400, 4401, 4402, 4512]).toContain(await closed)
    }
  }
  await honest.edit('after')
  expect(honest.drops).toBe(0)
  const { rejections, members } = await a.status()
  const counts = Object.values(rejections).reduce((sum, count) => sum + count, 0)
  expect(counts).toBe(3 * FRAMES.length)
  expect(members).toHaveLength(2)
  expect((await a.document('loud')).share.size).toBe(0)
})

test('[X3] a reader that never reads costs a bounded number of bytes', async () => {
  const [a, , c] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess, ReplicaProcess]
  const honest = new Honest(a, c)
  await honest.edit('before')
  const readers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = await stranger(a.socketUrl, [CLIENT_PROTOCOL])
      socket.send(encodeClientMessage({ type: 'open', document: 'busy', stateVector: NOTHING }))
      socket.pause()
      return socket
    }),
  )
  const writer = connect(a.socketUrl, { WebSocket })
  onTestFinished(() => writer.close())
  const busy = writer.open('busy')
  const text = busy.doc.getText('content')
  for (let round = 0; round < 40; round++) {
    for (let left = 25; left > 0; left--) {
      busy.doc.transact(() => {
        text.delete(0, text.length)
        text.insert(0, 'x'.repeat(20_000))
      })
    }
    await busy.settled('durable')
  }
  // 20 MB were written; to queue them for every reader would take twenty times as much.
  expect(await memoryMiB(a)).toBeLessThan(300)
  await honest.edit('after')
  expect(honest.drops).toBe(0)
  for (const reader of readers) expect(reader.readyState).toBe(WebSocket.OPEN)
})

test('[X3] documents that are opened and left at once cost no more than a few', async () => {
  const [a, , c] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess, ReplicaProcess]
  const honest = new Honest(a, c)
  await honest.edit('before')
  const socket = await stranger(a.socketUrl, [CLIENT_PROTOCOL])
  const opened = new Promise((resolve) => {
    socket.on('message', (frame: Buffer) => frame[0] === 1 && resolve(undefined))
  })
  for (let at = 0; at < 20_000; at++) {
    const document = `passing ${at}`
    socket.send(encodeClientMessage({ type: 'open', document, stateVector: NOTHING }))
    socket.send(encodeClientMessage({ type: 'leave', document }))
  }
  socket.send(encodeClientMessage({ type: 'open', document: 'last', stateVector: NOTHING }))
  await honest.edit('meanwhile')
  await opened
  expect(await memoryMiB(a)).toBeLessThan(300)
  expect(honest.drops).toBe(0)
})
