import type { Link } from '@rejoin/replica'
import { decodeReplicaMessage, rejectionOfClose } from '@rejoin/protocol'

import { SimulatedLink, type Closing } from './simulated-link.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedReplica } from './simulated-replica.ts'
import { asHeard } from './releases.ts'
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
 * be slow; pairs of replicas can be parted, or one of them be heard no more by the other, while what it
 * sends waits, as TCP makes it, until it gets through or the link is given up.
 */
export class Network {
  readonly #world: World
  readonly #parted = new Set<string>()
  /** From whom nothing gets through to whom. */
  readonly #obstructed = new Set<string>()

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
        const to = replicas.find((each) => this.#leadsTo(address, each, from))
        if (to?.process === undefined) return fail(`Nobody is at ${address}.`)
        if (this.#isReached(from.replica, to)) return this.#join(from, to.process, resolve)
        if (agenda.now + KNOCK_MS > deadline) return fail(`${address} does not answer.`)
        agenda.after(KNOCK_MS, knock)
      }
      agenda.after(this.#latency(), knock)
    })
  }

  /** By the address that it says it has, or what the one who dials calls it; in some worlds what others do, too. */
  #leadsTo(address: string, { address: own }: SimulatedReplica, by: SimulatedProcess): boolean {
    if (address === own || address === `${own}/${by.replica.name}`) return true
    return this.#world.mix.seed % 2 === 1 && address.startsWith(`${own}/`)
  }

  #isReached(from: SimulatedReplica, to: SimulatedReplica): boolean {
    const isOpen = !this.#obstructed.has(wayOf(from, to)) && !this.#obstructed.has(wayOf(to, from))
    return isOpen && to.process?.isAnswering === true && !this.#parted.has(pairOf(from, to))
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
    if (!isProbe(frame) && this.#isToSomebodyWell(from)) from.owner.replica.framesSent += 1
    if (from.queue(frame.length)) this.#world.happened.blocked += 1
    if (this.#isHeld(from)) return void from.held.push(() => this.#carry(from, frame))
    this.#carry(from, frame)
  }

  #isToSomebodyWell({ other }: SimulatedLink): boolean {
    return other === undefined || !this.#world.broken.has(other.owner.replica)
  }

  #isHeld({ owner, other, held }: SimulatedLink): boolean {
    if (other === undefined) return false
    return held.length > 0 || this.#obstructed.has(wayOf(owner.replica, other.owner.replica))
  }

  #carry(from: SimulatedLink, frame: Uint8Array): void {
    const { agenda, happened } = this.#world
    if (from.isMute) {
      from.unqueue(frame.length)
      happened.lostFrames += 1
      this.#world.record?.({ type: 'swallowed', link: from, frame })
      if (isBack(from.other)) agenda.after(this.#latency(), () => this.break(from))
      return
    }
    const delay = from.isSlow ? agenda.between(0, SLOW_MS) : this.#latency()
    from.lastArrival = Math.max(from.lastArrival, agenda.now + delay)
    const heard = this.#flipped(asHeard(frame, from))
    agenda.at(from.lastArrival, () => this.#arrive(from, heard))
    this.#world.record?.({ type: 'sent', link: from, frame: heard, arrival: from.lastArrival })
    this.#repeat(from, frame)
  }

  /** Now and then a bit is not the one that was sent. */
  #flipped(frame: Uint8Array): Uint8Array {
    const { agenda, happened } = this.#world
    if (!this.#world.happens('flip')) return frame
    happened.flips += 1
    const [at, bit] = [agenda.between(0, frame.length - 1), agenda.between(0, 7)]
    return frame.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
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
    if (far === undefined) return
    const tell = (): void => {
      if (link.isMute) return
      agenda.at(Math.max(link.lastArrival, agenda.now + this.#latency()), () => {
        if (!link.isBroken) far.end(0, closing)
      })
    }
    if (this.#isHeld(link)) link.held.push(tell)
    else tell()
  }

  /** Two can't reach each other any more. */
  part(a: SimulatedReplica, b: SimulatedReplica): void {
    this.#parted.add(pairOf(a, b))
    for (const link of a.links) if (link.other?.owner.replica === b) this.break(link)
  }

  /** Nothing gets through any more from one to the other; the other way all is well. */
  obstruct(from: SimulatedReplica, to: SimulatedReplica): void {
    this.#obstructed.add(wayOf(from, to))
  }

  mend(a: SimulatedReplica, b: SimulatedReplica): void {
    this.#parted.delete(pairOf(a, b))
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      if (this.#obstructed.delete(wayOf(from, to))) this.#release(from, to)
    }
  }

  /** What was held up gets through. Whoever sent it may have given up the link meanwhile. */
  #release(from: SimulatedReplica, to: SimulatedReplica): void {
    const near = [...from.links].filter(({ other }) => other?.owner.replica === to)
    const far = [...to.links].flatMap(({ other }) => (other?.owner.replica === from ? other : []))
    for (const { held } of new Set([...near, ...far])) {
      for (const go of held.splice(0)) go()
    }
  }

  areParted(a: SimulatedReplica, b: SimulatedReplica): boolean {
    return this.#parted.has(pairOf(a, b))
  }

  isObstructed(from: SimulatedReplica, to: SimulatedReplica): boolean {
    return this.#obstructed.has(wayOf(from, to))
  }

  /**
   * These can reach each other, and their links are as fast as ever; what vanishes is noticed by its
   * silence.
   */
  heal(among: readonly SimulatedReplica[]): void {
    for (const a of among) {
      for (const b of among) if (a !== b) this.mend(a, b)
      for (const link of a.links) link.isSlow = false
    }
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

function wayOf(from: SimulatedReplica, to: SimulatedReplica): string {
  return `${from.name} ${to.name}`
}

function pairOf(a: SimulatedReplica, b: SimulatedReplica): string {
  return a.name < b.name ? `${a.name} ${b.name}` : `${b.name} ${a.name}`
}
