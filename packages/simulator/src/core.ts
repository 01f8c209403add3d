import { equalVersions } from '@rejoin/protocol'

import { Broken } from './broken.ts'
import { checkCore, type Typed } from './checks.ts'
import type { Disk } from './disk.ts'
import { checkQuiet } from './quiet.ts'
import type { SimulatedClient } from './simulated-client.ts'
import type { SimulatedReplica } from './simulated-replica.ts'
import type { World } from './world.ts'

/** What each client types while only the core is well. */
const EDITS = 5
/** Within this long a core converges, in ms of virtual time. */
const CONVERGING_MS = 60_000
const STEADY_MS = 5_000
/** Whoever is deaf accuses one after the other, until it has heard nothing on any link for 20 s. */
const SETTLING_MS = 45_000

/**
 * Safety, then liveness: some replicas, the core, are well for good while all others stay broken, each in a
 * way of its own. The core must not wait for them: it takes edits, converges in bounded time, and falls
 * quiet; and what it shows as stable stays true, although the others may not have it.
 */
export async function liveWithCore(world: World): Promise<void> {
  const { agenda, replicas } = world
  const core = drawCore(world)
  if (core.length === replicas.length) return
  world.tell(() => `only ${core.map(({ name }) => name).join(', ')} will be well`)
  world.record?.({ type: 'core', replicas: core })
  world.isHealed = true
  world.network.heal(replicas)
  await world.recover(core)
  // What is damaged still can only be repaired with the others' help, and who is being brought up needs them, too.
  if (core.some(({ disk }) => disk.isAhead || isDamaged(disk)) || !knowEachOther(core)) return
  const rest = replicas.filter((replica) => !core.includes(replica))
  const broken = rest.map((replica) => new Broken(world, replica, core))
  const typed = new Map(world.clients.map((client) => [client, typeAt(agenda.pick(core), client)]))
  await converge(world, core, typed)
  checkCore(world, core, typed)
  if (settles(broken)) {
    await agenda.run(SETTLING_MS)
    await checkQuiet(world, core)
  }
  for (const each of broken) each.mend()
}

/**
 * Where somebody who can't talk to the core can do so through others, each is accused again and again, and
 * each time hears of it and denies it: SWIM never settles then.
 */
function settles(broken: readonly Broken[]): boolean {
  if (broken.some(({ isRestless }) => isRestless)) return false
  return broken.length === 1 || !broken.some(({ isCutOff }) => isCutOff)
}

/** A client goes to a replica of the core and types; answers the tokens. */
function typeAt(replica: SimulatedReplica, client: SimulatedClient): readonly string[] {
  const before = client.made.length
  client.detach()
  client.attach(replica)
  client.pause(false)
  for (let left = EDITS; left > 0; left--) client.type()
  return client.made.slice(before)
}

/** Where only one of the others could have brought them together, they may never meet. */
function knowEachOther(core: readonly SimulatedReplica[]): boolean {
  return core.every(({ engine }) => {
    const known = new Set(engine?.members.map(({ replica }) => replica))
    return core.every(({ disk }) => disk.replica === engine?.replica || known.has(disk.replica))
  })
}

function drawCore({ agenda, replicas }: World): SimulatedReplica[] {
  const first = agenda.pick(replicas)
  return replicas.filter((replica) => replica === first || agenda.happens(0.5))
}

function isDamaged(disk: Disk): boolean {
  return disk.names.some((name) => disk.document(name) === undefined)
}

async function converge(
  world: World,
  core: readonly SimulatedReplica[],
  typed: Typed,
): Promise<void> {
  const end = world.agenda.now + CONVERGING_MS
  let before = -1
  while (world.agenda.now < end) {
    await world.agenda.run(STEADY_MS)
    if (before === world.written.size && isConverged(core, typed)) return
    before = world.written.size
  }
}

/** Whether all of the core hold the same, and clients were told so of what they typed meanwhile. */
function isConverged(core: readonly SimulatedReplica[], typed: Typed): boolean {
  const [first, ...others] = core.map(({ disk }) => disk)
  if (first === undefined) return true
  const isSame = others.every((disk) => equalVersions(disk.version(), first.version()))
  return (
    isSame && [...typed].every(([{ acked }, tokens]) => tokens.every((each) => acked.has(each)))
  )
}
