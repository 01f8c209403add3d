import { parentPort } from 'node:worker_threads'

import { liveThrough } from './live-through.ts'
import type { Chunk } from './sweep.ts'

parentPort?.on('message', async ({ from, count, wish }: Chunk) => {
  parentPort?.postMessage(await liveThrough(from, count, wish), [])
})
