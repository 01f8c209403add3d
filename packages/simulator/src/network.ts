import type { Link } from '@rejoin/replica'
import { decodeReplicaMessage, rejectionOfClose } from '@rejoin/protocol'

import { SimulatedLink, type Closing } from './simulated-link.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedReplica } from './simulated-replica.ts'
import { frameText } from './trace.ts'
import type { World } from './world.ts'

/** What a frame takes on a slow link, in ms, at most. */
const SLOW_MS = 2_000
/** Between two tries to reach whoever does not answer, in ms, as TCP makes them. */
const KNOCK_MS = 1_000
/** A probe has its kind, a number and maybe an id. */
const PROBE_BYTES_MAX = 20
/** As a WebSocket calls an end that nobody asked for (RFC 6455). */
const BROKEN: Closing = { closeCode: 1006, reason: 'The link broke.' }

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

  /** Rejects at once where nobody is up, and at the deadline where nobody answers. */
  dial(from: SimulatedProcess, address: string, deadlineMs: number): Promise<Link> {
    const { agenda, replicas } = this.#world
    const deadline = agenda.now + deadlineMs
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => from.call(() => reject(new Error(reason)))
      const knock = (): void => {
        const to = replicas.find((each) => each.address === address)
        if (to?.process === undefined) return fail(`Nobody is at ${address}.`)
        if (this.#isReached(from.replica, to)) return this.#join(from, to.process, resolve)
        if (agenda.now + KNOCK_MS > deadline) return fail(`${address} does not answer.`)
        agenda.after(KNOCK_MS, knock)
      }
      agenda.after(this.#latency(), knock)
    })
  }

  #isReached(from: SimulatedReplica, to: SimulatedReplica): boolean {
    return to.process?.isAnswering === true && !this.#parted.has(pairOf(from, to))
  }

  #join(from: SimulatedProcess, to: SimulatedProcess, tell: (link: Link) => void): void {
    if (from.isOver) return
    const [near, far] = [new SimulatedLink(from, this), new SimulatedLink(to, this)]
    near.other = far
    far.other = near
    from.call(() => tell(near))
    to.transport.accept(far)
  }

  #latency(): number {
    return this.#world.agenda.between(1, this.#world.mix.latencyMs)
  }

  send(from: SimulatedLink, frame: Uint8Array): void {
    const { agenda, happened } = this.#world
    if (!isProbe(frame)) from.owner.replica.framesSent += 1
    if (from.isMute) {
      happened.lostFrames += 1
      this.#world.record?.({ type: 'swallowed', link: from, frame })
      if (isBack(from.other)) agenda.after(this.#latency(), () => this.break(from))
      return
    }
    const delay = from.isSlow ? agenda.between(0, SLOW_MS) : this.#latency()
    from.lastArrival = Math.max(from.lastArrival, agenda.now + delay)
    if (from.queue(frame.length)) happened.blocked += 1
    agenda.at(from.lastArrival, () => this.#arrive(from, frame))
    this.#world.record?.({ type: 'sent', link: from, frame, arrival: from.lastArrival })
    this.#repeat(from, frame)
  }

  #arrive(from: SimulatedLink, frame: Uint8Array): void {
    from.unqueue(frame.length)
    const to = from.other
    if (to?.isOpen !== true || from.isBroken) {
      this.#world.happened.lostFrames += 1
      this.#world.record?.({ type: 'lost', link: from, frame })
      return
    }
    this.#world.record?.({ type: 'arrived', link: from, frame })
    this.#world.tell(() => `${arrowOf(from)}  ${frameText(frame, this.#world.nameOf)}`)
    to.hear(frame)
  }

  /** A peer may bring entries again that it brought before, much later and out of their order. */
  #repeat(from: SimulatedLink, frame: Uint8Array): void {
    const { agenda, happened } = this.#world
    if (!this.#world.happens('repeat') || !isEntries(frame)) return
    agenda.after(agenda.between(0, 3_000), () => {
      if (from.other?.isOpen !== true || from.isBroken) return
      happened.duplicates += 1
      this.#world.record?.({ type: 'repeated', link: from, frame })
      from.other.hear(frame)
    })
  }

  /** A link breaks: what is on its way is lost, and both ends are told soon. */
  break(link: SimulatedLink): void {
    for (const each of [link, link.other]) {
      if (each === undefined) continue
      each.isBroken = true
      each.end(this.#world.agenda.between(0, 30), BROKEN)
    }
  }

  /** A machine is gone from one moment to the next: the other end is told nothing. */
  vanish(link: SimulatedLink): void {
    if (link.other === undefined) return this.break(link)
    link.isBroken = true
    link.other.isMute = true
    link.end(0, BROKEN)
  }

  /** One end closes a link: what it sent before still arrives, and then the reason. */
  close(link: SimulatedLink, closing: Closing): void {
    const { agenda } = this.#world
    const { closeCode, reason } = closing
    const far = link.other
    const code = rejectionOfClose(closeCode) ?? `${closeCode}`
    this.#world.tell(() => {
      const [name, other] = [link.owner.replica.name, far?.owner.replica.name]
      return `${name} closes its link to ${other}: ${code} (${reason})`
    })
    this.#world.record?.({ type: 'closed', link, code })
    link.end(agenda.between(0, 30), closing)
    if (far === undefined || link.isMute) return
    agenda.at(Math.max(link.lastArrival, agenda.now + this.#latency()), () => {
      if (!link.isBroken) far.end(0, closing)
    })
  }

  /** Two can't reach each other any more. */
  part(a: SimulatedReplica, b: SimulatedReplica): void {
    this.#parted.add(pairOf(a, b))
    for (const link of a.links) if (link.other?.owner.replica === b) this.break(link)
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
    for (const { links } of this.#world.replicas) for (const link of links) link.isSlow = false
  }
}

/** Whether the machine has started again, which knows nothing of the link, and says so. */
function isBack(vanished: SimulatedLink | undefined): boolean {
  return vanished?.owner.isOver === true && vanished.owner.replica.process !== undefined
}

/** `a → b` */
function arrowOf({ owner, other }: SimulatedLink): string {
  return `${owner.replica.name} → ${other?.owner.replica.name}`
}

/** Whether a replica only sees by it whether another is alive, which never ends. */
function isProbe(frame: Uint8Array): boolean {
  if (frame.length > PROBE_BYTES_MAX) return false
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && /^(?:ping|ack|nack|ping-req)$/.test(decoded.value.type)
}

function isEntries(frame: Uint8Array): boolean {
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && decoded.value.type === 'entries'
}

function pairOf(a: SimulatedReplica, b: SimulatedReplica): string {
  return a.name < b.name ? `${a.name} ${b.name}` : `${b.name} ${a.name}`
}
