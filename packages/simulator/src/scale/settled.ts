import { differenceOf, graphOf, isConnected, linksOf, type OverlayGraph } from './overlay-graph.ts'
import { ScaleWorld, type ScaleOptions } from './scale-world.ts'

/** What every measure is given. */
export interface Setting {
  readonly replicas: number
  readonly seed: number
  readonly onProgress?: (world: ScaleWorld) => void
}

/** A measure takes as long as there are replicas: among so many it has fewer rounds, and shorter ones. */
export const MANY_REPLICAS = 2_000

/** Links between 10 and 100 ms, as in the published simulations; a disk as fast as an SSD. */
export function worldOf(setting: Setting, more: Partial<ScaleOptions> = {}): ScaleWorld {
  return new ScaleWorld({ latency: [10, 100], commitMs: 2, readMs: 1, ...setting, ...more })
}

/** The overlay has settled once it changes by less than this share of its links a second … */
const CHANGE_MAX = 0.01
/** … for so many seconds, and holds everybody. */
const STABLE_S = 5
/** When nobody waits for it any longer. */
const GIVE_UP_S = 120

/** A world in which all have started and the overlay has settled. */
export function settledWorld(setting: Setting, more: Partial<ScaleOptions> = {}): ScaleWorld {
  const world = worldOf(setting, more)
  settle(world)
  return world
}

/**
 * Lets all start and the overlay settle; answers how long that took from when the last one had started,
 * in ms, and `Infinity` when it never did.
 */
export function settle(world: ScaleWorld): number {
  world.run(world.startedMs)
  let graph = graphOf(world)
  let stableFor = 0
  for (let second = 1; second <= GIVE_UP_S; second++) {
    world.run(1_000)
    const next = graphOf(world)
    stableFor = isStable(world, graph, next) ? stableFor + 1 : 0
    graph = next
    if (stableFor === STABLE_S) return (second - STABLE_S) * 1_000
  }
  return Infinity
}

function isStable(world: ScaleWorld, before: OverlayGraph, after: OverlayGraph): boolean {
  const changed = differenceOf(before, after)
  return changed <= CHANGE_MAX * linksOf(after) && isConnected(after, world.up())
}
