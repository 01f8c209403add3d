import type { SimulatedReplica } from '../simulated-replica.ts'
import type { World } from '../world.ts'
import { ClientWatch } from './client-watch.ts'
import { FrameLog } from './frame-log.ts'
import { Milestones } from './milestones.ts'
import { Names } from './names.ts'
import { NetworkWatch } from './network-watch.ts'
import {
  HAPPENINGS,
  type ChangeRow,
  type HappeningRow,
  type ReplicaState,
} from './page/recording.ts'
import type { Recorded } from './recorded.ts'
import { ReplicaWatch, type Happening } from './replica-watch.ts'
import { Texts } from './texts.ts'

type Deed = Extract<
  Recorded,
  { type: 'closed' | 'backed-up' | 'compacted' | 'removed' | 'core' | 'stays-broken' }
>

/**
 * Records a run. At the end of each virtual millisecond in which something happened it looks at all that
 * may have changed, and keeps what did: so no state is older than the happening beside it.
 */
export class Recorder {
  readonly world: World
  readonly names: Names
  readonly texts: Texts = new Texts()
  readonly frames: FrameLog
  readonly network: NetworkWatch
  readonly clients: ClientWatch
  readonly replicaChanges: ChangeRow<ReplicaState>[] = []
  readonly happenings: HappeningRow[] = []
  faultsEndMs: number | undefined
  readonly #watches: ReplicaWatch[] = []
  readonly #milestones: Milestones
  #isDue = false
  #blackouts = 0

  constructor(world: World) {
    this.world = world
    this.names = new Names(world.nameOf)
    this.frames = new FrameLog(world, this.texts)
    this.network = new NetworkWatch(world)
    this.clients = new ClientWatch(world)
    this.#milestones = new Milestones(world)
  }

  readonly record = (event: Recorded): void => {
    this.#take(event)
    if (this.#isDue) return
    this.#isDue = true
    // Behind all that is due at this moment already.
    this.world.agenda.after(0, () => this.look())
  }

  #take(event: Recorded): void {
    switch (event.type) {
      case 'stepped':
        return
      case 'sent':
        return this.frames.sent(event.link, event.frame, event.arrival)
      case 'arrived':
        this.#comes(event.link.other?.owner.replica, event.frame)
        return this.frames.ended(event.link, 'arrived')
      case 'lost':
        return this.frames.ended(event.link, 'lost')
      case 'swallowed':
        return this.frames.swallowed(event.link, event.frame)
      case 'repeated':
        this.#comes(event.link.other?.owner.replica, event.frame)
        return this.frames.repeated(event.link, event.frame)
      case 'faults-end':
        this.faultsEndMs = this.world.agenda.now
        return this.note(['faults-end', 'all faults end'], [])
      default:
        return this.#takeDeed(event)
    }
  }

  /** What somebody does that can't be seen in any state. */
  #takeDeed(event: Deed): void {
    switch (event.type) {
      case 'closed': {
        const { owner, other } = event.link
        const [here, there] = [owner.replica, other?.owner.replica]
        const text = `${here.name} closes its link to ${there?.name}: ${event.code}`
        return this.note(
          ['closed', text],
          [here, there].map((each) => this.#placeOf(each)),
        )
      }
      case 'backed-up': {
        const { replica } = event
        const text = `a backup is made of ${replica.name}`
        return this.note(['backed-up', text], [this.#placeOf(replica)])
      }
      case 'compacted': {
        const { replica, document } = event
        const text = `${replica.name} compacts ${document}`
        return this.note(['compacted', text], [this.#placeOf(replica)])
      }
      case 'core': {
        const names = event.replicas.map(({ name }) => name).join(', ')
        const places = event.replicas.map((each) => this.#placeOf(each))
        return this.note(['core', `only ${names} will be well`], places)
      }
      case 'stays-broken': {
        const { replica, way } = event
        const text = `${replica.name} stays broken: ${way}`
        return this.note(['stays-broken', text], [this.#placeOf(replica)])
      }
      case 'removed': {
        const text = `somebody removes ${this.world.nameOf(event.id)}, which is nobody`
        return this.note(['removed', text], [])
      }
    }
  }

  note([kind, text]: Happening, places: readonly number[]): void {
    const { now } = this.world.agenda
    this.happenings.push([now, HAPPENINGS.indexOf(kind), this.texts.placeOf(text), places])
  }

  /** Looks at everything, now. */
  look(): void {
    this.#isDue = false
    const { happened, replicas } = this.world
    if (happened.blackouts > this.#blackouts)
      this.note(['blackout', 'the power fails everywhere'], [])
    this.#blackouts = happened.blackouts
    for (const [happening, places] of this.network.look()) this.note(happening, places)
    for (const place of replicas.keys()) this.#lookAt(place)
    for (const [happening, places] of this.clients.look()) this.note(happening, places)
    if (this.faultsEndMs === undefined) return
    for (const happening of this.#milestones.look()) this.note(happening, [])
  }

  #lookAt(place: number): void {
    const replica = this.world.replicas[place]
    if (replica === undefined) return
    const watch = this.#watches[place] ?? new ReplicaWatch(replica, this.names)
    if (this.#watches[place] === undefined && this.world.agenda.now > 0) {
      const text = `${replica.name} starts on a copy of another's disk, under the same id`
      this.note(['copied', text], [place])
    }
    this.#watches[place] = watch
    const { changed, happened } = watch.look()
    if (changed !== undefined) this.replicaChanges.push([this.world.agenda.now, place, changed])
    for (const happening of happened) this.note(happening, [place])
  }

  /** A frame comes to a replica; one that can't store anything drops what is in it. */
  #comes(to: SimulatedReplica | undefined, frame: Uint8Array): void {
    if (to?.engine === undefined || to.engine.failure !== undefined) return
    this.#watches[this.#placeOf(to)]?.incoming.take(frame)
  }

  #placeOf(replica: SimulatedReplica | undefined): number {
    return this.world.replicas.findIndex((each) => each === replica)
  }
}
