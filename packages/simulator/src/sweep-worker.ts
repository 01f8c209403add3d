import { parentPort } from 'node:worker_threads'

import { liveThrough } from './live-through.ts'

parentPort?.on('message', async ({ from, count }: { from: number; count: number }) => {
  parentPort?.postMessage(await liveThrough(from, count), [])
})
