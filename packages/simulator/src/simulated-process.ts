import { compact, type SessionListener } from '@rejoin/replica'
import { assemble, type Clock, type Parts } from '@rejoin/replica/parts'

import type { SimulatedReplica } from './simulated-replica.ts'
import { SimulatedSession } from './simulated-session.ts'
import { SimulatedStore } from './simulated-store.ts'
import { SimulatedTransport } from './simulated-transport.ts'
import type { World } from './world.ts'

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
  readonly #parts: Parts
  readonly #store: SimulatedStore
  #isOver = false
  /** What has come while it stands still; `undefined` while it does not. */
  #held: (() => void)[] | undefined

  constructor(replica: SimulatedReplica, world: World) {
    this.replica = replica
    this.world = world
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
    )
    this.#parts.driver.start()
  }

  get parts(): Parts {
    return this.#parts
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it answers those who dial it. */
  get isAnswering(): boolean {
    return !this.#isOver && this.#held === undefined
  }

  #clock(): Clock {
    return {
      now: () => this.world.agenda.now + this.replica.aheadMs,
      soon: (run) => queueMicrotask(() => this.#safely(run)),
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
  #compactor(): Parameters<typeof assemble>[1]['compactor'] {
    return {
      compact: async (updates, options) => {
        this.world.happened.compactions += 1
        await new Promise<void>((resolve) => this.later(this.world.agenda.between(0, 8), resolve))
        return compact(updates, options)
      },
      close: async () => {},
    }
  }

  /** Calls it: now, or when it goes on again, or never any more. */
  call(run: () => void): void {
    if (this.#isOver) return
    if (this.#held === undefined) run()
    else this.#held.push(run)
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

  /** As one that is stopped for a while (SIGSTOP, a machine that swaps): it notices afterwards. */
  standStill(ms: number): void {
    if (!this.isAnswering) return
    this.#held = []
    this.world.agenda.after(ms, () => this.#goOn())
  }

  /** Takes up one thing after the other of what has come meanwhile, in its order. */
  #goOn(): void {
    const next = this.#held?.shift()
    if (next === undefined) {
      this.#held = undefined
      return
    }
    if (!this.#isOver) next()
    this.world.agenda.after(0, () => this.#goOn())
  }

  /** It is killed, or its machine loses its power: what is on the disk is all that is left. */
  end(): void {
    this.#isOver = true
    this.#store.lose()
    this.transport.lose()
    for (const session of this.sessions) session.lose()
  }
}
