import { compact, type SessionListener } from '@rejoin/replica'
import { assemble, OpenReplica, type Clock, type Machine, type Parts } from '@rejoin/replica/parts'

import type { SimulatedReplica } from './simulated-replica.ts'
import { SimulatedSession } from './simulated-session.ts'
import { SimulatedStore } from './simulated-store.ts'
import { SimulatedTransport } from './simulated-transport.ts'
import type { World } from './world.ts'

const SOON = Promise.resolve()

/** In every second world nine and more have partial views; in the others they are a full mesh, as usual. */
function meshMaxOf(seed: number): number | undefined {
  return seed % 2 === 0 ? 8 : undefined
}

/**
 * One life of a replica, from its start to its crash: what runs in production too, on a clock, a store and a
 * network that are not real. Once it is over it is not called any more, and what it asked for comes to
 * nothing.
 */
export class SimulatedProcess {
  readonly replica: SimulatedReplica
  readonly world: World
  readonly sessions: Set<SimulatedSession> = new Set()
  readonly transport: SimulatedTransport
  readonly running: OpenReplica
  /** Which release of the code it runs. */
  readonly release: number
  readonly #parts: Parts
  readonly #store: SimulatedStore
  #isOver = false
  #isClosing = false
  /** What has come while it stands still; `undefined` while it does not. */
  #held: (() => void)[] | undefined

  constructor(replica: SimulatedReplica, world: World) {
    this.replica = replica
    this.world = world
    this.release = replica.release
    this.#store = new SimulatedStore(this, replica.disk)
    this.transport = new SimulatedTransport(this)
    const { agenda } = world
    this.#parts = assemble(
      {
        store: this.#store,
        transport: this.transport,
        peers: replica.peers,
        // A log this small is always over one of its bounds.
        retention: { keepBytes: 1_500, maxBytes: 6_000 },
      },
      {
        clock: this.#clock(),
        randomBytes: (count) => Uint8Array.from({ length: count }, () => agenda.between(0, 255)),
        compactor: this.#compactor(),
      },
      meshMaxOf(world.mix.seed),
    )
    this.running = new OpenReplica(this.#parts, replica.address)
    this.#parts.driver.start()
  }

  get parts(): Parts {
    return this.#parts
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it takes sessions. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#isClosing
  }

  /** Whether it answers those who dial it. */
  get isAnswering(): boolean {
    return !this.#isOver && this.#held === undefined
  }

  #clock(): Clock {
    return {
      now: () => this.world.agenda.now + this.replica.aheadMs,
      // As soon as with `queueMicrotask`, which in Node makes an asynchronous context for each.
      soon: (run) => void SOON.then(() => this.#safely(run)),
      schedule: (delayMs, run) => {
        let isDue = true
        this.later(delayMs, () => {
          if (isDue) run()
        })
        return () => (isDue = false)
      },
    }
  }

  /** In production a throw ends the process; here it ends the history. */
  #safely(run: () => void): void {
    try {
      this.call(run)
    } catch (error) {
      this.world.agenda.fail(error as Error)
    }
  }

  /** Compacts as the thread does, with the time that it takes. */
  #compactor(): Machine['compactor'] {
    return {
      compact: async (updates, options) => {
        this.world.happened.compactions += 1
        const { agenda } = this.world
        // Now and then others are before it, and much is written meanwhile.
        const tookMs = agenda.happens(0.5) ? agenda.between(0, 8) : agenda.between(50, 500)
        await new Promise<void>((resolve) => this.later(tookMs, resolve))
        return compact(updates, options)
      },
      close: async () => {},
    }
  }

  /** Calls it: now, or when it goes on again, or never any more. */
  call(run: () => void): void {
    if (this.#isOver) return
    if (this.#held !== undefined) return void this.#held.push(run)
    run()
    this.world.record?.({ type: 'stepped' })
  }

  /** Calls it after `delayMs`. */
  later(delayMs: number, run: () => void): void {
    this.world.agenda.after(delayMs, () => this.call(run))
  }

  attach(listener: SessionListener): SimulatedSession {
    const session = new SimulatedSession(this, listener)
    this.sessions.add(session)
    return session
  }

  /** As one that is stopped (SIGSTOP, a machine that swaps): it notices when it goes on. */
  standStill(): void {
    if (this.isAnswering) this.#held = []
  }

  /** Takes up one thing after the other of what has come meanwhile, in its order. */
  goOn(): void {
    const next = this.#held?.shift()
    if (next === undefined) {
      this.#held = undefined
      return this.world.record?.({ type: 'stepped' })
    }
    if (!this.#isOver) next()
    this.world.agenda.after(0, () => this.goOn())
  }

  /** It is asked to end (SIGTERM), and says when it is ready to. */
  close(onClosed: () => void): void {
    if (!this.isOpen) return
    this.#isClosing = true
    this.call(() => {
      // What its disk did not take is lost as in a crash.
      const closed = this.running.close().catch(() => {})
      void closed.then(() => this.world.agenda.after(0, onClosed))
    })
  }

  /** It is killed, or its machine loses its power, silently: what is on the disk is all that is left. */
  end({ isSilent = false }: { isSilent?: boolean } = {}): void {
    this.#isOver = true
    this.#store.lose()
    this.transport.lose({ isSilent })
    for (const session of this.sessions) session.lose()
  }
}
