import { execFileSync } from 'node:child_process'

import { describe, expect, test } from 'vitest'

import { checkAlways, checkAtRest } from './checks.ts'
import { NOTHING_HAPPENED, World, type Happened } from './world.ts'

// Random histories against slow twins. Seeds come from the commit, so that a red run is red again;
// SEED=… replays one, SEEDS=… runs more of them.
const SEEDS = Number(process.env['SEEDS'] ?? 60)
const PINNED = [1, 2, 3]

function seeds(): number[] {
  const { SEED } = process.env
  if (SEED !== undefined) return [Number(SEED)]
  const first = Number.parseInt(commit().slice(0, 7), 16)
  return [...PINNED, ...Array.from({ length: SEEDS }, (_, index) => first + index)]
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return '1000000'
  }
}

/** A failure prints the command that replays it. */
function replayable(seed: number): ReturnType<typeof live> {
  try {
    return live(seed)
  } catch (error) {
    const command = `SEED=${seed} npx vitest run --config test/vitest.config.ts convergence`
    throw new Error(`${(error as Error).message}\nreplay: ${command}`, { cause: error })
  }
}

/** One history: 20 s of faults, then peace. */
function live(seed: number): { happened: Happened; asks: number; acked: number } {
  const replicas = 2 + (seed % 4)
  const profile = seed % 3 === 0 ? 'identity' : 'store'
  const world = new World({ seed, replicas, clients: 6, profile })
  for (let moment = 0; moment < 400; moment++) {
    world.disturb()
    world.agenda.run(world.agenda.between(0, 100))
    if (moment % 10 === 0) checkAlways(world)
  }
  world.heal()
  world.agenda.run(60_000)
  checkAtRest(world)
  checkQuiet(world)
  const asks = world.clients.reduce((sum, client) => sum + client.asks, 0)
  const acked = world.clients.reduce((sum, client) => sum + client.acked.size, 0)
  return { happened: world.happened, asks, acked }
}

/** [L6] at rest there are heartbeats and nothing else: one frame a link end every 5 s. */
function checkQuiet(world: World): void {
  const before = world.replicas.map(({ framesSent }) => framesSent)
  world.agenda.run(10_000)
  for (const [index, { framesSent, ends }] of world.replicas.entries()) {
    expect(framesSent - (before[index] ?? 0)).toBeLessThanOrEqual(ends.size * 3)
  }
}

describe('[L2] [L4] [L5] [L6] [L7] [L8] [S1] [S2] [S3] random histories with faults', () => {
  const totals = { ...NOTHING_HAPPENED, asks: 0, acked: 0 }

  test.for(seeds())('seed %i', (seed) => {
    const { happened, asks, acked } = replayable(seed)
    for (const [fault, count] of Object.entries(happened)) totals[fault as keyof Happened] += count
    totals.asks += asks
    totals.acked += acked
  })

  test.skipIf(process.env['SEED'] !== undefined)('the histories were not harmless', () => {
    for (const [what, count] of Object.entries(totals)) expect(count, what).toBeGreaterThan(0)
  })
})
