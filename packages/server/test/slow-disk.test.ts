import { memoryStore, openReplica, type Replica } from '@rejoin/replica'
import { expect, it } from 'vitest'

import { statusTable } from '../src/commands/status-table.ts'
import { health } from '../src/http/health.ts'
import type { Request } from '../src/http/request.ts'

/** A replica whose disk has been at one batch for `committingMs`. */
async function replicaThatCommits(committingMs: number | null): Promise<Replica> {
  const replica = await openReplica({ store: memoryStore() })
  const status = replica.status()
  await replica.close()
  return { ...replica, status: () => ({ ...status, store: { ...status.store, committingMs } }) }
}

it.each([
  [null, 200, 'accepted\n'],
  [900, 200, 'accepted\n'],
  [1_200, 200, 'accepted; the disk has been writing for 1 s'],
  [4_900, 200, 'accepted; the disk has been writing for 5 s'],
  [12_000, 503, 'accepted; the disk has been writing for 12 s'],
])('[S2] a disk that has been at one batch for %s ms: %i, "%s"', async (ms, status, text) => {
  const replica = await replicaThatCommits(ms)
  expect(statusTable(replica.status())).toContain(text)
  const answer = await health(replica).GET?.({} as Request)
  expect(answer).toMatchObject({ status })
})
