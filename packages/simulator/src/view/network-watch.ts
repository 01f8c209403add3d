import type { SimulatedLink } from '../simulated-link.ts'
import type { SimulatedReplica } from '../simulated-replica.ts'
import type { World } from '../world.ts'
import {
  LANES,
  type HappeningRow,
  type Lane,
  type LaneRow,
  type PartingRow,
} from './page/recording.ts'
import type { Happening } from './replica-watch.ts'

/** A happening between two replicas. */
export type Between = readonly [Happening, HappeningRow[3]]

/** Looks at the links of a world again and again: each is two lanes, one for each direction. */
export class NetworkWatch {
  readonly lanes: LaneRow[] = []
  readonly partings: PartingRow[] = []
  readonly #world: World
  readonly #known = new Map<string, Lane>()
  readonly #parted = new Set<string>()
  readonly #obstructed = new Set<string>()
  readonly #linked = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  look(): readonly Between[] {
    const { replicas } = this.#world
    const happened: Between[] = []
    for (const [from, a] of replicas.entries()) {
      for (const [to, b] of replicas.entries()) {
        if (from >= to) continue
        happened.push(...this.#lookBetween([a, from], [b, to]))
      }
    }
    return happened
  }

  *#lookBetween([a, from]: Placed, [b, to]: Placed): Generator<Between> {
    const places = [from, to]
    const lanes = [...this.#lookAlong([a, from], [b, to]), ...this.#lookAlong([b, to], [a, from])]
    const isParted = this.#world.network.areParted(a, b)
    const key = `${from} ${to}`
    if (isParted !== this.#parted.has(key)) {
      if (isParted) this.#parted.add(key)
      else this.#parted.delete(key)
      this.partings.push([this.#world.agenda.now, from, to, isParted ? 1 : 0])
      const text = isParted ? 'are parted' : 'can reach each other again'
      yield [[isParted ? 'parted' : 'mended', `${a.name} and ${b.name} ${text}`], places]
    }
    for (const [x, y] of [[a, b] as const, [b, a] as const]) {
      for (const happening of this.#lookForWay(x, y)) yield [happening, places]
    }
    const areLinked = linksBetween(a, b).length > 0 && linksBetween(b, a).length > 0
    if (areLinked !== this.#linked.has(key)) {
      if (areLinked) this.#linked.add(key)
      else this.#linked.delete(key)
      const text = areLinked ? 'are linked' : 'are linked no more'
      yield [[areLinked ? 'linked' : 'unlinked', `${a.name} and ${b.name} ${text}`], places]
    }
    for (const happening of lanes) yield [happening, places]
  }

  /** Whether anything gets through from one to the other. */
  *#lookForWay(a: SimulatedReplica, b: SimulatedReplica): Generator<Happening> {
    const key = `${a.name} ${b.name}`
    const is = this.#world.network.isObstructed(a, b)
    if (is === this.#obstructed.has(key)) return
    if (is) this.#obstructed.add(key)
    else this.#obstructed.delete(key)
    const kind = is ? 'held-up' : 'let-through'
    yield [kind, `what ${a.name} sends to ${b.name} ${is ? 'is held up' : 'gets through again'}`]
  }

  #laneOf(a: SimulatedReplica, b: SimulatedReplica): Lane {
    const lane = laneOf(a, b)
    return lane !== 'mute' && this.#world.network.isObstructed(a, b) ? 'held' : lane
  }

  *#lookAlong([a, from]: Placed, [b, to]: Placed): Generator<Happening> {
    const key = `${from} ${to}`
    const before = this.#known.get(key) ?? 'none'
    const after = this.#laneOf(a, b)
    if (before === after) return
    this.#known.set(key, after)
    this.lanes.push([this.#world.agenda.now, from, to, LANES.indexOf(after)])
    if (before === 'none' || after === 'none') return
    if (after === 'mute' && isMuted(a, b))
      yield ['mute', `what ${a.name} sends to ${b.name} vanishes`]
    if (after === 'slow') yield ['slow', `from ${a.name} to ${b.name} it is slow`]
    if (before === 'slow' && after === 'open')
      yield ['fast', `from ${a.name} to ${b.name} it is fast`]
  }
}

type Placed = readonly [SimulatedReplica, number]

/** Whether this is more than a link of which one end knows already that it has ended. */
function isMuted(a: SimulatedReplica, b: SimulatedReplica): boolean {
  return linksBetween(a, b).some(({ isMute }) => isMute)
}

/** What a frame meets that `a` sends to `b`. There may be two links for a moment: the better one counts. */
function laneOf(a: SimulatedReplica, b: SimulatedReplica): Lane {
  const links = linksBetween(a, b)
  if (links.length === 0) return 'none'
  const heard = links.filter((link) => {
    return !link.isMute && !link.isBroken && link.other?.isOpen === true
  })
  if (heard.length === 0) return 'mute'
  return heard.every(({ isSlow }) => isSlow) ? 'slow' : 'open'
}

/** The ends at `a` of links to `b`. */
function linksBetween(a: SimulatedReplica, b: SimulatedReplica): SimulatedLink[] {
  return [...a.links].filter(({ other }) => other?.owner.replica === b)
}
