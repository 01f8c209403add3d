import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect, type OpenDocument } from '@rejoin/client'
import { openLeveldbStore } from '@rejoin/leveldb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import { freePorts, ReplicaProcess } from '../real/replica-process.ts'
import { until } from '../real/until.ts'
import { canInject, inject } from './faulty-disk.ts'
import { hasSmallDisks, onSmallDisk, SmallDisk } from './small-disk.ts'

/** A real replica whose disk fails, is full or is slow, and comes round: as its client and its operator see it. */
const MEGABYTES = 24

async function start(
  under: (directory: string) => readonly string[] = () => [],
): Promise<ReplicaProcess> {
  const [port = 0] = await freePorts(1)
  const replica = new ReplicaProcess(port, { under })
  onTestFinished(async () => {
    await replica.end('SIGKILL')
    replica.remove()
  })
  await replica.start()
  return replica
}

function openNotes(replica: ReplicaProcess): OpenDocument {
  const client = connect(replica.socketUrl, { WebSocket })
  onTestFinished(() => client.close())
  return client.open('notes')
}

/** Types something; answers whether it is durable yet. */
function type(notes: OpenDocument, key: string): () => boolean {
  let durable = false
  notes.doc.getMap('notes').set(key, 'x'.repeat(10_000))
  notes.settled('durable', { timeoutMs: 60_000 }).then(
    () => (durable = true),
    () => {},
  )
  return () => durable
}

interface Health {
  readonly status: number
  readonly message: string
}

async function healthOf({ url }: ReplicaProcess): Promise<Health> {
  const response = await fetch(`${url}/healthz`)
  const { error } = (await response.json()) as { error?: { message: string } }
  return { status: response.status, message: error?.message ?? '' }
}

async function untilHealth(replica: ReplicaProcess, status: number): Promise<Health> {
  let health = await healthOf(replica)
  await until(async () => {
    health = await healthOf(replica)
    return health.status === status
  }, `GET /healthz answers ${status}`)
  return health
}

async function keysIn(directory: string): Promise<string[]> {
  const store = await openLeveldbStore(directory)
  const doc = new Y.Doc()
  for (const update of (await store.readDocument('notes')).updates) Y.applyUpdate(doc, update)
  await store.close()
  return [...doc.getMap('notes').keys()].toSorted()
}

describe.skipIf(!canInject())('a disk that fails (needs strace, and the right to use it)', () => {
  it.each([
    ['a sync', { call: 'fdatasync', inject: 'error=EIO' }],
    ['a sync, once', { call: 'fdatasync', inject: 'error=EIO:when=1' }],
  ])(
    '[S2] %s fails: nothing is acknowledged, it says so, and comes round by itself',
    async (_, fault) => {
      const replica = await start()
      const { pid } = replica
      const notes = openNotes(replica)
      await until(type(notes, 'before'), 'it is durable')
      const stop = await inject(pid, fault)
      const isDurable = type(notes, 'during')
      const { message } = await untilHealth(replica, 503)
      expect(message).toMatch(/Input\/output error/)
      expect(isDurable()).toBe(false)
      expect((await replica.status()).readOnly).toBe(message)
      await stop()
      await untilHealth(replica, 200)
      await until(isDurable, 'what was typed meanwhile is durable')
      await until(type(notes, 'later'), 'it is durable')
      expect(replica.pid).toBe(pid)
      await replica.end('SIGKILL')
      expect(await keysIn(replica.directory)).toEqual(['before', 'during', 'later'])
    },
  )

  it('[S2] [X1] a sync takes seconds: edits wait for it, and somebody who asks is told', async () => {
    const replica = await start()
    const notes = openNotes(replica)
    await until(type(notes, 'before'), 'it is durable')
    const stop = await inject(replica.pid, { call: 'fdatasync', inject: 'delay_enter=7000000' })
    const isDurable = type(notes, 'slow')
    const { message } = await untilHealth(replica, 503)
    expect(message).toMatch(/has been writing for \d+ s/)
    expect(isDurable()).toBe(false)
    await until(isDurable, 'it is durable')
    await stop()
    await untilHealth(replica, 200)
    await replica.end('SIGKILL')
    expect(await keysIn(replica.directory)).toEqual(['before', 'slow'])
  })
})

describe.skipIf(!hasSmallDisks())('a disk that is full (needs unshare and tmpfs)', () => {
  it('[S2] nothing is acknowledged, it says so, and comes round when there is room', async () => {
    const replica = await start((directory) => onSmallDisk(directory, MEGABYTES))
    const { pid } = replica
    const disk = new SmallDisk(pid, replica.directory)
    const notes = openNotes(replica)
    await until(type(notes, 'before'), 'it is durable')
    const kept = ['before']
    for (let time = 1; time <= 3; time++) {
      disk.fill()
      const isDurable = type(notes, `full ${time}`)
      const { message } = await untilHealth(replica, 503)
      expect(message).toMatch(/No space left on device/)
      expect(isDurable()).toBe(false)
      expect(await keysOf(replica)).toEqual(expect.arrayContaining(kept))
      disk.free()
      await untilHealth(replica, 200)
      await until(isDurable, 'what was typed meanwhile is durable')
      kept.push(`full ${time}`)
    }
    expect(replica.pid).toBe(pid)
    const copy = mkdtempSync(join(tmpdir(), 'rejoin-copy-'))
    onTestFinished(() => rmSync(copy, { recursive: true }))
    disk.copyTo(copy)
    expect(await keysIn(copy)).toEqual(kept.toSorted())
  })
})

async function keysOf(replica: ReplicaProcess): Promise<string[]> {
  return [...(await replica.document('notes')).getMap('notes').keys()]
}
