import { parentPort } from 'node:worker_threads'

import { liveThrough } from './live-through.ts'

parentPort?.on('message', ({ from, count }: { from: number; count: number }) => {
  parentPort?.postMessage(liveThrough(from, count), [])
})
