import { atLeast, type Figure, type Target } from '../figure.ts'
import type { Death } from '../network.ts'
import { settledWorld, type Setting } from '../settled.ts'
import type { Spread } from '../spread.ts'

/** A broadcast that took no longer has come by itself, and not by repair. */
const AT_ONCE_MS = 2_000
/** HyParView's cycle: the overlay renews what it knows of others. */
const CYCLE_MS = 10_000
const LIMIT_S = 60
/** This share of the survivors counts as all of them. */
const NEARLY_ALL = 0.999

interface Loss {
  readonly percent: number
  readonly published: string
  /** What the first broadcast must reach by when, in percent of the survivors. */
  readonly target?: { readonly withinMs: number; readonly percent: number }
}

const LOSSES: readonly Loss[] = [
  { percent: 50, published: '≈ 100 % (HyParView)' },
  {
    percent: 80,
    published: '≈ 100 % (HyParView)',
    target: { withinMs: 2 * CYCLE_MS, percent: 99.9 },
  },
  { percent: 95, published: '≈ 90 % (HyParView)', target: { withinMs: CYCLE_MS, percent: 93 } },
]

/** Many replicas die at once; the others broadcast at once, and then each second. */
export function resilience(setting: Setting): Figure[] {
  return (['process', 'power'] as const).flatMap((death) => {
    return LOSSES.flatMap((loss) => figuresOf(setting, loss, death))
  })
}

function figuresOf(setting: Setting, loss: Loss, death: Death): Figure[] {
  const { survivors, spreads } = killed(setting, loss.percent, death)
  const [first] = spreads
  if (first === undefined) return []
  const name = `${loss.percent} % lose ${death === 'process' ? 'their process' : 'power'}`
  const reached = [1_000, AT_ONCE_MS, CYCLE_MS / 2, CYCLE_MS, 2 * CYCLE_MS, LIMIT_S * 1_000]
  return [
    ...reached.map((withinMs) => ({
      what: `${name}: broadcast at once has reached, after ${withinMs / 1_000} s`,
      value: (first.reachedOf(survivors, withinMs) / survivors.length) * 100,
      unit: '% of survivors',
      ...comparison(loss, death, withinMs),
    })),
    {
      what: `${name}: broadcast at once has reached 99.9 %`,
      value: first.shareMs(survivors, NEARLY_ALL) / 1_000,
      unit: 's after',
    },
    {
      what: `${name}: from then on broadcasts reach 99.9 % within ${AT_ONCE_MS / 1_000} s`,
      value: repairedAfterMs(spreads, survivors) / 1_000,
      unit: 's after',
    },
  ]
}

function comparison(
  { published, target }: Loss,
  death: Death,
  withinMs: number,
): { published?: string; target?: Target } {
  if (death === 'power') return {}
  const known = withinMs === AT_ONCE_MS ? { published } : {}
  return target?.withinMs === withinMs ? { ...known, target: atLeast(target.percent) } : known
}

function killed(
  setting: Setting,
  percent: number,
  death: Death,
): { survivors: readonly number[]; spreads: readonly Spread[] } {
  const world = settledWorld(setting)
  const order = world.shuffled(world.up())
  // Of a few, two are left.
  const dying = Math.min(order.length - 2, Math.round((order.length * percent) / 100))
  for (const place of order.slice(0, dying)) world.kill(place, death)
  const survivors = order.slice(dying)
  const spreads: Spread[] = []
  for (let second = 0; second < LIMIT_S; second++) {
    spreads.push(world.publish(world.pick(survivors)))
    world.run(1_000)
  }
  world.run(AT_ONCE_MS)
  return { survivors, spreads }
}

/** When the first of those broadcasts was sent after which all reached nearly everybody at once. */
function repairedAfterMs(spreads: readonly Spread[], survivors: readonly number[]): number {
  const needed = survivors.length * NEARLY_ALL
  const isWhole = (spread: Spread): boolean => spread.reachedOf(survivors, AT_ONCE_MS) >= needed
  const last = spreads.findLastIndex((spread) => !isWhole(spread))
  const [from, first] = [spreads[last + 1], spreads[0]]
  return from === undefined || first === undefined ? Infinity : from.sentAt - first.sentAt
}
