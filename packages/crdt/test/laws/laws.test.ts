import { execFileSync } from 'node:child_process'

import { afterAll, describe, expect, test } from 'vitest'

import type { AnyLaw, Law } from './law.ts'
import { boundedCounterLaw } from './laws/bounded-counter.ts'
import { counterLaw } from './laws/counter.ts'
import { disableWinsLaw, enableWinsLaw } from './laws/flag.ts'
import { listLaw } from './laws/list.ts'
import { mapLaw } from './laws/map.ts'
import { multiValueRegisterLaw } from './laws/multi-value-register.ts'
import { registerLaw } from './laws/register.ts'
import { addWinsLaw, growOnlyLaw, removeWinsLaw } from './laws/set.ts'
import { countMinSketchLaw, hyperLogLogLaw, quantilesLaw, topKLaw } from './laws/summaries.ts'
import { richTextLaw, textLaw } from './laws/text.ts'
import { treeLaw } from './laws/tree.ts'
import { live } from './run.ts'

// Random histories of every type against its reference. Seeds come from the commit, so that a red run
// is red again; LAW=… SEED=… replays one, HISTORIES=… runs more of each.
const HISTORIES = Number(process.env['HISTORIES'] ?? 60)
/** How many histories a wrong variant may take to be found out. */
const PATIENCE = 500

const laws = [
  registerLaw,
  multiValueRegisterLaw,
  counterLaw,
  enableWinsLaw,
  disableWinsLaw,
  addWinsLaw,
  removeWinsLaw,
  growOnlyLaw,
  boundedCounterLaw,
  listLaw,
  treeLaw,
  mapLaw,
  textLaw,
  richTextLaw,
  hyperLogLogLaw,
  countMinSketchLaw,
  quantilesLaw,
  topKLaw,
] as unknown as readonly AnyLaw[]

const rows: string[][] = []

describe.each(laws.filter(({ name }) => (process.env['LAW'] ?? name) === name))(
  '[D1] $name',
  (law) => {
    test('every copy shows what the reference says, whatever happens between them', () => {
      let [operations, fewest, most] = [0, Infinity, 0]
      for (const seed of seeds()) {
        const history = replayable(law, seed)
        operations += history.operations
        fewest = Math.min(fewest, history.copies)
        most = Math.max(most, history.copies)
      }
      rows.push([law.name, `${fewest}–${most}`, `${seeds().length}`, `${operations}`, '0', ''])
      expect(operations).toBeGreaterThan(seeds().length * 10)
    })

    test.each(Object.entries(law.wrong))('a type in which %s is found out', (name, type) => {
      const took = seeds(PATIENCE).findIndex((seed) => isFoundOut(law, seed, type)) + 1
      rows.push([`  ✗ ${name}`, '', '', '', '', took > 0 ? `caught in ${took}` : 'MISSED'])
      expect(took).toBeGreaterThan(0)
    })
  },
)

afterAll(() => {
  const head = ['type', 'copies', 'histories', 'operations', 'mismatches', 'wrong variant']
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  )
  for (const row of [head, ...rows]) {
    console.log(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
  }
})

function seeds(count = HISTORIES): number[] {
  const { SEED } = process.env
  if (SEED !== undefined) return [Number(SEED)]
  return Array.from({ length: count }, (_, index) => FIRST + index)
}

const FIRST = firstSeed()

function firstSeed(): number {
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
    return Number.parseInt(commit.slice(0, 7), 16)
  } catch {
    return 1_000_000
  }
}

/** A failure prints the command that replays it. */
function replayable(law: AnyLaw, seed: number): ReturnType<typeof live> {
  try {
    return live(law as unknown as Law<unknown, unknown>, seed)
  } catch (error) {
    const command = `LAW='${law.name}' SEED=${seed} npx vitest run --config test/vitest.config.ts laws`
    throw new Error(`${(error as Error).message}\nreplay: ${command}`, { cause: error })
  }
}

function isFoundOut(law: AnyLaw, seed: number, type: AnyLaw['type']): boolean {
  try {
    live(law as unknown as Law<unknown, unknown>, seed, type as never)
    return false
  } catch (error) {
    // It must show something wrong; that it breaks down would prove nothing.
    if ((error as Error).name !== 'AssertionError') throw error
    return true
  }
}
