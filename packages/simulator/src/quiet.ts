import type { SimulatedReplica } from './simulated-replica.ts'
import { check } from './violation.ts'
import type { World } from './world.ts'

const QUIET_MS = 10_000
/** Walks of others that come by, visits and who asks for a link, where there are too many for a full mesh. */
const OVERLAY_FRAMES = 30
const MESH_MAX = 8

/** At rest there are heartbeats and probes, and little else: one frame a link end every 5 s. */
export async function checkQuiet(
  world: World,
  replicas: readonly SimulatedReplica[],
): Promise<void> {
  const before = replicas.map(({ framesSent }) => framesSent)
  await world.agenda.run(QUIET_MS)
  for (const [index, { name, framesSent, links, engine }] of replicas.entries()) {
    const frames = framesSent - (before[index] ?? 0)
    const isMany = (engine?.members.length ?? 0) >= MESH_MAX
    const isQuiet = frames <= links.size * 3 + (isMany ? OVERLAY_FRAMES : 0)
    check(isQuiet, 'L6', () => `${name} sent ${frames} frames at rest, on ${links.size} links`)
  }
}
