import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'

import { Compactor, type CompactionResult, type CompactorOptions } from '@rejoin/replica'

import { COMPACTION_LIMITS } from '../src/compaction/limits.ts'

const seen = vi.hoisted(() => ({ threads: [] as Worker[], isBuilt: true }))

// The threads that are started, so that a test can tell how many there were and which have ended.
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>()
  class SeenWorker extends real.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      seen.threads.push(this)
    }
  }
  return { ...real, Worker: SeenWorker }
})

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>()
  return { ...real, existsSync: (path: string) => seen.isBuilt && real.existsSync(path) }
})

let compactor: Compactor | undefined

/** Opens a compactor; what it answers hands it a job. */
function open(
  options?: CompactorOptions,
): (updates: readonly Uint8Array[]) => Promise<CompactionResult> {
  const opened = new Compactor(options)
  compactor = opened
  return (updates) => opened.compact(updates, { gc: true })
}

afterEach(async () => {
  vi.useRealTimers()
  await compactor?.close()
  seen.threads.length = 0
})

/** One update a character typed. */
function typed(characters: number): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 7
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let at = 0; at < characters; at++) doc.getText('text').insert(at, 'x')
  return updates
}

const small = typed(10)

/** The second updates of so many writers without their first: Yjs merges all it has with each of them. */
const endless = Array.from({ length: 4_000 }, (_, at) => {
  const doc = new Y.Doc()
  doc.clientID = at + 1
  doc.getText('text').insert(0, 'x')
  const before = Y.encodeStateVector(doc)
  doc.getText('text').insert(1, 'y')
  return Y.encodeStateAsUpdate(doc, before)
})

const hasEnded = ({ threadId }: Worker): boolean => threadId === -1

describe('[X3] the thread', () => {
  test('is one for all jobs, and ends when it has been idle for a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const job = open()
    await Promise.all([job(small), job(small)])
    vi.advanceTimersByTime(COMPACTION_LIMITS.idleMs - 1)
    await job(small)
    vi.advanceTimersByTime(COMPACTION_LIMITS.idleMs - 1)
    expect(seen.threads.map(hasEnded)).toEqual([false])
    const ended = new Promise((resolve) => seen.threads[0]?.once('exit', resolve))
    vi.advanceTimersByTime(1)
    await ended
    expect(await job(small)).toMatchObject({ ok: true })
    expect(seen.threads.map(hasEnded)).toEqual([true, false])
  })

  test('is ended at a deadline, whatever keeps it busy; the next job gets another', async () => {
    const job = open({ deadlineMs: 500 })
    const [first, second] = await Promise.all([job(endless), job(small)])
    expect(first).toEqual({
      ok: false,
      reason: expect.stringMatching(/^The document can't be compacted: It took over \d+ ms\.$/),
    })
    expect(second).toMatchObject({ ok: true })
    expect(seen.threads.map(hasEnded)).toEqual([true, false])
  })

  test('that ends by itself fails its job only', async () => {
    const job = open()
    const first = job(endless)
    await seen.threads[0]?.terminate()
    expect(await first).toMatchObject({ ok: false, reason: expect.stringContaining('ended') })
    expect(await job(small)).toMatchObject({ ok: true })
  })

  test('is not missed when the package is not built: that is the reason of every job', async () => {
    seen.isBuilt = false
    const job = open()
    for (let at = 0; at < 2; at++) {
      expect(await job(small)).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/is not built; run npm run build\.$/),
      })
    }
    seen.isBuilt = true
    expect(await job(small)).toMatchObject({ ok: true })
  })
})

describe('Compactor', () => {
  test('[X3] a document that needs more memory than there is fails, and the next does not', async () => {
    const compact = open({ heapMbMax: 16 })
    const doc = new Y.Doc()
    doc.getArray('a').push(Array.from({ length: 300_000 }, (_, at) => ({ at, text: `${at}` })))
    const result = await compact([Y.encodeStateAsUpdate(doc)])
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('memory') })
    expect(await compact(small)).toMatchObject({ ok: true })
  })

  test('[X3] takes so many jobs at once and no more', async () => {
    const compact = open()
    // One runs, and the others wait.
    const jobs = Array.from({ length: COMPACTION_LIMITS.jobsMax + 3 }, () => compact(small))
    const refused = (await Promise.all(jobs)).filter((result) => !result.ok)
    expect(refused).toHaveLength(2)
  })

  test('[X3] refuses jobs at its bound of bytes, except one that is larger alone', async () => {
    const job = open()
    const large = [new Uint8Array(COMPACTION_LIMITS.queuedBytesMax + 1)]
    const running = job(small)
    const waiting = job(large)
    expect(await job(small)).toMatchObject({ ok: false, isRefused: true })
    expect(await running).toMatchObject({ ok: true })
    await compactor?.close()
    expect(await waiting).toMatchObject({ ok: false })
  })

  test('[S1] closes at once, and refuses the jobs that run, wait or come', async () => {
    const job = open()
    const jobs = [job(endless), job(small)]
    const startedAt = performance.now()
    await compactor?.close()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    const refused = { ok: false, reason: 'The replica is closing.', isRefused: true }
    expect(await Promise.all([...jobs, job(small)])).toEqual([refused, refused, refused])
    expect(seen.threads.map(hasEnded)).toEqual([true])
  })

  test('leaves the bytes that it is given to their owner', async () => {
    const job = open()
    const updates = typed(3)
    await job(updates)
    expect(updates).toEqual(typed(3))
  })

  test('keeps a process alive for a job, and not for an idle thread', async () => {
    const program = `
      import { Compactor } from '@rejoin/replica'
      const compactor = new Compactor()
      for (let job = 0; job < 2; job++) {
        const { ok } = await compactor.compact([Uint8Array.of(0, 0)], { gc: true })
        console.log(ok)
      }`
    const { code, output, idleMs } = await runProgram(program)
    expect({ code, output }).toEqual({ code: 0, output: 'true\ntrue\n' })
    expect(idleMs).toBeLessThan(COMPACTION_LIMITS.idleMs / 2)
  })
})

interface Ended {
  readonly code: number | null
  readonly output: string
  /** From the last that it printed to its end. */
  readonly idleMs: number
}

/** Runs a program that uses the built package, as an application does. */
async function runProgram(program: string): Promise<Ended> {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  let printedAt = performance.now()
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
    printedAt = performance.now()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output, idleMs: performance.now() - printedAt }
}
