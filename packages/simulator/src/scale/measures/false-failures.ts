import { atMost, type Figure } from '../figure.ts'
import type { Lateness } from '../network.ts'
import type { Belief } from '../scale-world.ts'
import { MANY_REPLICAS, settledWorld, type Setting } from '../settled.ts'
import { runWithSlow } from './slow-processes.ts'

const HOUR_MS = 3_600_000
/** Until what starting has brought about is over. */
const QUIET_MS = 60_000
/** A run lasts until all replicas together have lived for so long, within these bounds. */
const REPLICA_MS = 4 * HOUR_MS
const LEAST_MS = 120_000
const MOST_MS = 600_000
/** Among many replicas it takes so long that some are suspected, and counted out. */
const MANY_MS = 60_000

const LATE: Lateness = { share: 0.01, leastMs: 1_000, mostMs: 3_000 }
/** Events that a process which is short of time takes in between: less than a tenth of what comes. */
const SOME = 10

/** What makes a run hard. */
interface Trouble {
  readonly name: string
  readonly slow: number
  readonly most: number
  readonly lateness?: Lateness
}

/** Incarnations of members which were up and that somebody declared failed. */
interface Declared {
  readonly healthy: number
  readonly slow: number
}

interface Compared {
  readonly trouble: Trouble
  readonly plain: Declared
  readonly lifeguard: Declared
}

/** Members that are up and are declared failed, by plain SWIM and with Lifeguard. */
export function falseFailures(setting: Setting): Figure[] {
  const all = troublesFor(setting.replicas).map((trouble) => {
    const plain = declared(setting, trouble, false)
    return { trouble, plain, lifeguard: declared(setting, trouble, true) }
  })
  return [...all.flatMap((each) => figuresOf(setting, each)), ...comparisonOf(all)]
}

function troublesFor(replicas: number): Trouble[] {
  const tenth = Math.max(1, Math.round(replicas / 10))
  const few = replicas < MANY_REPLICAS ? [1, 4, Math.max(4, Math.round(replicas * 0.03))] : []
  const counts = new Set([...few, tenth])
  const fit = [...counts].filter((count) => count <= replicas / 4).toSorted((a, b) => a - b)
  return [
    { name: 'frames late', slow: 0, most: 0, lateness: LATE },
    { name: `${tenth} stand still`, slow: tenth, most: Infinity },
    ...fit.map((slow) => ({ name: `${slow} short of time`, slow, most: SOME })),
  ]
}

function declared(setting: Setting, trouble: Trouble, lifeguard: boolean): Declared {
  const isSlow = new Set<number>()
  const failures = new Map<string, boolean>()
  let isCounting = false
  const onBelief = (_: number, belief: Belief): void => {
    if (!isCounting || belief.type !== 'member' || belief.change !== 'failed') return
    const { replica, incarnation } = belief.member
    failures.set(`${replica} ${incarnation}`, isSlow.has(world.cast.placeOf(replica)))
  }
  const { lateness } = trouble
  const world = settledWorld(setting, { lifeguard, onBelief, ...(lateness && { lateness }) })
  world.run(QUIET_MS)
  isCounting = true
  for (const place of world.shuffled(world.up()).slice(0, trouble.slow)) isSlow.add(place)
  const { seed, replicas } = setting
  runWithSlow(world, [...isSlow], { ms: runMs(replicas), most: trouble.most, seed })
  const slow = [...failures.values()].filter(Boolean).length
  return { slow, healthy: failures.size - slow }
}

function runMs(replicas: number): number {
  if (replicas >= MANY_REPLICAS) return MANY_MS
  return Math.round(Math.min(MOST_MS, Math.max(LEAST_MS, REPLICA_MS / replicas)))
}

function figuresOf({ replicas }: Setting, { trouble, plain, lifeguard }: Compared): Figure[] {
  const hours = (members: number): number => (members * runMs(replicas)) / HOUR_MS
  const { name, slow } = trouble
  const who = slow === 0 ? (['healthy'] as const) : (['healthy', 'slow'] as const)
  return who.flatMap((each) => {
    const members = hours(each === 'slow' ? slow : replicas - slow)
    return [
      { by: 'plain SWIM', count: plain[each] },
      { by: 'Lifeguard', count: lifeguard[each] },
    ].map(({ by, count }) => {
      return {
        what: `${name}: ${each} ones failed, ${by}`,
        value: count / members,
        unit: 'an hour of theirs',
      }
    })
  })
}

/**
 * Who is short of time may not answer for longer than a suspicion lasts, and then it is right to count it
 * out: as in Lifeguard's paper only the others are looked at. Who only stands still answers in time.
 */
function comparisonOf(all: readonly Compared[]): Figure[] {
  const [plain, lifeguard] = [sumOf(all, 'plain'), sumOf(all, 'lifeguard')]
  return [
    { what: 'false failures in all, plain SWIM', value: plain, unit: '' },
    { what: 'false failures in all, Lifeguard', value: lifeguard, unit: '' },
    {
      what: 'false failures with Lifeguard, of those by plain SWIM',
      value: (lifeguard / Math.max(1, plain)) * 100,
      unit: '%',
      published: '1–2 (Lifeguard, α = 5), 5 (as shipped)',
      target: atMost(2),
    },
  ]
}

function sumOf(all: readonly Compared[], of: 'plain' | 'lifeguard'): number {
  return all.reduce((sum, { trouble, [of]: { healthy, slow } }) => {
    return sum + healthy + (trouble.most === Infinity ? slow : 0)
  }, 0)
}
