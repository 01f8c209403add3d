import { atMost, type Figure } from '../figure.ts'
import type { ScaleWorld } from '../scale-world.ts'
import { settledWorld, type Setting } from '../settled.ts'

const LATENCY_MS = 50
const ROUND_TRIP_MS = 2 * LATENCY_MS
const MISSING = [1, 1_000, 100_000] as const
/** Round trips: two until the first chunk is there, and one more for each window beyond the first. */
const AIMS = { 1: 2, 1_000: 2, 100_000: 3 } as const
/** Until both know that the link is gone. */
const SPLIT_MS = 30_000
const LIMIT_MS = 600_000

/** Two replicas meet again after one of them has written alone; disks take no time here. */
export function catchUp(setting: Setting): Figure[] {
  return MISSING.flatMap((missing) => {
    const latency = [LATENCY_MS, LATENCY_MS] as const
    const world = settledWorld({ ...setting, replicas: 2 }, { latency, commitMs: 0, readMs: 0 })
    const missingBytes = writeAlone(world, missing)
    return figuresOf(world, missing, missingBytes)
  })
}

/** Answers the bytes of what one of the two lacks then. */
function writeAlone(world: ScaleWorld, missing: number): number {
  world.network.split((place) => place)
  world.run(SPLIT_MS)
  let bytes = 0
  for (let made = 0; made < missing; made++) bytes += world.replica(0).publish().sealed.bytes.length
  world.run(SPLIT_MS)
  return bytes
}

function figuresOf(world: ScaleWorld, missing: keyof typeof AIMS, missingBytes: number): Figure[] {
  const { traffic } = world.network
  const isOver = (): boolean => world.replica(1).durableCount === missing
  world.network.heal()
  const before = traffic.total()
  runUntil(world, () => traffic.since(before).frames > 0)
  const beganAt = world.now
  runUntil(world, isOver)
  const { bytes } = traffic.since(before)
  const tookMs = isOver() ? world.now - beganAt : Infinity
  const name = `${missing.toLocaleString('en')} missing`
  const aim = AIMS[missing]
  const one = missing === 1
  return [
    {
      what: `${name}: bytes sent, both ways`,
      value: bytes,
      unit: 'B',
      ...(one ? { published: '≈ 1,500 B (negentropy, 1 in 1M)', target: atMost(1_600) } : {}),
    },
    {
      what: `${name}: bytes sent ÷ bytes missing`,
      value: bytes / missingBytes,
      unit: '',
      // One entry is smaller than what two replicas say to each other when they meet.
      ...(one ? {} : { target: atMost(1.05) }),
    },
    {
      what: `${name}: round trips`,
      value: tookMs / ROUND_TRIP_MS,
      unit: 'RTT',
      ...(one ? { published: '3 (negentropy, 1 in 1M)' } : {}),
      target: atMost(aim),
    },
    {
      what: `${name}: time on a link of ${ROUND_TRIP_MS} ms`,
      value: tookMs,
      unit: 'ms',
      target: atMost(aim * ROUND_TRIP_MS),
    },
  ]
}

function runUntil(world: ScaleWorld, isSo: () => boolean): void {
  const end = world.now + LIMIT_MS
  while (!isSo() && world.now < end) world.run(1)
}
