import { execFileSync } from 'node:child_process'

import {
  addSwept,
  live,
  liveThrough,
  mixOf,
  nothingSwept,
  replayCommand,
  shrink,
  type Mix,
} from '@rejoin/simulator'
import { describe, expect, test } from 'vitest'

// Random histories, each checked against slow twins. Seeds come from the commit, so that a red run is
// red again; SEEDS=… runs more or fewer of them. `npm run simulate` is for long sweeps.
const SEEDS = Number(process.env['SEEDS'] ?? 2_000)
const CHUNK = 50
/** Between them everything happens that can. */
const PINNED = 40

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return '1000000'
  }
}

function chunks(): { from: number; count: number }[] {
  const first = Number.parseInt(commit().slice(0, 7), 16)
  const count = Math.ceil(SEEDS / CHUNK)
  const drawn = Array.from({ length: count }, (_, at) => {
    return { from: first + at * CHUNK, count: Math.min(CHUNK, SEEDS - at * CHUNK) }
  })
  return [{ from: 1, count: PINNED }, ...drawn]
}

describe('[L1] [L2] [L4] [L5] [L6] [L7] [L8] [S1] [S2] [S3] random histories with faults', () => {
  const total = nothingSwept()

  test.for(chunks())('$count seeds from $from', async ({ from, count }) => {
    const swept = await liveThrough(from, count)
    addSwept(total, swept)
    const told = swept.broken.map(
      ({ seed, message }) => `${message}\n${replayCommand(mixOf(seed))}`,
    )
    expect(told.join('\n')).toBe('')
  })

  test('the histories were not harmless', () => {
    for (const [what, times] of Object.entries(total.happened)) {
      expect(times, what).toBeGreaterThan(0)
    }
  })
})

async function traceOf(mix: Mix): Promise<string[]> {
  const lines: string[] = []
  await live(mix, (line) => lines.push(line))
  return lines
}

test.for(['store', 'identity'] as const)(
  'a history of the profile %s is always the same',
  async (profile) => {
    const mix = mixOf(7, { profile })
    const trace = await traceOf(mix)
    expect(await traceOf(mix)).toEqual(trace)
    expect(await traceOf(mixOf(8, { profile }))).not.toEqual(trace)
  },
)

test('a command replays a history, also one that was made smaller', () => {
  const mix = mixOf(12)
  expect(replayCommand(mix)).toBe('npm run simulate -- --seed 12')
  const smaller = { ...mix, moments: 5, likely: { ...mix.likely, part: 0, crash: 0 } }
  expect(replayCommand(smaller)).toMatch(/^npm run simulate -- --seed 12 --moments 5 --without /)
})

test('histories that are lived at the same time do not disturb each other', async () => {
  const mix = mixOf(7)
  const alone = await traceOf(mix)
  const [first, second] = await Promise.all([traceOf(mix), traceOf(mix), traceOf(mixOf(8))])
  expect(first).toEqual(alone)
  expect(second).toEqual(alone)
})

test('a history that breaks nothing is not made smaller', async () => {
  const mix = mixOf(3, { moments: 10 })
  expect(await shrink(mix)).toBe(mix)
})
