import { CrashWatch, type Crash } from '../crash-watch.ts'
import { atMost, mean, type Figure } from '../figure.ts'
import type { Death } from '../network.ts'
import { MANY_REPLICAS, settledWorld, type Setting } from '../settled.ts'

/** Until those who have started take it that all others have, too. */
const QUIET_MS = 75_000
/** Crashes one after the other, at most one in ten, each at another moment of its neighbours' periods. */
const CRASHES_MAX = 10
const CRASHES_OF_MANY = 4
const SPACING_MS = 1_370

/** How long a crash remains unnoticed: of a process, whose host resets its links, and of a whole host. */
export function crashes(setting: Setting): Figure[] {
  const processes = crashed(setting, 'process', true)
  const hosts = crashed(setting, 'power', true)
  return [
    accusedInRoundTrips(processes),
    ...figuresOf('process gone', processes),
    { ...failedBySwim(setting, 'process'), what: 'process gone: the same with plain SWIM' },
    ...figuresOf('power lost', hosts),
    { ...failedBySwim(setting, 'power'), what: 'power lost: the same with plain SWIM' },
  ]
}

/** The reset takes half a round trip, and a dial that shows that nobody is there any more takes one. */
function accusedInRoundTrips(all: readonly Crash[]): Figure {
  const roundTrips = all.map(({ accusedMs, roundTripMs }) => accusedMs / roundTripMs)
  const what = 'process gone: accused, most'
  return { what, value: Math.max(...roundTrips), unit: 'RTT', target: atMost(2) }
}

function failedBySwim(setting: Setting, death: Death): Omit<Figure, 'what'> {
  return { value: meanOf(crashed(setting, death, false), 'failedMs'), unit: 's' }
}

function figuresOf(name: string, all: readonly Crash[]): Figure[] {
  return [
    {
      what: `${name}: accused, mean`,
      value: meanOf(all, 'accusedMs'),
      unit: 's',
      ...(name === 'power lost' && { published: '1.58 until the probe (SWIM)' }),
    },
    { what: `${name}: all neighbours know, mean`, value: meanOf(all, 'neighboursMs'), unit: 's' },
    {
      what: `${name}: all hold it for failed, mean`,
      value: meanOf(all, 'failedMs'),
      unit: 's',
      published: '≈ 12 at 100, 16 at 1,000, 20 at 10,000 (memberlist)',
    },
  ]
}

function meanOf(all: readonly Crash[], what: keyof Crash): number {
  return mean(all.map((crash) => crash[what])) / 1_000
}

function crashed(setting: Setting, death: Death, lifeguard: boolean): Crash[] {
  let watch: CrashWatch | undefined
  const world = settledWorld(setting, {
    lifeguard,
    onBelief: (place, belief) => watch?.heard(place, belief),
  })
  world.run(QUIET_MS)
  const most = setting.replicas < MANY_REPLICAS ? CRASHES_MAX : CRASHES_OF_MANY
  const count = Math.max(1, Math.min(most, Math.floor(setting.replicas / 10)))
  const victims = world.shuffled(world.up()).slice(0, count)
  return victims.map((victim) => {
    world.run(SPACING_MS)
    watch = new CrashWatch(world, victim)
    return watch.follow(death)
  })
}
