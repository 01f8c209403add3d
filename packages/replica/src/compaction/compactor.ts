import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

import type { CompactionOptions, CompactionResult } from './compact.ts'
import type { CompactionJob } from './compaction-worker.ts'
import { COMPACTION_LIMITS } from './limits.ts'
import { pack } from './packed.ts'

export interface CompactorOptions {
  /** JavaScript heap of the thread, in MB; a job that needs more fails. Left out: 1,024. */
  readonly heapMbMax?: number
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
 * memory: what reaches one of them fails, and the next job gets a new thread. Never rejects.
 */
export class Compactor {
  readonly #heapMbMax: number
  readonly #queue: Waiting[] = []
  #queuedBytes = 0
  #worker: Worker | undefined
  #running: Waiting | undefined
  #deadline: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: CompactorOptions = {}) {
    this.#heapMbMax = options.heapMbMax ?? COMPACTION_LIMITS.heapMbMax
  }

  compact(updates: readonly Uint8Array[], options: CompactionOptions): Promise<CompactionResult> {
    const bytes = updates.reduce((sum, { length }) => sum + length, 0)
    const { jobsMax, queuedBytesMax } = COMPACTION_LIMITS
    const isFull = this.#queue.length >= jobsMax || this.#queuedBytes + bytes > queuedBytesMax
    if (this.#closed || (isFull && this.#queue.length > 0)) {
      const reason = this.#closed ? 'The replica is closing.' : 'Too many documents wait already.'
      return Promise.resolve({ ok: false, reason })
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
    const worker = (this.#worker ??= this.#start())
    const { deadlineMs, bytesPerMs } = COMPACTION_LIMITS
    const boundMs = deadlineMs + job.bytes / bytesPerMs
    this.#deadline = setTimeout(
      () => this.#giveUp(`It took over ${Math.round(boundMs)} ms.`),
      boundMs,
    )
    this.#deadline.unref()
    const packed = pack(job.updates)
    const message: CompactionJob = { updates: packed, ...job.options }
    worker.postMessage(message, [packed.bytes.buffer])
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: this.#heapMbMax }
    const worker = new Worker(builtWorker(), { resourceLimits })
    worker.unref()
    worker.on('message', (result: CompactionResult) => this.#done(worker, result))
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#giveUp(`The thread ended: ${error.message}.`)
    })
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
  #giveUp(reason: string): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    clearTimeout(this.#deadline)
    const job = this.#running
    this.#running = undefined
    job?.resolve({ ok: false, reason: `The document can't be compacted: ${reason}` })
    this.#next()
  }

  #rest(): void {
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
    this.#giveUp('The replica is closing.')
    for (const { resolve } of waiting) resolve({ ok: false, reason: 'The replica is closing.' })
    await worker?.terminate()
    clearTimeout(this.#idle)
  }
}

/** Threads run what is built: Node 20 does not load TypeScript. */
function builtWorker(): string {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@rejoin/replica/compaction-worker')
  if (existsSync(path)) return path
  throw new Error(`The compaction thread ${path} is not built; run npm run build.`)
}
