import {
  decodeReplicaMessage,
  type RejectionCode,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'

import { Agenda } from './agenda.ts'
import type { Disk } from './disk.ts'
import { SimClient } from './sim-client.ts'
import { compacted, SimReplica, type End } from './sim-replica.ts'

/** Replicas, copies of others included. */
const COPIES_UP_TO = 7

/** What really happened in a run: a run in which nothing rare happens shows nothing. */
export interface Happened {
  crashes: number
  partitions: number
  moves: number
  pauses: number
  lostFrames: number
  stalls: number
  clockJumps: number
  duplicates: number
  trims: number
  /** Replicas brought up by documents. */
  jumps: number
  failures: number
  damages: number
  repairs: number
  restores: number
  copies: number
  renewals: number
  /** Logs of which entries were published anew, and dropped. */
  cuts: number
}

export const NOTHING_HAPPENED: Happened = {
  crashes: 0,
  partitions: 0,
  moves: 0,
  pauses: 0,
  lostFrames: 0,
  stalls: 0,
  clockJumps: 0,
  duplicates: 0,
  trims: 0,
  jumps: 0,
  failures: 0,
  damages: 0,
  repairs: 0,
  restores: 0,
  copies: 0,
  renewals: 0,
  cuts: 0,
}

/**
 * Faults that a run may have beside those of every run: disks that are full for a while, or damaged;
 * directories that are restored from a backup, or copied, so that ids are used twice.
 */
export type Profile = 'store' | 'identity'

export interface WorldOptions {
  readonly seed: number
  readonly replicas: number
  readonly clients: number
  readonly profile: Profile
}

/**
 * Some replicas and clients on virtual time, in a world of faults: links that are slow, break, lose
 * what is on its way and are refused for a while; entries that come twice; disks that stall; replicas that crash and come back with their disk;
 * clients that go offline, move to another replica, and read too slowly. Everything is drawn from
 * the seed.
 */
export class World {
  readonly agenda: Agenda
  readonly replicas: SimReplica[] = []
  readonly clients: SimClient[] = []
  readonly happened: Happened = { ...NOTHING_HAPPENED }
  readonly profile: Profile
  readonly #backups = new Map<SimReplica, Disk>()
  #lastRun = 0
  /** Every entry that was ever sealed: logs forget, a checker does not. */
  readonly sealed = new Map<string, SealedEntry>()
  readonly #refused = new Set<string>()
  #isHealed = false

  constructor({ seed, replicas, clients, profile }: WorldOptions) {
    this.agenda = new Agenda(seed)
    this.profile = profile
    const names = Array.from({ length: replicas }, (_, index) => String.fromCharCode(97 + index))
    for (const name of names) {
      // Each knows one other by configuration: the rest is found transitively.
      const peer = `sim:${names[(names.indexOf(name) + 1) % names.length]}`
      const id = name.repeat(16) as ReplicaId
      this.replicas.push(new SimReplica(this, name, id, [peer]))
    }
    for (let index = 0; index < clients; index++) {
      const document = `document ${index % 2}`
      const kind = index % 3 === 0 ? 'stock' : 'native'
      this.clients.push(new SimClient(this, `client${index}`, document, kind))
    }
    for (const replica of this.replicas) replica.start()
  }

  dial(from: SimReplica, address: string): void {
    this.agenda.after(this.agenda.between(1, 30), () => {
      const to = this.replicas.find((each) => each.address === address)
      const isUp = to?.engine !== undefined && from.engine !== undefined
      if (to === undefined || !isUp || this.#refused.has(pairOf(from, to))) {
        return from.step({ type: 'dial-failed', address })
      }
      const [near, far] = [this.#end(from), this.#end(to)]
      near.other = far
      far.other = near
      from.step({ type: 'linked', link: near.id, dialled: address })
      to.step({ type: 'linked', link: far.id })
    })
  }

  #end(owner: SimReplica): End {
    const end: End = { id: owner.nextId(), owner, other: undefined, isOpen: true, lastArrival: 0 }
    owner.ends.set(end.id, end)
    return end
  }

  /** Frames of one link arrive in order; frames of different links overtake each other. */
  send(end: End | undefined, frame: Uint8Array): void {
    if (end === undefined || !end.isOpen) return
    end.lastArrival = Math.max(end.lastArrival, this.agenda.now + this.agenda.between(1, 40))
    this.agenda.at(end.lastArrival, () => {
      const far = end.other
      if (far?.isOpen === true && end.isOpen) far.owner.step({ type: 'frame', link: far.id, frame })
      else this.happened.lostFrames += 1
    })
    this.#repeat(end, frame)
  }

  /** A peer may bring entries again that it brought before, much later and out of their order. */
  #repeat(end: End, frame: Uint8Array): void {
    if (this.#isHealed || !isEntries(frame) || !this.agenda.happens(0.1)) return
    this.agenda.after(this.agenda.between(0, 3_000), () => {
      const far = end.other
      if (far?.isOpen !== true || !end.isOpen) return
      this.happened.duplicates += 1
      far.owner.step({ type: 'frame', link: far.id, frame })
    })
  }

  /** How long a commit takes; now and then a disk stalls. */
  commitMs(): number {
    if (this.#isHealed || !this.agenda.happens(0.01)) return this.agenda.between(1, 12)
    this.happened.stalls += 1
    return this.agenda.between(100, 3_000)
  }

  /** Whether a commit fails, as it does on a full disk. */
  commitFails(): boolean {
    if (this.#isHealed || this.profile !== 'store' || !this.agenda.happens(0.01)) return false
    this.happened.failures += 1
    return true
  }

  nextRun(): string {
    this.#lastRun += 1
    return this.#lastRun.toString(16).padStart(16, '0')
  }

  nextId(): ReplicaId {
    return this.agenda
      .between(1, 2 ** 40)
      .toString(16)
      .padStart(16, '0') as ReplicaId
  }

  /** The end that a replica closes; the other one hears why. */
  closeLink(end: End | undefined, code: RejectionCode): void {
    if (end !== undefined) this.breakLink(end, code)
  }

  breakLink(end: End, code?: RejectionCode): void {
    for (const each of [end, end.other]) {
      if (each === undefined || !each.isOpen) continue
      each.isOpen = false
      each.owner.ends.delete(each.id)
      const why = each === end || code === undefined ? {} : { code }
      this.agenda.after(this.agenda.between(0, 30), () => {
        each.owner.step({ type: 'unlinked', link: each.id, ...why })
      })
    }
  }

  /** Draws one thing that happens. */
  disturb(): void {
    const { agenda } = this
    const client = agenda.pick(this.clients)
    const replica = agenda.pick(this.replicas)
    if (agenda.happens(0.02)) this.#jumpClock(replica)
    this.#disturbStore(replica)
    const draw = agenda.between(1, 100)
    if (draw <= 62) return this.#type(client)
    if (draw <= 72) return this.#move(client)
    if (draw <= 76) return this.#pause(client)
    if (draw <= 88) return this.#part(replica, agenda.pick(this.replicas))
    if (draw <= 95) return this.#rejoin(replica, agenda.pick(this.replicas))
    this.#crash(replica)
  }

  /** As when a machine slept, or a process was stopped for a while. */
  #jumpClock(replica: SimReplica): void {
    this.happened.clockJumps += 1
    replica.aheadMs += this.agenda.between(100, 3_600_000)
  }

  /** What happens to disks, and to directories. */
  #disturbStore(replica: SimReplica): void {
    const draw = this.agenda.between(1, 200)
    if (draw <= 8) replica.step({ type: 'measured', logBytes: replica.disk.logBytes() })
    if (draw === 9) this.#compact(replica)
    if (this.profile === 'store' && draw <= 14 && draw >= 12) this.#damage(replica)
    if (this.profile !== 'identity') return
    // Often enough that a run without a restored backup is rare.
    if (draw >= 15 && draw <= 18) this.#backups.set(replica, replica.disk.backup())
    if (draw >= 19 && draw <= 24) this.#restore(replica)
    if (draw === 25) this.#copy(replica)
  }

  /** A document's updates on disk become one. */
  #compact({ disk }: SimReplica): void {
    const document = disk.names.length === 0 ? undefined : this.agenda.pick(disk.names)
    const updates = document === undefined ? undefined : disk.document(document)
    if (document === undefined || updates === undefined) return
    disk.replace(document, disk.endOf(document), compacted(updates))
  }

  /** Never the only copy of anything: what is damaged everywhere is lost. */
  #damage(replica: SimReplica): void {
    if (replica.disk.names.length === 0) return
    const document = this.agenda.pick(replica.disk.names)
    const isElsewhere = this.replicas.some(({ disk }) => disk.document(document) === undefined)
    const others = this.replicas.filter((other) => other !== replica)
    if (isElsewhere || !others.some(({ disk }) => replica.disk.isCoveredBy(disk))) return
    replica.disk.damage(document, this.agenda.between(0, 1_000))
  }

  /** Whose directory was restored to before it had its id is nobody now: somebody removes it. */
  #removeGhosts(): void {
    const ids = new Set(this.replicas.map(({ disk }) => disk.replica))
    const [first] = this.replicas
    for (const { replica } of first?.engine?.members ?? []) {
      if (!ids.has(replica)) first?.step({ type: 'retire', replica })
    }
  }

  #restore(replica: SimReplica): void {
    const backup = this.#backups.get(replica)
    if (backup === undefined || replica.engine === undefined) return
    this.happened.restores += 1
    replica.crash()
    replica.disk = backup.backup()
    replica.start()
  }

  /** A second replica starts on a copy of a directory, beside the first. */
  #copy({ disk, name }: SimReplica): void {
    if (this.replicas.length >= COPIES_UP_TO) return
    this.happened.copies += 1
    const number = this.happened.copies
    const copy = new SimReplica(this, `${name}${number}`, disk.replica, [`sim:${name}`])
    copy.disk = disk.backup()
    this.replicas.push(copy)
    copy.start()
  }

  #type(client: SimClient): void {
    if (!client.isAttached && this.agenda.happens(0.5))
      client.attach(this.agenda.pick(this.replicas))
    client.type()
  }

  #move(client: SimClient): void {
    this.happened.moves += 1
    client.detach()
    if (this.agenda.happens(0.8)) client.attach(this.agenda.pick(this.replicas))
  }

  #pause(client: SimClient): void {
    this.happened.pauses += 1
    client.pause(this.agenda.happens(0.5))
  }

  #part(a: SimReplica, b: SimReplica): void {
    if (a === b) return
    this.happened.partitions += 1
    this.#refused.add(pairOf(a, b))
    for (const end of a.ends.values()) if (end.other?.owner === b) this.breakLink(end)
  }

  #rejoin(a: SimReplica, b: SimReplica): void {
    this.#refused.delete(pairOf(a, b))
  }

  #crash(replica: SimReplica): void {
    if (replica.engine === undefined) return
    this.happened.crashes += 1
    replica.crash()
    this.agenda.after(this.agenda.between(10, 2_000), () => {
      if (replica.engine === undefined) replica.start()
    })
  }

  /** Ends all faults for good: everybody is up, linked, attached and reading. */
  heal(): void {
    this.#refused.clear()
    this.#isHealed = true
    this.agenda.run(2_100)
    // Whoever opens a damaged document finds it; here somebody looks at all of them.
    for (const replica of this.replicas) {
      for (const document of replica.disk.names) {
        const isDamaged = replica.disk.document(document) === undefined
        if (isDamaged) replica.step({ type: 'damaged', document })
      }
    }
    this.agenda.run(20_000)
    this.#removeGhosts()
    for (const client of this.clients) {
      client.attach(this.agenda.pick(this.replicas))
      client.pause(false)
    }
  }
}

function isEntries(frame: Uint8Array): boolean {
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && decoded.value.type === 'entries'
}

function pairOf(a: SimReplica, b: SimReplica): string {
  return a.name < b.name ? `${a.name} ${b.name}` : `${b.name} ${a.name}`
}
