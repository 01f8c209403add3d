import type { Disk } from './disk.ts'
import { DRAWN_FAULTS, type DrawnFault } from './mix.ts'
import type { SimulatedClient } from './simulated-client.ts'
import { SimulatedReplica } from './simulated-replica.ts'
import { versionText } from './trace.ts'
import type { World } from './world.ts'

/** Replicas, copies of others included. */
const COPIES_UP_TO = 7
/** Releases that there can be; each speaks a protocol of its own. */
const RELEASES = 3
/** Edits at once; now and then so many that a document's tail is compacted. */
const BURST_UP_TO = 100
const LONG_BURST = 300
/** Edits that follow on a long one while it is compacted, and within how long, in ms. */
const AFTER_BURST = 5
const AFTER_BURST_MS = 600

/**
 * What happens to a world: each moment somebody may type, and each fault of its mix may come. Nothing comes
 * that the rules of `engine/SPEC.md` do not promise to survive.
 */
export class Faults {
  readonly #world: World
  readonly #backups = new Map<SimulatedReplica, Disk>()

  constructor(world: World) {
    this.#world = world
  }

  moment(): void {
    const { agenda, clients } = this.#world
    if (agenda.happens(0.7)) this.#type(agenda.pick(clients))
    for (const fault of DRAWN_FAULTS) if (this.#world.happens(fault)) this.#do(fault)
  }

  #type(client: SimulatedClient): void {
    const { agenda, replicas } = this.#world
    if (!client.isAttached && agenda.happens(0.5)) client.attach(agenda.pick(replicas))
    client.type()
  }

  #do(fault: DrawnFault): void {
    const { agenda, replicas } = this.#world
    const replica = agenda.pick(replicas)
    switch (fault) {
      case 'burst':
      case 'leave':
      case 'move':
      case 'pauseClient':
      case 'storm':
        return this.#toClients(fault)
      case 'part':
        return this.#part(replica, agenda.pick(replicas))
      case 'obstruct':
        return this.#obstruct(replica, agenda.pick(replicas))
      case 'mend':
        return this.#mend(replica, agenda.pick(replicas))
      case 'mute':
      case 'slowLink':
        return this.#toLink(replica, fault)
      case 'crash':
        return this.#crash(replica)
      case 'restart':
        return this.#restart(replica)
      case 'upgrade':
        return this.#upgrade(replica)
      case 'blackout':
        this.#world.happened.blackouts += 1
        this.#world.tell(() => 'the power fails everywhere')
        for (const each of replicas) this.#crash(each)
        return
      case 'standstill':
        return replica.standStill(agenda.between(50, 3_000))
      case 'jumpClock':
        return replica.jumpClock(agenda.between(100, 3_600_000))
      default:
        return this.#toDisk(replica, fault)
    }
  }

  #toClients(fault: 'burst' | 'leave' | 'move' | 'pauseClient' | 'storm'): void {
    const { agenda, clients, replicas, happened } = this.#world
    const client = agenda.pick(clients)
    if (fault === 'leave') return this.#world.replaceClient(client)
    if (fault === 'burst') return this.#burst(client)
    if (fault === 'pauseClient') {
      happened.pauses += 1
      return client.pause(agenda.happens(0.5))
    }
    happened.moves += 1
    // In a storm everybody loses their connection, and all come back at once.
    for (const each of fault === 'storm' ? clients : [client]) {
      each.detach()
      if (agenda.happens(0.8)) each.attach(agenda.pick(replicas))
    }
  }

  /** Much at once, as when something is pasted word by word. */
  #burst(client: SimulatedClient): void {
    const { agenda, happened } = this.#world
    happened.bursts += 1
    const isLong = agenda.happens(0.25)
    const edits = isLong ? LONG_BURST : agenda.between(20, BURST_UP_TO)
    for (let left = edits; left > 0; left--) client.type()
    for (let left = isLong ? AFTER_BURST : 0; left > 0; left--) {
      agenda.after(agenda.between(0, AFTER_BURST_MS), () => client.type())
    }
  }

  #part(a: SimulatedReplica, b: SimulatedReplica): void {
    if (a === b) return
    this.#world.happened.partitions += 1
    this.#world.tell(() => `${a.name} and ${b.name} are parted`)
    this.#world.network.part(a, b)
  }

  #obstruct(a: SimulatedReplica, b: SimulatedReplica): void {
    if (a === b) return
    this.#world.happened.obstructions += 1
    this.#world.tell(() => `nothing gets through any more from ${a.name} to ${b.name}`)
    this.#world.network.obstruct(a, b)
  }

  #mend(a: SimulatedReplica, b: SimulatedReplica): void {
    if (a === b) return
    this.#world.tell(() => `${a.name} and ${b.name} can reach each other`)
    this.#world.network.mend(a, b)
  }

  #toLink({ links }: SimulatedReplica, fault: 'mute' | 'slowLink'): void {
    const { agenda, happened } = this.#world
    if (links.size === 0) return
    const link = agenda.pick([...links])
    const [from, to] = [link.owner.replica.name, link.other?.owner.replica.name]
    if (fault === 'mute') {
      happened.halfOpen += 1
      link.isMute = true
      return this.#world.tell(() => `what ${from} sends to ${to} vanishes`)
    }
    link.isSlow = agenda.happens(0.7)
    this.#world.tell(() => `from ${from} to ${to} it is ${link.isSlow ? 'slow' : 'fast'}`)
  }

  #crash(replica: SimulatedReplica): void {
    const { agenda, happened } = this.#world
    if (replica.process === undefined) return
    happened.crashes += 1
    const isSilent = agenda.happens(0.3)
    if (isSilent) happened.vanished += 1
    this.#world.tell(() => `${replica.name} ${isSilent ? 'loses its power' : 'crashes'}`)
    replica.crash({ isSilent })
    replica.startAfter(agenda.between(10, 2_000))
  }

  #restart(replica: SimulatedReplica): void {
    const { agenda, happened } = this.#world
    if (replica.process?.isOpen !== true) return
    happened.restarts += 1
    this.#world.tell(() => `${replica.name} is asked to end`)
    replica.restart(agenda.between(10, 500))
  }

  /** One that runs the newest release gets a newer one; others catch up with it. */
  #upgrade(replica: SimulatedReplica): void {
    const { agenda, happened, replicas } = this.#world
    if (replica.process?.isOpen !== true) return
    const newest = Math.max(...replicas.map(({ release }) => release))
    const release = replica.release < newest ? newest : Math.min(newest + 1, RELEASES - 1)
    if (release === replica.release) return
    happened.upgrades += 1
    this.#world.tell(() => `${replica.name} is to run release ${release}`)
    replica.release = release
    replica.restart(agenda.between(10, 500))
  }

  /** What happens to disks, and to directories. */
  #toDisk(
    replica: SimulatedReplica,
    fault: 'trim' | 'compact' | 'damage' | 'backup' | 'restore' | 'copy' | 'empty',
  ): void {
    switch (fault) {
      case 'trim':
        return replica.tell({ type: 'measured', logBytes: replica.disk.logBytes() })
      case 'compact':
        return this.#compact(replica)
      case 'damage':
        return this.#damage(replica)
      case 'backup':
        this.#world.tell(() => `a backup is made of ${replica.name}`)
        this.#world.record?.({ type: 'backed-up', replica })
        this.#backups.set(replica, replica.disk.backup())
        return
      case 'restore':
        return this.#restore(replica)
      case 'copy':
        return this.#copy(replica)
      case 'empty':
        return this.#replace(replica, this.#world.newDisk(this.#world.nextId(replica.name)))
    }
  }

  /** A document's updates on disk become one. */
  #compact({ process, disk }: SimulatedReplica): void {
    if (process === undefined || disk.names.length === 0) return
    const document = this.#world.agenda.pick(disk.names)
    // It is told to the replica when it fails.
    process.call(() => {
      void process.parts.compaction.compact(document, { evenIfSmall: true }).catch(() => {})
    })
  }

  /** Never the only copy of anything: what is damaged everywhere is lost. */
  #damage({ name, disk }: SimulatedReplica): void {
    const { agenda, replicas } = this.#world
    if (disk.names.length === 0) return
    const document = agenda.pick(disk.names)
    if (replicas.some((other) => other.disk.document(document) === undefined)) return
    const others = replicas.filter((other) => other.disk !== disk)
    if (!others.some((other) => disk.isCoveredBy(other.disk))) return
    this.#world.tell(() => `${document} is damaged on the disk of ${name}`)
    disk.damage(document, agenda.between(0, 1_000))
  }

  #restore(replica: SimulatedReplica): void {
    const backup = this.#backups.get(replica)
    if (backup !== undefined) this.#replace(replica, backup.backup())
  }

  /** A replica goes on with another disk than it had. */
  #replace(replica: SimulatedReplica, disk: Disk): void {
    if (replica.process === undefined) return
    this.#world.happened.restores += 1
    this.#world.tell(() => {
      return `${replica.name} gets another disk, at ${versionText(disk.version(), this.#world.nameOf)}`
    })
    replica.crash()
    this.#world.forgive(replica)
    replica.disk = disk
    replica.start()
    this.#keepAlone(replica)
  }

  /** Whoever has a disk of before, or a copy of one, may write for a while before it meets anybody. */
  #keepAlone(replica: SimulatedReplica): void {
    const { agenda, clients, network, replicas } = this.#world
    if (agenda.happens(0.5)) return
    const others = replicas.filter((other) => other !== replica)
    for (const other of others) network.part(replica, other)
    agenda.after(agenda.between(200, 2_000), () => {
      for (const other of others) network.mend(replica, other)
    })
    const client = agenda.pick(clients)
    client.detach()
    client.attach(replica)
  }

  /** A second replica starts on a copy of a directory, beside the first. */
  #copy(replica: SimulatedReplica): void {
    const { disk, name } = replica
    const { replicas, happened } = this.#world
    if (replicas.length >= COPIES_UP_TO) return
    happened.copies += 1
    const copy = new SimulatedReplica({
      world: this.#world,
      name: `${name}${happened.copies}`,
      disk: disk.backup(),
      peers: [`sim:${name}`],
    })
    this.#world.tell(() => `${copy.name} starts on a copy of the disk of ${name}`)
    copy.release = replica.release
    replicas.push(copy)
    copy.start()
    this.#keepAlone(copy)
  }
}
