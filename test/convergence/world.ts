import { decodeReplicaMessage, type ReplicaId } from '@rejoin/protocol'

import { Agenda } from './agenda.ts'
import { SimClient } from './sim-client.ts'
import { SimReplica, type End } from './sim-replica.ts'

/** What really happened in a run: a run in which nothing rare happens shows nothing. */
export interface Happened {
  crashes: number
  partitions: number
  moves: number
  pauses: number
  lostFrames: number
  stalls: number
  duplicates: number
}

export interface WorldOptions {
  readonly seed: number
  readonly replicas: number
  readonly clients: number
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
  readonly happened: Happened = {
    crashes: 0,
    partitions: 0,
    moves: 0,
    pauses: 0,
    lostFrames: 0,
    stalls: 0,
    duplicates: 0,
  }
  readonly #refused = new Set<string>()
  #isHealed = false

  constructor({ seed, replicas, clients }: WorldOptions) {
    this.agenda = new Agenda(seed)
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

  closeLink(end: End | undefined): void {
    if (end !== undefined) this.breakLink(end)
  }

  breakLink(end: End): void {
    for (const each of [end, end.other]) {
      if (each === undefined || !each.isOpen) continue
      each.isOpen = false
      each.owner.ends.delete(each.id)
      this.agenda.after(this.agenda.between(0, 30), () => {
        each.owner.step({ type: 'unlinked', link: each.id })
      })
    }
  }

  /** Draws one thing that happens. */
  disturb(): void {
    const { agenda } = this
    const client = agenda.pick(this.clients)
    const replica = agenda.pick(this.replicas)
    const draw = agenda.between(1, 100)
    if (draw <= 62) return this.#type(client)
    if (draw <= 72) return this.#move(client)
    if (draw <= 76) return this.#pause(client)
    if (draw <= 88) return this.#part(replica, agenda.pick(this.replicas))
    if (draw <= 95) return this.#rejoin(replica, agenda.pick(this.replicas))
    this.#crash(replica)
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
