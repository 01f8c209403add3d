import { Worker } from 'node:worker_threads'

import { NOTHING_HAPPENED, type Happened } from './happened.ts'
import type { Wish } from './wish.ts'

/** A seed whose history broke a rule, or ended in an error. */
export interface Broken {
  readonly seed: number
  readonly message: string
}

/** What came of some seeds. */
export interface Swept {
  seeds: number
  virtualMs: number
  readonly happened: Happened
  readonly broken: Broken[]
}

export interface SweepOptions {
  readonly from: number
  readonly seeds: number
  readonly wish: Wish
  /** Threads. */
  readonly jobs: number
  readonly onProgress: (soFar: Swept) => void
}

/** Seeds that a thread is given to live through. */
export interface Chunk {
  readonly from: number
  readonly count: number
  readonly wish: Wish
}

/** Seeds that a thread lives through before it is given more. */
const CHUNK = 10

export function nothingSwept(): Swept {
  return { seeds: 0, virtualMs: 0, happened: { ...NOTHING_HAPPENED }, broken: [] }
}

export function addSwept(sum: Swept, more: Swept): void {
  sum.seeds += more.seeds
  sum.virtualMs += more.virtualMs
  sum.broken.push(...more.broken)
  for (const [what, count] of Object.entries(more.happened)) {
    sum.happened[what as keyof Happened] += count
  }
}

/** Lives the histories of many seeds, in threads. */
export async function sweep({ from, seeds, wish, jobs, onProgress }: SweepOptions): Promise<Swept> {
  const sum = nothingSwept()
  let next = from
  const chunk = (): Chunk | undefined => {
    const count = Math.min(CHUNK, from + seeds - next)
    if (count <= 0) return undefined
    next += count
    return { from: next - count, count, wish }
  }
  const threads = Array.from({ length: jobs }, async () => {
    await runThread(chunk, (swept) => {
      addSwept(sum, swept)
      onProgress(sum)
    })
  })
  await Promise.all(threads)
  sum.broken.sort((a, b) => a.seed - b.seed)
  return sum
}

/** Gives a thread one chunk after the other until there are none. */
function runThread(chunk: () => Chunk | undefined, onSwept: (swept: Swept) => void): Promise<void> {
  const first = chunk()
  if (first === undefined) return Promise.resolve()
  const worker = new Worker(new URL('./sweep-worker.js', import.meta.url))
  worker.postMessage(first, [])
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', () => resolve())
    worker.on('message', (swept: Swept) => {
      onSwept(swept)
      const next = chunk()
      if (next === undefined) void worker.terminate()
      else worker.postMessage(next, [])
    })
  })
}
