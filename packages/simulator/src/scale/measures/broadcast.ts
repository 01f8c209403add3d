import { atMost, mean, quantile, type Figure } from '../figure.ts'
import type { ScaleWorld } from '../scale-world.ts'
import { MANY_REPLICAS, settledWorld, type Setting } from '../settled.ts'
import type { Spread } from '../spread.ts'
import type { Sent } from '../traffic.ts'

/** How often who sends. */
export interface Senders {
  /** Rounds of one sender, in which its tree grows; they don't count. */
  readonly warmUp: number
  /** Rounds of one sender. */
  readonly one: number
  /** Rounds of a random one each. */
  readonly random: number
  /** Replicas that send at once, in one round. */
  readonly burst: number
}

/** Among many not all send at once. */
function sendersOf(replicas: number): Senders {
  const some = { warmUp: 10, one: 30 }
  if (replicas < MANY_REPLICAS) return { ...some, random: 300, burst: replicas }
  return { ...some, random: 30, burst: 100 }
}

const ROUND_MS = 1_000
/** Anti-entropy has brought by then what the broadcast missed. */
const END_MS = 15_000

/** What there is to compare one kind of broadcast with. */
interface Comparison {
  readonly redundancy: { readonly published: string; readonly most: number }
  readonly hops: { readonly published: string; readonly most: number }
  readonly lastMsMost?: number
}

const ONE: Comparison = {
  redundancy: { published: '≈ 0 (Plumtree), < 0.2 (iroh)', most: 0.02 },
  hops: { published: '< 15 (iroh, 1,000)', most: 11 },
  lastMsMost: 600,
}
const RANDOM: Comparison = {
  redundancy: { published: '< 1 (iroh)', most: 0.3 },
  hops: { published: '< 18 (iroh, 1,000)', most: 13 },
  lastMsMost: 600,
}
const BURST: Comparison = {
  redundancy: { published: '< 3 (iroh)', most: 1 },
  hops: { published: '< 30 (iroh, 1,000)', most: 16 },
}

/** How well entries are brought to everybody: from one sender, from random ones, and from many at once. */
export function broadcast(
  setting: Setting,
  senders: Senders = sendersOf(setting.replicas),
): Figure[] {
  const world = settledWorld(setting)
  const places = world.up()
  const sender = world.pick(places)
  rounds(world, senders.warmUp, () => [sender])
  const one = rounds(world, senders.one, () => [sender])
  const random = rounds(world, senders.random, () => [world.pick(places)])
  const burst = rounds(world, 1, () => world.shuffled(places).slice(0, senders.burst))
  return [
    ...figuresOf(`one sender, ${senders.one} rounds`, one, ONE),
    ...figuresOf(`random senders, ${senders.random} rounds`, random, RANDOM),
    ...figuresOf(`${senders.burst} at once`, burst, BURST),
  ]
}

interface Rounds {
  readonly world: ScaleWorld
  readonly spreads: readonly Spread[]
  /** What was sent until all was quiet again, and what would have been in that time at rest. */
  readonly sent: Sent
  readonly restFrames: number
  readonly restBytes: number
}

function rounds(world: ScaleWorld, count: number, senders: () => readonly number[]): Rounds {
  const quiet = world.network.traffic.total()
  world.run(END_MS)
  const rest = world.network.traffic.since(quiet)
  const [before, beganAt] = [world.network.traffic.total(), world.now]
  const spreads: Spread[] = []
  for (let round = 0; round < count; round++) {
    for (const sender of senders()) spreads.push(world.publish(sender))
    world.run(ROUND_MS)
  }
  world.run(END_MS - ROUND_MS)
  const share = (world.now - beganAt) / END_MS
  return {
    world,
    spreads,
    sent: world.network.traffic.since(before),
    restFrames: rest.frames * share,
    restBytes: rest.bytes * share,
  }
}

function figuresOf(name: string, measured: Rounds, comparison: Comparison): Figure[] {
  const { spreads, sent, world } = measured
  const replicas = world.cast.ids.length
  const { published, most } = comparison.redundancy
  return [
    {
      what: `${name}: missed`,
      value: spreads.reduce((sum, { reached }) => sum + replicas - reached, 0),
      unit: '',
      published: '0',
      target: atMost(0),
    },
    {
      what: `${name}: RMR`,
      value: sent.payloads / (spreads.length * (replicas - 1)) - 1,
      unit: '',
      published,
      target: atMost(most),
    },
    ...reachOf(name, spreads, comparison),
    ...controlOf(name, measured),
  ]
}

/** How far, and for how long, entries were on their way. */
function reachOf(name: string, spreads: readonly Spread[], comparison: Comparison): Figure[] {
  const { published, most } = comparison.hops
  const hops = spreads.map(({ lastHop }) => lastHop)
  const times = spreads.map(({ lastMs }) => lastMs)
  const { lastMsMost } = comparison
  const target = lastMsMost === undefined ? {} : { target: atMost(lastMsMost) }
  return [
    {
      what: `${name}: last hop, most`,
      value: Math.max(...hops),
      unit: 'hops',
      published,
      target: atMost(most),
    },
    { what: `${name}: last hop, mean`, value: mean(hops), unit: 'hops' },
    { what: `${name}: last replica, p50`, value: quantile(times, 0.5), unit: 'ms' },
    { what: `${name}: last replica, p99`, value: quantile(times, 0.99), unit: 'ms', ...target },
  ]
}

/** What is said about an entry beside bringing it, for each replica that it is brought to. */
function controlOf(
  name: string,
  { world, spreads, sent, restFrames, restBytes }: Rounds,
): Figure[] {
  const each = spreads.length * (world.cast.ids.length - 1)
  const frames = sent.frames - sent.payloadFrames - restFrames
  const bytes = sent.bytes - sent.payloadBytes - restBytes
  return [
    { what: `${name}: control frames beyond rest`, value: frames / each, unit: 'a replica' },
    { what: `${name}: control bytes beyond rest`, value: bytes / each, unit: 'B a replica' },
  ]
}
