import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { threeReplicas, type ReplicaProcess } from '../real/replica-process.ts'
import { until } from '../real/until.ts'

const KEYSTROKES = 1_000
/** A fast typist's pause, so that one keystroke has gone its way before the next. */
const PAUSE_MS = 10

/** From a keystroke in one stock client to its text in another, which is a client of `to`. */
async function measure(from: ReplicaProcess, to: ReplicaProcess, name: string): Promise<number[]> {
  const [typist, reader] = [await attach(from, name), await attach(to, name)]
  const sentAt: number[] = []
  const tookMs: number[] = []
  reader.getText('content').observe(() => {
    const now = performance.now()
    while (tookMs.length < reader.getText('content').length) {
      tookMs.push(now - (sentAt[tookMs.length] ?? now))
    }
  })
  for (let index = 0; index < KEYSTROKES; index++) {
    sentAt.push(performance.now())
    typist.getText('content').insert(index, 'x')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  await until(() => tookMs.length === KEYSTROKES, 'all keystrokes have arrived')
  return tookMs.toSorted((a, b) => a - b)
}

async function attach(replica: ReplicaProcess, name: string): Promise<Y.Doc> {
  const doc = new Y.Doc()
  const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
  const provider = new WebsocketProvider(replica.socketUrl, name, doc, options)
  onTestFinished(() => provider.destroy())
  await until(() => provider.synced, 'synced')
  return doc
}

function percentile(sorted: readonly number[], share: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return `${value.toFixed(1)} ms`
}

test('a keystroke, from one stock client to another', async () => {
  const [a, b] = (await threeReplicas([])) as [ReplicaProcess, ReplicaProcess]
  const rows = [
    ['two replicas', await measure(a, b, 'two')] as const,
    ['one replica', await measure(a, a, 'one')] as const,
  ]
  console.log(`${KEYSTROKES} keystrokes, one every ${PAUSE_MS} ms, to text at the other client:`)
  for (const [what, tookMs] of rows) {
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(tookMs, share))
    expect(tookMs).toHaveLength(KEYSTROKES)
    console.log(`  ${what.padEnd(14)} p50 ${p50}   p99 ${p99}   max ${max}`)
  }
})
