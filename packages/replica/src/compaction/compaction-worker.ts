import { parentPort } from 'node:worker_threads'

import { compact, type CompactionOptions, type CompactionResult } from './compact.ts'
import { unpack, type Packed } from './packed.ts'

/** The thread that compacts: one job after the other, each answered with its result. */
export interface CompactionJob extends CompactionOptions {
  readonly updates: Packed
}

parentPort?.on('message', ({ updates, ...options }: CompactionJob) => {
  const result: CompactionResult = compact(unpack(updates), options)
  // Yjs hands out an array that is all of its buffer; it is given away rather than copied.
  const transfer = result.ok ? [result.snapshot.buffer as ArrayBuffer] : []
  parentPort?.postMessage(result, transfer)
})
