import type { ReplicaId, SealedEntry } from '@rejoin/protocol'

import { Agenda } from './agenda.ts'
import { Disk } from './disk.ts'
import { NOTHING_HAPPENED, type Happened } from './happened.ts'
import type { Fault, Mix, Profile } from './mix.ts'
import { Network } from './network.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedReplica } from './simulated-replica.ts'
import type { NameOf } from './trace.ts'
import type { Scribe, Watch } from './view/recorded.ts'

/** A crashed replica is back, and a standing one goes on, after at most this long, in ms. */
const BACK_MS = 4_000
/** Time in which everybody meets again, in ms. */
const MEETING_MS = 20_000

/**
 * Some replicas and clients on virtual time. Everything that is left to chance is drawn from the seed, so
 * that equal seeds give equal histories.
 */
export class World {
  readonly mix: Mix
  readonly agenda: Agenda
  readonly network: Network
  readonly replicas: SimulatedReplica[] = []
  readonly clients: SimulatedClient[] = []
  /** Ids that somebody gave up; a copy may run under one for a while. */
  readonly givenUp: Set<ReplicaId> = new Set()
  /** Those who are there no more; what was acknowledged to them must stay. */
  readonly departed: SimulatedClient[] = []
  /** Those that stay broken while the others are well; what is said to them stays without an answer. */
  readonly broken: Set<SimulatedReplica> = new Set()
  readonly happened: Happened = { ...NOTHING_HAPPENED }
  /** Every entry that ever was on a disk: logs forget, a checker does not. */
  readonly written: Map<string, SealedEntry> = new Map()
  /** Told what is done to this world, while somebody watches it. */
  readonly record: Scribe | undefined
  readonly #names = new Map<ReplicaId, string>()
  readonly #write: ((line: string) => void) | undefined
  #lastId = 0
  #lastClient = 0
  isHealed = false

  /** With `write` it is told line by line what happens; with `watch` somebody looks on. */
  constructor(mix: Mix, write?: (line: string) => void, watch?: Watch) {
    this.mix = mix
    this.#write = write
    this.agenda = new Agenda(mix.seed)
    this.network = new Network(this)
    this.record = watch?.(this)
    const names = Array.from({ length: mix.replicas }, (_, at) => String.fromCharCode(97 + at))
    for (const [at, name] of names.entries()) {
      // Each knows one other by configuration: the rest is found transitively.
      const next = `sim:${names[(at + 1) % names.length]}`
      const peers = [this.hasOtherNames ? `${next}/${name}` : next]
      const id = firstIdOf(name)
      this.#names.set(id, name)
      const disk = this.newDisk(id)
      this.replicas.push(new SimulatedReplica({ world: this, name, disk, peers }))
    }
    for (let at = 0; at < mix.clients; at++) this.clients.push(this.#newClient(at))
    for (const replica of this.replicas) replica.start()
  }

  newDisk(id: ReplicaId): Disk {
    if (this.mix.profile !== 'identity') return new Disk(id, undefined)
    const isGivenUp = (each: ReplicaId): boolean => {
      return this.givenUp.has(each) || !this.replicas.some(({ disk }) => disk.replica === each)
    }
    return new Disk(id, isGivenUp)
  }

  #newClient(at: number): SimulatedClient {
    this.#lastClient += 1
    const kind = at % 3 === 0 ? 'stock' : 'native'
    return new SimulatedClient(this, `client${this.#lastClient}`, `document ${at % 2}`, kind)
  }

  /** Somebody goes for good, and with them all that no replica acknowledged; somebody else comes. */
  replaceClient(client: SimulatedClient): void {
    const at = this.clients.indexOf(client)
    this.happened.departures += 1
    this.tell(() => `${client.name} goes for good`)
    client.detach()
    this.departed.push(client)
    this.clients[at] = this.#newClient(at)
  }

  /** What only this replica's disk holds may be lost with it. */
  forgive({ disk }: SimulatedReplica): void {
    const others = this.replicas.filter((other) => other.disk !== disk)
    for (const { document, acked } of [...this.clients, ...this.departed]) {
      for (const token of acked) {
        if (!others.some((other) => other.disk.holdsToken(document, token))) acked.delete(token)
      }
    }
  }

  /**
   * In every third world the address that a replica is configured with is not the one that its owner says that it
   * has, as with a proxy for each that dials.
   */
  get hasOtherNames(): boolean {
    return this.mix.seed % 3 === 0
  }

  get profile(): Profile {
    return this.mix.profile
  }

  /** Whether a fault comes now. */
  happens(fault: Fault): boolean {
    const likely = this.mix.likely[fault]
    return likely > 0 && !this.isHealed && this.agenda.happens(likely)
  }

  /** An id for whoever is called `name`, who may have had others before. */
  nextId(name: string): ReplicaId {
    const number = this.agenda.between(1, 2 ** 40)
    const id = number.toString(16).padStart(16, '0') as ReplicaId
    this.#lastId += 1
    this.#names.set(id, `${name}'${this.#lastId}.`)
    return id
  }

  /** How a replica id is called in a trace. */
  readonly nameOf: NameOf = (id) => this.#names.get(id) ?? id

  tell(line: () => string): void {
    this.#write?.(`${String(this.agenda.now).padStart(6)} ms  ${line()}`)
    this.record?.({ type: 'stepped' })
  }

  /** Ends all faults for good: everybody is up, linked, attached and reading. */
  async heal(): Promise<void> {
    this.tell(() => 'all faults end')
    this.record?.({ type: 'faults-end' })
    this.isHealed = true
    await this.recover(this.replicas)
    this.#removeGhosts()
    for (const client of this.clients) {
      client.attach(this.agenda.pick(this.replicas))
      client.pause(false)
    }
  }

  /** These are well, and run the newest release; they have time to meet again. */
  async recover(replicas: readonly SimulatedReplica[]): Promise<void> {
    this.network.heal(replicas)
    await this.agenda.run(BACK_MS)
    const newest = Math.max(...this.replicas.map(({ release }) => release))
    for (const replica of replicas) {
      if (replica.release < newest) {
        replica.release = newest
        replica.restart(this.agenda.between(10, 500))
      }
    }
    await this.agenda.run(BACK_MS)
    // Whoever opens a damaged document finds it; here somebody looks at all of them.
    for (const replica of replicas) {
      for (const document of replica.disk.names) {
        const isDamaged = replica.disk.document(document) === undefined
        if (isDamaged) replica.tell({ type: 'damaged', document })
      }
    }
    await this.agenda.run(MEETING_MS)
  }

  /** Whose directory was put back to before it had its id is nobody now: somebody removes it. */
  #removeGhosts(): void {
    const ids = new Set(this.replicas.map(({ disk }) => disk.replica))
    const [first] = this.replicas
    for (const { replica } of first?.engine?.members ?? []) {
      if (ids.has(replica)) continue
      this.tell(() => `somebody removes ${this.nameOf(replica)}, which is nobody`)
      this.record?.({ type: 'removed', id: replica })
      first?.tell({ type: 'retire', replica, state: 'removed' })
    }
  }
}

/** `aaaaaaaaaaaaaaaa` for `a`; a letter that is no digit of an id stands in it as its code. */
function firstIdOf(name: string): ReplicaId {
  const digits = /^[a-f]$/.test(name) ? name.repeat(2) : name.charCodeAt(0).toString(16)
  return digits.repeat(8) as ReplicaId
}
