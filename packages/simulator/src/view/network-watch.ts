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
    const was = this.#isLinked(from, to)
    const lanes = [...this.#lookAlong([a, from], [b, to]), ...this.#lookAlong([b, to], [a, from])]
    const is = this.#isLinked(from, to)
    const isParted = this.#world.network.areParted(a, b)
    const key = `${from} ${to}`
    if (isParted !== this.#parted.has(key)) {
      if (isParted) this.#parted.add(key)
      else this.#parted.delete(key)
      this.partings.push([this.#world.agenda.now, from, to, isParted ? 1 : 0])
      const text = isParted ? 'are parted' : 'can reach each other again'
      yield [[isParted ? 'parted' : 'mended', `${a.name} and ${b.name} ${text}`], places]
    }
    if (!was && is) yield [['linked', `${a.name} and ${b.name} are linked`], places]
    if (was && !is) yield [['unlinked', `${a.name} and ${b.name} are linked no more`], places]
    for (const happening of lanes) yield [happening, places]
  }

  #isLinked(from: number, to: number): boolean {
    const lanes = [this.#known.get(`${from} ${to}`), this.#known.get(`${to} ${from}`)]
    return lanes.every((lane) => lane !== undefined && lane !== 'none')
  }

  *#lookAlong([a, from]: Placed, [b, to]: Placed): Generator<Happening> {
    const key = `${from} ${to}`
    const before = this.#known.get(key) ?? 'none'
    const after = laneOf(a, b)
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
  return [...a.links].some(({ isMute, other }) => isMute && other?.owner.replica === b)
}

/** What a frame meets that `a` sends to `b`. There may be two links for a moment: the better one counts. */
function laneOf(a: SimulatedReplica, b: SimulatedReplica): Lane {
  const links = [...a.links].filter(({ other }) => other?.owner.replica === b)
  if (links.length === 0) return 'none'
  const heard = links.filter((link) => {
    return !link.isMute && !link.isBroken && link.other?.isOpen === true
  })
  if (heard.length === 0) return 'mute'
  return heard.every(({ isSlow }) => isSlow) ? 'slow' : 'open'
}
