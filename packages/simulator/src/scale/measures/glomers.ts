import { atMost, quantile, type Figure } from '../figure.ts'
import type { ScaleWorld } from '../scale-world.ts'
import { settledWorld, type Setting } from '../settled.ts'
import type { Spread } from '../spread.ts'

/** Gossip Glomers 3d and 3e (fly.io, on Maelstrom): 25 nodes, 100 ms, 100 operations a second for 20 s. */
const REPLICAS = 25
const LATENCY_MS = 100
const SPACING_MS = 10
const OPERATIONS = 2_000
/** Until the last of them is visible everywhere. */
const END_MS = 3_000

/**
 * The broadcast challenge, with the configuration that everything else has too. In Maelstrom about every
 * second operation is a read, which costs no message between servers and counts as an operation; the harder
 * way, in which all are broadcasts, is told first. Visible everywhere is from making an entry to when the
 * last replica has it, which no read needs to show.
 */
export function glomers(setting: Setting): Figure[] {
  return [
    ...play(setting, 1, 'all broadcast'),
    ...play(setting, 2, 'half broadcast, half read, as Maelstrom’s'),
  ]
}

/** One in `every` operations is a broadcast. */
function play(setting: Setting, every: number, name: string): Figure[] {
  const latency = [LATENCY_MS, LATENCY_MS] as const
  const world = settledWorld({ ...setting, replicas: REPLICAS }, { latency })
  const before = world.network.traffic.total()
  const spreads = operate(world, every)
  const { frames } = world.network.traffic.since(before)
  world.run(END_MS)
  const missed = spreads.reduce((sum, { reached }) => sum + REPLICAS - reached, 0)
  const times = spreads.map(({ lastMs }) => lastMs)
  const [messages, median] = [frames / OPERATIONS, quantile(times, 0.5)]
  const each = frames / spreads.length
  const most = Math.max(...times)
  return [
    { what: `${name}: missed`, value: missed, unit: '', target: atMost(0) },
    limit(`${name}: messages between servers`, messages, { unit: 'an operation', d: 30, e: 20 }),
    { what: `${name}: the same, by broadcasts only`, value: each, unit: 'a broadcast' },
    limit(`${name}: visible everywhere, median`, median, { unit: 'ms', d: 400, e: 1_000 }),
    limit(`${name}: visible everywhere, most`, most, { unit: 'ms', d: 600, e: 2_000 }),
  ]
}

function operate(world: ScaleWorld, every: number): Spread[] {
  const spreads: Spread[] = []
  for (let operation = 0; operation < OPERATIONS; operation++) {
    if (operation % every === 0) spreads.push(world.publish(world.pick(world.up())))
    world.run(SPACING_MS)
  }
  return spreads
}

/** Both challenges at once: the tighter limit of the two is the target. */
function limit(
  what: string,
  value: number,
  { unit, d, e }: { unit: string; d: number; e: number },
): Figure {
  const published = `limits: 3d ${d}, 3e ${e.toLocaleString('en')}`
  return { what, value, unit, published, target: atMost(Math.min(d, e)) }
}
