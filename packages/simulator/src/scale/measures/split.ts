import { atMost, type Figure } from '../figure.ts'
import { graphOf, isConnected } from '../overlay-graph.ts'
import type { ScaleWorld } from '../scale-world.ts'
import { settledWorld, type Setting } from '../settled.ts'
import type { Spread } from '../spread.ts'

/** Longer than every failure detection takes. */
const SPLIT_MS = 120_000
/** Broadcasts in each half meanwhile. */
const BROADCASTS = 10
const STEP_MS = 250
const LIMIT_MS = 300_000

/** Two halves can't reach each other for a while, and then can again. */
export function split(setting: Setting): Figure[] {
  const world = settledWorld(setting)
  const spreads = apart(world)
  const whole = world.cast.ids.length
  const wasApart = !isConnected(graphOf(world), world.up())
  const before = world.network.traffic.total()
  const healedAt = world.now
  world.network.heal()
  let [oneMs, allMs] = [Infinity, Infinity]
  while (Math.max(oneMs, allMs) === Infinity && world.now - healedAt < LIMIT_MS) {
    world.run(STEP_MS)
    const sinceMs = world.now - healedAt
    if (oneMs === Infinity && isConnected(graphOf(world), world.up())) oneMs = sinceMs
    if (allMs === Infinity && spreads.every(({ reached }) => reached === whole)) allMs = sinceMs
  }
  const sent = world.network.traffic.since(before)
  const missed = spreads.reduce((sum, { reached }) => sum + whole - reached, 0)
  return [
    { what: 'fell into two', value: wasApart ? 100 : 0, unit: '%' },
    { what: 'one overlay again', value: oneMs / 1_000, unit: 's after healing' },
    { what: 'all have everything', value: allMs / 1_000, unit: 's after healing' },
    { what: 'missed', value: missed, unit: '', target: atMost(0) },
    { what: 'frames until then', value: sent.frames / whole, unit: 'a replica' },
    { what: 'bytes until then', value: sent.bytes / whole, unit: 'B a replica' },
  ]
}

/** The halves are cut from each other, and both go on. */
function apart(world: ScaleWorld): Spread[] {
  const order = world.shuffled(world.up())
  const half = Math.floor(order.length / 2)
  const halves = [order.slice(0, half), order.slice(half)]
  const first = new Set(halves[0])
  world.network.split((place) => (first.has(place) ? 1 : 2))
  const spreads: Spread[] = []
  const spacing = SPLIT_MS / BROADCASTS
  for (let round = 0; round < BROADCASTS; round++) {
    for (const places of halves) spreads.push(world.publish(world.pick(places)))
    world.run(spacing)
  }
  return spreads
}
