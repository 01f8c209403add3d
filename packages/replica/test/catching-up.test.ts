import {
  memoryNetwork,
  openReplica,
  type Link,
  type Replica,
  type Transport,
} from '@rejoin/replica'
import { decodeReplicaMessage, LIMITS, type ReplicaMessage } from '@rejoin/protocol'
import { afterEach, expect, test } from 'vitest'

import { until } from './until.ts'

const KIB = 1_024
/** Bytes that fit through a link in one turn of the event loop. */
const PER_TURN = 64 * KIB

const replicas: Replica[] = []

afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.close()
})

/** A transport whose links pass little at a time; what is sent is noted as it leaves its queue. */
function slowed(
  transport: Transport,
  onSent: (message: ReplicaMessage, queued: number) => void,
): Transport {
  const slow = (link: Link): Link => {
    let [queue, queuedBytes]: [Uint8Array[], number] = [[], 0]
    let drained = (): void => {}
    const pass = (): void => {
      for (let left = PER_TURN; left > 0 && queue.length > 0;) {
        const frame = queue.shift() as Uint8Array
        queuedBytes -= frame.length
        left -= frame.length
        link.send(frame)
      }
      if (queuedBytes <= 65_536) drained()
      if (queue.length > 0) setImmediate(pass)
    }
    return {
      attach: (listener) => {
        drained = () => listener.drained()
        link.attach({ ...bound(listener), drained: () => {} })
      },
      send: (frame) => {
        const decoded = decodeReplicaMessage(frame)
        if (decoded.ok) onSent(decoded.value, queuedBytes)
        if (queue.length === 0) setImmediate(pass)
        queue.push(frame.slice())
        queuedBytes += frame.length
      },
      close: (code, reason) => {
        queue = []
        link.close(code, reason)
      },
      get queuedBytes() {
        return queuedBytes
      },
    }
  }
  return {
    get address() {
      return transport.address
    },
    listen: (accept) => transport.listen((link) => accept(slow(link))),
    dial: async (address, deadlineMs) => slow(await transport.dial(address, deadlineMs)),
    close: () => transport.close(),
  }
}

function bound(listener: Parameters<Link['attach']>[0]): Parameters<Link['attach']>[0] {
  return {
    frame: (frame) => listener.frame(frame),
    drained: () => listener.drained(),
    closed: (code, reason) => listener.closed(code, reason),
  }
}

test('[L6] [X3] megabytes come over links that break, each for one want, and never pile up in a queue', async () => {
  const network = memoryNetwork()
  let [brought, wants, queuedMax] = [0, 0, 0]
  const note = (message: ReplicaMessage, queued: number): void => {
    if (message.type === 'want') wants += 1
    if (message.type !== 'entries') return
    brought += message.entries.reduce((sum, entry) => sum + entry.length, 0)
    queuedMax = Math.max(queuedMax, queued)
  }
  const a = await openReplica({ transport: slowed(network.transport('a'), note) })
  replicas.push(a)
  const written = await a.open('notes')
  for (let count = 0; count < 100; count++) {
    written.doc.getArray('parts').push([new Uint8Array(100 * KIB)])
    await written.settled('durable')
  }
  const bytes = 100 * 100 * KIB
  expect(bytes).toBeGreaterThan(2 * LIMITS.windowBytesMax)
  const b = await openReplica({
    transport: slowed(network.transport('b'), note),
    peers: ['memory:a'],
  })
  replicas.push(b)
  const read = await b.open('notes')
  for (const share of [0.2, 0.5]) {
    await until(() => brought > share * bytes, 'a share has come')
    network.break('a', 'b')
  }
  await until(() => read.doc.getArray('parts').length === 100, 'all has come')
  // What was on its way when a link broke comes again, which is a window and a chunk at most.
  expect(brought).toBeLessThan(bytes + 2 * LIMITS.windowBytesMax + 1_000 * KIB)
  expect(wants).toBeLessThanOrEqual(6)
  expect(queuedMax).toBeLessThanOrEqual(65_536)
})
