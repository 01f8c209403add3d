import { checkAlways, checkAtRest, isAtRest } from './checks.ts'
import { liveWithCore } from './core.ts'
import { Faults } from './faults.ts'
import type { Happened } from './happened.ts'
import type { Mix } from './mix.ts'
import { checkQuiet } from './quiet.ts'
import type { Watch } from './view/recorded.ts'
import { World } from './world.ts'

/** How much virtual time everybody gets to converge, at most, in ms. */
const CONVERGING_MS = 60_000
/** They have converged when they say so, and nothing has changed for this long, in ms. */
const STEADY_MS = 5_000

/** What came of a history in which every rule held. */
export interface Outcome {
  readonly happened: Happened
  /** How often a client was asked for what its edits built on. */
  readonly asks: number
  readonly acked: number
  readonly virtualMs: number
}

/**
 * Lives the history that `mix` stands for, and with `write` tells it line by line: some
 * seconds of faults, then maybe a while in which only some are well, and then peace, in which everybody must
 * converge and fall quiet. With `watch` somebody looks on. Throws a `Violation` as soon as a rule is broken.
 */
export async function live(
  mix: Mix,
  write?: (line: string) => void,
  watch?: Watch,
): Promise<Outcome> {
  const world = new World(mix, write, watch)
  const faults = new Faults(world)
  for (let moment = 0; moment < mix.moments; moment++) {
    faults.moment()
    await world.agenda.run(world.agenda.between(0, 100))
    if (moment % 10 === 0) checkAlways(world)
  }
  if (world.happens('someStayBroken')) await liveWithCore(world)
  await world.heal()
  await converge(world)
  checkAtRest(world)
  await checkQuiet(world, world.replicas)
  const asks = world.clients.reduce((sum, client) => sum + client.asks, 0)
  const acked = world.clients.reduce((sum, client) => sum + client.acked.size, 0)
  return { happened: world.happened, asks, acked, virtualMs: world.agenda.now }
}

/** Gives everybody the time that they need, within the bound; what is missing then is a violation. */
async function converge(world: World): Promise<void> {
  const end = world.agenda.now + CONVERGING_MS
  let before = -1
  while (world.agenda.now < end) {
    await world.agenda.run(STEADY_MS)
    if (before === world.written.size && isAtRest(world)) return
    before = world.written.size
  }
}
