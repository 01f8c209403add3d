import type { Engine, EngineEvent } from '@rejoin/engine'
import type { RejectionCode } from '@rejoin/protocol'
import type { SessionListener } from '@rejoin/replica'

import type { Disk } from './disk.ts'
import type { SimulatedLink } from './simulated-link.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedSession } from './simulated-session.ts'
import type { World } from './world.ts'

interface Setting {
  readonly world: World
  readonly name: string
  readonly disk: Disk
  /** Addresses that it is configured with. */
  readonly peers: readonly string[]
}

/** A place in the world with a disk, on which one process after the other runs. */
export class SimulatedReplica {
  readonly name: string
  readonly address: string
  readonly peers: readonly string[]
  disk: Disk
  process: SimulatedProcess | undefined
  readonly links: Set<SimulatedLink> = new Set()
  readonly #world: World
  /** What processes that have ended refused. */
  readonly #refused = new Map<RejectionCode, number>()
  /** By how much its clock is ahead of the world's, in ms: it has jumped. */
  aheadMs = 0
  /** Which release of the code it runs from its next start on. */
  release = 0
  /** Its disk takes nothing any more. */
  isFull = false
  /** It does not start. */
  isDown = false
  /** Frames sent to replicas that are well, other than probes; at rest only heartbeats are. */
  framesSent = 0

  constructor({ world, name, disk, peers }: Setting) {
    this.#world = world
    this.name = name
    this.address = `sim:${name}`
    this.disk = disk
    this.peers = peers
  }

  /** The engine that runs, if one does. */
  get engine(): Engine | undefined {
    const driver = this.process?.parts.driver
    return driver?.isRenewing === true ? undefined : driver?.engine
  }

  /** How often something was refused here, by its reason. */
  get rejections(): ReadonlyMap<RejectionCode, number> {
    const now = this.process?.parts.driver.rejections ?? {}
    const counts = new Map(this.#refused)
    for (const [name, count] of Object.entries(now)) {
      const code = name as RejectionCode
      counts.set(code, (counts.get(code) ?? 0) + count)
    }
    return counts
  }

  start(): void {
    this.process = new SimulatedProcess(this, this.#world)
  }

  /** Ends as it should, and starts again `afterMs` later. */
  restart(afterMs: number): void {
    const { process } = this
    process?.close(() => {
      if (this.process !== process) return
      this.crash()
      this.startAfter(afterMs)
    })
  }

  startAfter(ms: number): void {
    this.#world.agenda.after(ms, () => {
      if (this.process === undefined && !this.isDown) this.start()
    })
  }

  crash(how: { isSilent?: boolean } = {}): void {
    for (const [code, count] of this.rejections) this.#refused.set(code, count)
    this.process?.end(how)
    this.process = undefined
  }

  /** As when a machine slept. */
  jumpClock(ms: number): void {
    this.#world.happened.clockJumps += 1
    this.#world.tell(() => `the clock of ${this.name} jumps ahead by ${ms} ms`)
    this.aheadMs += ms
  }

  /** It notices nothing for a while, or, without `ms`, until it is told to go on. */
  standStill(ms?: number): void {
    const { process } = this
    if (process?.isAnswering !== true) return
    this.#world.happened.standstills += 1
    const until = ms === undefined ? 'until further notice' : `for ${ms} ms`
    this.#world.tell(() => `${this.name} stands still ${until}`)
    process.standStill()
    if (ms !== undefined) this.#world.agenda.after(ms, () => process.goOn())
  }

  attach(listener: SessionListener): SimulatedSession | undefined {
    return this.process?.attach(listener)
  }

  tell(event: EngineEvent): void {
    const { process } = this
    process?.call(() => process.parts.driver.dispatch(event))
  }
}
