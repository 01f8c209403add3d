import type { SimulatedReplica } from './simulated-replica.ts'
import type { World } from './world.ts'

/** Ways to be broken for good. */
const WAYS = ['down', 'parted', 'deaf', 'dumb', 'standing', 'coming and going', 'full'] as const
type Way = (typeof WAYS)[number]

/** One that comes and goes does so after at most this long, in ms. */
const COMING_MS = 2_000

/** A replica that stays broken while others, the core, are well, until it is mended. */
export class Broken {
  readonly replica: SimulatedReplica
  readonly #world: World
  readonly #core: readonly SimulatedReplica[]
  readonly #way: Way
  #isMended = false

  constructor(world: World, replica: SimulatedReplica, core: readonly SimulatedReplica[]) {
    this.#world = world
    this.replica = replica
    this.#core = core
    this.#way = world.agenda.pick(WAYS)
    world.happened.leftBroken += 1
    world.broken.add(replica)
    world.tell(() => `${replica.name} stays broken: ${this.#way}`)
    world.record?.({ type: 'stays-broken', replica, way: this.#way })
    this.#break()
  }

  /** Whether the core hears news of it again and again: whoever comes and goes is the news itself. */
  get isRestless(): boolean {
    return this.#way === 'coming and going'
  }

  /** Whether it is cut off from the core and from nobody else: others may carry what it and the core say. */
  get isCutOff(): boolean {
    const isOld = this.#core.some(({ release }) => release !== this.replica.release)
    return isOld || this.#way === 'parted' || this.#way === 'deaf' || this.#way === 'dumb'
  }

  #break(): void {
    const { replica } = this
    const { network, agenda } = this.#world
    switch (this.#way) {
      case 'down':
        replica.isDown = true
        return replica.crash({ isSilent: agenda.happens(0.5) })
      case 'parted':
        return this.#core.forEach((other) => network.part(replica, other))
      case 'deaf':
        return this.#core.forEach((other) => network.obstruct(other, replica))
      case 'dumb':
        return this.#core.forEach((other) => network.obstruct(replica, other))
      case 'standing':
        return replica.standStill()
      case 'coming and going':
        return this.#comeAndGo(true)
      case 'full':
        replica.isFull = true
    }
  }

  #comeAndGo(isGoing: boolean): void {
    if (this.#isMended) return
    const { network, agenda } = this.#world
    for (const other of this.#core) network[isGoing ? 'part' : 'mend'](this.replica, other)
    agenda.after(agenda.between(50, COMING_MS), () => this.#comeAndGo(!isGoing))
  }

  /** It is as well as all others; the network between all is mended by whoever calls this. */
  mend(): void {
    this.#isMended = true
    const { replica } = this
    this.#world.broken.delete(replica)
    replica.isFull = false
    if (this.#way === 'standing') replica.process?.goOn()
    if (!replica.isDown) return
    replica.isDown = false
    if (replica.process === undefined) replica.start()
  }
}
