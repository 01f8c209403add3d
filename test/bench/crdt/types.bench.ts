import { describe, expect, test } from 'vitest'

import type { Case, Open } from './cases/case.ts'
import { keyed } from './cases/keyed.ts'
import { ordered } from './cases/ordered.ts'
import { scalars } from './cases/scalars.ts'
import { summaries } from './cases/summaries.ts'
import { grow, MODES, type Mode, type Point } from './growth.ts'
import { filled, LARGE, largeSpeed, loading } from './large.ts'
import { CONTESTS, LIBRARIES, ratesOf } from './peers.ts'
import { pushAndDelete, readingRate, receivingRates, speedOf } from './speed.ts'
import { printTable } from './table.ts'

const CASES: readonly Case[] = [...scalars, ...keyed, ...ordered, ...summaries]
const SHOWN = [1_000, 10_000, 100_000]
const NOTHING: Open = () => ({ act: () => undefined, read: () => undefined })

const typedByMode = new Map<Mode, readonly Point[]>()

describe('growth', () => {
  test('of each type, by the number of changes', () => {
    const rows = CASES.flatMap((each) => MODES.map((mode, at) => growthRow(each, mode, at === 0)))
    const bytes = SHOWN.map((ops) => `after ${ops.toLocaleString('en')}`)
    const head = ['type', 'writers', ...bytes, 'structs', 'bytes an op']
    const naive = ['naive', 'after', 'an op', 'live data', 'naive is', 'right?']
    printTable('Growth: bytes of the document, without what is typed', [...head, ...naive], rows)
    expect(rows).toHaveLength(CASES.length * MODES.length)
  })
})

describe('speed', () => {
  test('of local changes, and of reading', () => {
    const raw = speedOf(pushAndDelete)
    const rows = CASES.map(({ name, ours, naive }) => {
      const [own, plain, read] = [speedOf(ours), speedOf(naive), readingRate(ours)]
      const ratios = [own.alone / raw.alone, own.alone / plain.alone]
      const batchedRatios = [own.batched / raw.batched, own.batched / plain.batched]
      return [
        name,
        own.alone,
        ...ratios,
        read,
        own.batched,
        ...batchedRatios,
        own.bytes,
        plain.bytes,
      ]
    })
    const head = ['type', 'alone', '÷ raw', '÷ naive', 'alone, read', 'batched', '÷ raw', '÷ naive']
    const title =
      'Local changes a second: each in a transaction, 1,000 in one. Raw is Y.Array push + delete of the ' +
      `one before: ${Math.round(raw.alone)} and ${Math.round(raw.batched)}.`
    printTable(title, [...head, 'bytes sent', 'naive sent'], rows)
    expect(rows).toHaveLength(CASES.length)
  })

  test('of updates that arrive', () => {
    const rows = CASES.map((each) => {
      const { plain, bound } = receivingRates(each)
      return [each.name, bound, plain, bound / plain]
    })
    printTable('Updates received a second, one by one', ['type', 'bound', 'plain', '÷ plain'], rows)
    expect(rows).toHaveLength(CASES.length)
  })

  test('beside other libraries', () => {
    const rows = CONTESTS.map((contest) => {
      const rates = LIBRARIES.map((library) => ratesOf(contest, library))
      const alone = rates.map((each) => each?.alone ?? '-')
      return [contest.name, ...alone, ...rates.map((each) => each?.batched ?? '-')]
    })
    const head = [...LIBRARIES, ...LIBRARIES.map((library) => `${library}, batched`)]
    printTable('Changes a second, with what is to be sent for them', ['change', ...head], rows)
    expect(rows).toHaveLength(CONTESTS.length)
  })

  test('of large values', () => {
    const speeds: (string | number)[][] = []
    const loads: (string | number)[][] = []
    for (const large of LARGE) {
      const update = filled(large)
      if (large.tokens <= 10_000) {
        const { changes, changesRead, received, receivedPlain } = largeSpeed(large, update)
        speeds.push([large.name, large.tokens, changes, changesRead, received, receivedPlain])
      }
      const load = loading(large, update)
      const heaps = [load.plainHeapBytes, load.boundHeapBytes].map((bytes) => bytes / large.tokens)
      const times = [load.plainMs, load.boundMs, load.openMs, load.readMs]
      loads.push([large.name, large.tokens, load.bytes / large.tokens, ...times, ...heaps])
    }
    const head = ['value', 'tokens', 'changes', 'changes, read', 'received', 'received, plain']
    printTable('Large values: a second', head, speeds)
    const ms = ['plain ms', 'bound ms', 'bind after, ms', 'first read, ms']
    const memory = ['bytes a token', ...ms, 'heap a token, plain', 'heap a token, bound']
    printTable('Large values: loading from one update', ['value', 'tokens', ...memory], loads)
    expect(loads).toHaveLength(LARGE.length)
  })
})

function growthRow(each: Case, mode: Mode, isFirst: boolean): (string | number)[] {
  const { points, values } = grow(each.ours, mode, each.opsMax)
  const naive = grow(each.naive, mode, naiveOpsMax(each, mode))
  const { ops } = points.at(-1) as Point
  for (const value of values) expect(value, each.name).toEqual(each.expected?.(ops) ?? values[0])
  const [own, others] = [less(points, typedIn(mode)), less(naive.points, typedIn(mode))]
  return [
    each.name,
    mode.name,
    ...SHOWN.map((after) => own.find((point) => point.ops === after)?.bytes ?? ''),
    own.at(-1)?.structs ?? 0,
    slope(own),
    others.at(-1)?.bytes ?? 0,
    others.at(-1)?.ops ?? 0,
    slope(others),
    ...(isFirst ? [each.live, each.naiveIs, each.naiveVerdict] : ['', '', '']),
  ]
}

/** Enough to see how it grows, which is evenly. */
function naiveOpsMax({ opsMax = Infinity, naiveOpsMax: own = Infinity }: Case, mode: Mode): number {
  return Math.min(opsMax, own, mode.writers === 1 ? 10_000 : 1_000)
}

/** The document without the type: only what was typed. */
function typedIn(mode: Mode): readonly Point[] {
  const points = typedByMode.get(mode) ?? grow(NOTHING, mode).points
  typedByMode.set(mode, points)
  return points
}

function less(points: readonly Point[], typed: readonly Point[]): Point[] {
  return points.map(({ ops, bytes, structs }, at) => ({
    ops,
    bytes: bytes - (typed[at]?.bytes ?? 0),
    structs: structs - (typed[at]?.structs ?? 0),
  }))
}

/** Bytes a change between the last two measurements. */
function slope(points: readonly Point[]): number {
  const [before, last] = points.slice(-2) as [Point, Point]
  return Math.round(((last.bytes - before.bytes) / (last.ops - before.ops)) * 100) / 100
}
