import { CLOSE_CODES, RejoinError } from '@rejoin/protocol'

import type { Link, LinkListener, Transport } from './ports/transport.ts'

/**
 * A network in one process, for tests and for replicas that share one: the transport port with no
 * sockets under it. Frames are copied, and arrive in order in a later turn of the event loop, never
 * inside `send`. Queues are not bounded here; a sender looks at `queuedBytes`, which is back to 0
 * after every turn.
 */
export interface MemoryNetwork {
  /** The transport that others dial at `memory:NAME`; a name is free again once it is closed. */
  transport(name: string): Transport
  /** Ends every link between two names with 1006, as a torn cable does; they may dial again. */
  break(a: string, b: string): void
  /** From now on nothing answers at `name`: dials to it fail at their deadline. */
  silence(name: string): void
}

/** The close code for an end that nobody asked for (RFC 6455). */
const BROKEN = 1006

export function memoryNetwork(): MemoryNetwork {
  return new Network()
}

class Network implements MemoryNetwork {
  readonly #transports: Map<string, MemoryTransport> = new Map()
  readonly #silent: Set<string> = new Set()

  transport(name: string): Transport {
    if (this.#transports.has(name)) throw new Error(`"${name}" is taken; close its transport first`)
    const transport = new MemoryTransport(name, this)
    this.#transports.set(name, transport)
    return transport
  }

  break(a: string, b: string): void {
    for (const end of this.#transports.get(a)?.ends ?? []) {
      if (end.to === b) end.lose()
    }
  }

  silence(name: string): void {
    this.#silent.add(name)
  }

  isSilent(name: string): boolean {
    return this.#silent.has(name)
  }

  find(name: string): MemoryTransport | undefined {
    return this.#transports.get(name)
  }

  forget(transport: MemoryTransport): void {
    if (this.find(transport.name) === transport) this.#transports.delete(transport.name)
  }
}

class MemoryTransport implements Transport {
  readonly name: string
  readonly address: string
  readonly ends: Set<End> = new Set()
  readonly #network: Network
  /** Each ends one dial that waits for its deadline. */
  readonly #givingUp: Set<() => void> = new Set()
  #accept: ((link: Link) => void) | undefined
  #closed = false

  constructor(name: string, network: Network) {
    this.name = name
    this.address = `memory:${name}`
    this.#network = network
  }

  listen(accept: (link: Link) => void): void {
    if (this.#accept !== undefined) throw new Error('listen is called once')
    this.#accept = accept
  }

  async dial(address: string, deadlineMs: number): Promise<Link> {
    const name = address.replace(/^memory:/, '')
    if (this.#closed) throw closedError()
    if (this.#network.isSilent(name)) await this.#outwait(address, deadlineMs)
    await nextTurn()
    if (this.#closed) throw closedError()
    const other = this.#network.find(name)
    if (other === undefined || other.#accept === undefined) {
      throw new Error(`No replica was reached at ${address}. Check the address and that it runs.`)
    }
    const [near, far] = newLink(this, other)
    other.#accept(far)
    return near
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#network.forget(this)
    for (const giveUp of this.#givingUp) giveUp()
    for (const end of this.ends) end.close(CLOSE_CODES.closing, 'This replica is closing.')
    await Promise.all([...this.ends].map((end) => end.ended))
  }

  /** Rejects at the deadline, or once this transport closes. */
  #outwait(address: string, deadlineMs: number): Promise<never> {
    return new Promise((_resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(deadline)
        this.#givingUp.delete(giveUp)
        reject(error)
      }
      const giveUp = (): void => fail(closedError())
      const deadline = setTimeout(() => {
        fail(new RejoinError('timeout', `${address} did not answer in ${deadlineMs} ms.`))
      }, deadlineMs)
      this.#givingUp.add(giveUp)
    })
  }
}

/** One end of a link; the two ends know each other. */
class End implements Link {
  /** Resolves once the listener was told that the link is closed. */
  readonly ended: Promise<void>
  /** The name at the other end. */
  readonly to: string
  #other: End | undefined
  #listener: LinkListener | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** How this end closed, before the other could. */
  #closing: Closing | undefined
  #isClosed = false
  #resolveEnded: () => void = () => {}

  constructor(owner: MemoryTransport, to: string) {
    this.to = to
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve))
    owner.ends.add(this)
    void this.ended.then(() => owner.ends.delete(this))
  }

  join(other: End): void {
    this.#other = other
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  attach(listener: LinkListener): void {
    if (this.#listener !== undefined) throw new Error('a link is attached once')
    this.#listener = listener
  }

  send(frame: Uint8Array): void {
    if (this.#isOver) return
    if (this.#queue.length === 0) setImmediate(() => this.#flush())
    this.#queue.push(frame.slice())
    this.#queuedBytes += frame.length
  }

  close(closeCode: number, reason: string): void {
    if (this.#isOver) return
    this.#closing = { closeCode, reason }
    // What was sent before is flushed by an earlier turn.
    setImmediate(() => this.#closeBoth({ closeCode, reason }))
  }

  /** The link ends without anybody's having closed it; what is under way is lost. */
  lose(): void {
    const lost = { closeCode: BROKEN, reason: 'The link broke.' }
    for (const end of [this, this.#other]) {
      if (end === undefined || end.#isClosed) continue
      end.#queue = []
      end.#closing = lost
    }
    setImmediate(() => this.#closeBoth(lost))
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#closing !== undefined
  }

  #flush(): void {
    const frames = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const frame of frames) this.#other?.receive(frame)
    if (!this.#isOver) this.#listener?.drained()
  }

  receive(frame: Uint8Array): void {
    if (!this.#isOver) this.#listener?.frame(frame)
  }

  #closeBoth(how: Closing): void {
    this.#other?.finish(how)
    this.finish(how)
  }

  finish(how: Closing): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { closeCode, reason } = this.#closing ?? how
    this.#listener?.closed(closeCode, reason)
    this.#resolveEnded()
  }
}

interface Closing {
  readonly closeCode: number
  readonly reason: string
}

function newLink(near: MemoryTransport, far: MemoryTransport): [End, End] {
  const nearEnd = new End(near, far.name)
  const farEnd = new End(far, near.name)
  nearEnd.join(farEnd)
  farEnd.join(nearEnd)
  return [nearEnd, farEnd]
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function closedError(): RejoinError {
  return new RejoinError('closed', 'This transport is closed and dials no more.')
}
