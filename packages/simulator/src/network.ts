import { decodeReplicaMessage, type RejectionCode } from '@rejoin/protocol'

import type { SimulatedReplica } from './simulated-replica.ts'
import { frameText } from './trace.ts'
import type { World } from './world.ts'

/** Bytes on their way on one link from which on its sender is told that it is slow. */
const QUEUE_BYTES = 2_000
/** What a frame takes on a slow link, in ms, at most. */
const SLOW_MS = 2_000

/** One end of a link. */
export interface End {
  readonly id: number
  readonly owner: SimulatedReplica
  other: End | undefined
  isOpen: boolean
  /** What is on its way from here never arrives. */
  isBroken: boolean
  /** When the last frame sent from here arrives; a later one arrives no earlier. */
  lastArrival: number
  /** What is sent from here vanishes, and neither end is told (a half-open link). */
  isMute: boolean
  isSlow: boolean
  /** Bytes that are on their way from here. */
  queued: number
  isBlocked: boolean
}

/**
 * Links between replicas, as WebSockets are: frames of one link arrive in order or not at all, those of
 * different links overtake each other. A link can break, lose all from some moment on without a sign, or
 * be slow; pairs of replicas can be parted.
 */
export class Network {
  readonly #world: World
  readonly #parted = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  dial(from: SimulatedReplica, address: string): void {
    const { agenda, replicas } = this.#world
    agenda.after(this.#latency(), () => {
      const to = replicas.find((each) => each.address === address)
      const isUp = to?.isAnswering === true && from.engine !== undefined
      if (to === undefined || !isUp || this.#parted.has(pairOf(from, to))) {
        return from.step({ type: 'dial-failed', address })
      }
      const [near, far] = [newEnd(from), newEnd(to)]
      near.other = far
      far.other = near
      from.step({ type: 'linked', link: near.id, dialled: address })
      to.step({ type: 'linked', link: far.id })
    })
  }

  #latency(): number {
    return this.#world.agenda.between(1, this.#world.mix.latencyMs)
  }

  send(end: End | undefined, frame: Uint8Array): void {
    if (end === undefined || !end.isOpen) return
    const { agenda, happened } = this.#world
    if (end.isMute) {
      happened.lostFrames += 1
      this.#world.record?.({ type: 'swallowed', end, frame })
      return
    }
    const delay = end.isSlow ? agenda.between(0, SLOW_MS) : this.#latency()
    end.lastArrival = Math.max(end.lastArrival, agenda.now + delay)
    this.#queue(end, frame.length)
    agenda.at(end.lastArrival, () => this.#arrive(end, frame))
    this.#world.record?.({ type: 'sent', end, frame, arrival: end.lastArrival })
    this.#repeat(end, frame)
  }

  #queue(end: End, bytes: number): void {
    end.queued += bytes
    if (end.isBlocked || end.queued <= QUEUE_BYTES) return
    end.isBlocked = true
    this.#world.happened.blocked += 1
    this.#world.agenda.after(0, () => end.owner.step({ type: 'blocked', link: end.id }))
  }

  #arrive(end: End, frame: Uint8Array): void {
    end.queued -= frame.length
    const far = end.other
    if (far?.isOpen !== true || end.isBroken) {
      this.#world.happened.lostFrames += 1
      this.#world.record?.({ type: 'lost', end, frame })
      return
    }
    this.#world.record?.({ type: 'arrived', end, frame })
    this.#world.tell(() => {
      return `${end.owner.name} → ${far.owner.name}  ${frameText(frame, this.#world.nameOf)}`
    })
    far.owner.step({ type: 'frame', link: far.id, frame })
    if (!end.isBlocked || end.queued > 0 || !end.isOpen) return
    end.isBlocked = false
    end.owner.step({ type: 'drained', link: end.id })
  }

  /** A peer may bring entries again that it brought before, much later and out of their order. */
  #repeat(end: End, frame: Uint8Array): void {
    const { agenda, happened } = this.#world
    if (!this.#world.happens('repeat') || !isEntries(frame)) return
    agenda.after(agenda.between(0, 3_000), () => {
      const far = end.other
      if (far?.isOpen !== true || end.isBroken) return
      happened.duplicates += 1
      this.#world.record?.({ type: 'repeated', end, frame })
      far.owner.step({ type: 'frame', link: far.id, frame })
    })
  }

  /** A link breaks: what is on its way is lost, and both ends are told soon. */
  break(end: End): void {
    for (const each of [end, end.other]) {
      if (each === undefined) continue
      each.isBroken = true
      this.#unlink(each, this.#world.agenda.between(0, 30))
    }
  }

  /** One end closes a link: what it sent before still arrives, and then the reason. */
  close(end: End, code: RejectionCode): void {
    const { agenda } = this.#world
    this.#unlink(end, agenda.between(0, 30))
    const far = end.other
    this.#world.tell(() => `${end.owner.name} closes its link to ${far?.owner.name}: ${code}`)
    this.#world.record?.({ type: 'closed', end, code })
    if (far === undefined || end.isMute) return
    agenda.at(Math.max(end.lastArrival, agenda.now + this.#latency()), () => {
      if (!end.isBroken) this.#unlink(far, 0, code)
    })
  }

  #unlink(end: End, delayMs: number, code?: RejectionCode): void {
    if (!end.isOpen) return
    end.isOpen = false
    end.owner.ends.delete(end.id)
    const why = code === undefined ? {} : { code }
    this.#world.agenda.after(delayMs, () => {
      end.owner.step({ type: 'unlinked', link: end.id, ...why })
    })
  }

  /** Two can't reach each other any more. */
  part(a: SimulatedReplica, b: SimulatedReplica): void {
    this.#parted.add(pairOf(a, b))
    for (const end of a.ends.values()) if (end.other?.owner === b) this.break(end)
  }

  mend(a: SimulatedReplica, b: SimulatedReplica): void {
    this.#parted.delete(pairOf(a, b))
  }

  areParted(a: SimulatedReplica, b: SimulatedReplica): boolean {
    return this.#parted.has(pairOf(a, b))
  }

  /** Everybody can reach everybody, and links are as fast as ever; what vanishes is noticed by its silence. */
  heal(): void {
    this.#parted.clear()
    for (const { ends } of this.#world.replicas) for (const end of ends.values()) end.isSlow = false
  }
}

function newEnd(owner: SimulatedReplica): End {
  const end: End = {
    id: owner.nextId(),
    owner,
    other: undefined,
    isOpen: true,
    isBroken: false,
    lastArrival: 0,
    isMute: false,
    isSlow: false,
    queued: 0,
    isBlocked: false,
  }
  owner.ends.set(end.id, end)
  return end
}

function isEntries(frame: Uint8Array): boolean {
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && decoded.value.type === 'entries'
}

function pairOf(a: SimulatedReplica, b: SimulatedReplica): string {
  return a.name < b.name ? `${a.name} ${b.name}` : `${b.name} ${a.name}`
}
