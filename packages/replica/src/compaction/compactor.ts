import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

import type { CompactionOptions, CompactionResult } from './compact.ts'
import type { CompactionJob } from './compaction-worker.ts'
import { COMPACTION_LIMITS } from './limits.ts'
import { pack } from './packed.ts'

const CLOSING: CompactionResult = {
  ok: false,
  reason: 'The replica is closing.',
  isRefused: true,
}
const BUSY: CompactionResult = {
  ok: false,
  reason: 'Too many documents wait to be compacted.',
  isRefused: true,
}

export interface CompactorOptions {
  /** JavaScript heap of the thread, in MB; a job that needs more fails. Left out: 1,024. */
  readonly heapMbMax?: number
  /** What a job may take, in ms, besides what its size allows it. Left out: 30,000. */
  readonly deadlineMs?: number
}

interface Waiting {
  readonly updates: readonly Uint8Array[]
  readonly options: CompactionOptions
  readonly bytes: number
  readonly resolve: (result: CompactionResult) => void
}

/**
 * Compacts in a thread of its own, so that nobody waits for it on the way of an edit. There is one thread,
 * from the first job until it has been idle for a while. A job has a deadline and the thread a bound on its
 * memory: what reaches one of them fails, and the next job gets a new thread. A process stays alive for a job,
 * and not for an idle thread. Never rejects.
 */
export class Compactor {
  readonly #heapMbMax: number
  readonly #deadlineMs: number
  readonly #queue: Waiting[] = []
  #queuedBytes = 0
  #worker: Worker | undefined
  #running: Waiting | undefined
  #deadline: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: CompactorOptions = {}) {
    this.#heapMbMax = options.heapMbMax ?? COMPACTION_LIMITS.heapMbMax
    this.#deadlineMs = options.deadlineMs ?? COMPACTION_LIMITS.deadlineMs
  }

  compact(updates: readonly Uint8Array[], options: CompactionOptions): Promise<CompactionResult> {
    const bytes = updates.reduce((sum, { length }) => sum + length, 0)
    const { jobsMax, queuedBytesMax } = COMPACTION_LIMITS
    const isFull = this.#queue.length >= jobsMax || this.#queuedBytes + bytes > queuedBytesMax
    if (this.#closed || (isFull && this.#queue.length > 0)) {
      return Promise.resolve(this.#closed ? CLOSING : BUSY)
    }
    return new Promise((resolve) => {
      this.#queue.push({ updates, options, bytes, resolve })
      this.#queuedBytes += bytes
      this.#next()
    })
  }

  #next(): void {
    if (this.#running !== undefined) return
    const job = this.#queue.shift()
    if (job === undefined) return this.#rest()
    this.#queuedBytes -= job.bytes
    this.#running = job
    clearTimeout(this.#idle)
    try {
      this.#hand(job, (this.#worker ??= this.#start()))
    } catch (error) {
      this.#giveUp(failed((error as Error).message))
    }
  }

  #hand(job: Waiting, worker: Worker): void {
    worker.ref()
    const boundMs = this.#deadlineMs + job.bytes / COMPACTION_LIMITS.bytesPerMs
    this.#deadline = setTimeout(
      () => this.#giveUp(failed(`It took over ${Math.round(boundMs)} ms.`)),
      boundMs,
    )
    const packed = pack(job.updates)
    const message: CompactionJob = { updates: packed, ...job.options }
    worker.postMessage(message, [packed.bytes.buffer])
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: this.#heapMbMax }
    // Flags of this process are not for it: a condition of tests would have it load TypeScript.
    const worker = new Worker(builtWorker(), { resourceLimits, execArgv: [] })
    const ended = (reason: string): void => {
      if (worker === this.#worker) this.#giveUp(failed(`The thread ended: ${reason}.`))
    }
    worker.on('message', (result: CompactionResult) => this.#done(worker, result))
    worker.on('error', ({ message }) => ended(message))
    worker.on('exit', (code) => ended(`exit code ${code}`))
    return worker
  }

  #done(worker: Worker, result: CompactionResult): void {
    if (worker !== this.#worker) return
    clearTimeout(this.#deadline)
    const job = this.#running
    this.#running = undefined
    job?.resolve(result)
    this.#next()
  }

  /** The thread is of no use any more: the job fails, and the next one gets another. */
  #giveUp(result: CompactionResult): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    clearTimeout(this.#deadline)
    const job = this.#running
    this.#running = undefined
    job?.resolve(result)
    this.#next()
  }

  #rest(): void {
    this.#worker?.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.#worker?.terminate()
      this.#worker = undefined
    }, COMPACTION_LIMITS.idleMs)
    this.#idle.unref()
  }

  /** Jobs that wait or run fail. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    const waiting = this.#queue.splice(0)
    const worker = this.#worker
    this.#giveUp(CLOSING)
    for (const { resolve } of waiting) resolve(CLOSING)
    await worker?.terminate()
    clearTimeout(this.#idle)
  }
}

function failed(reason: string): CompactionResult {
  return { ok: false, reason: `The document can't be compacted: ${reason}` }
}

/** Threads run what is built: Node 20 does not load TypeScript. */
function builtWorker(): string {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@rejoin/replica/compaction-worker')
  if (existsSync(path)) return path
  throw new Error(`The compaction thread ${path} is not built; run npm run build.`)
}
