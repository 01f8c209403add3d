import {
  Engine,
  type Batch,
  type EngineEffect,
  type EngineEvent,
  type SessionEffect,
} from '@rejoin/engine'
import type { ReplicaId } from '@rejoin/protocol'
import * as Y from 'yjs'

import { Disk } from './disk.ts'
import type { World } from './world.ts'

export type SessionHearer = (effect: SessionEffect) => void

/** One end of a virtual link. */
export interface End {
  readonly id: number
  readonly owner: SimReplica
  other: End | undefined
  isOpen: boolean
  /** When the last frame sent from here arrives; a later one arrives no earlier. */
  lastArrival: number
}

/**
 * A replica on virtual time: the real engine between a disk and links that can fail. A crash forgets
 * everything but the disk; the batch that was being written is then on it whole or not at all.
 */
export class SimReplica {
  readonly name: string
  readonly address: string
  readonly disk: Disk
  readonly #world: World
  readonly #peers: string[]
  readonly ends = new Map<number, End>()
  readonly sessions = new Map<number, SessionHearer>()
  engine: Engine | undefined
  #life = 0
  /** The batch that is under way to the disk. */
  #writing: Batch | undefined
  #lastId = 0
  readonly rejections: string[] = []
  /** Frames sent, by kind of message; quiet is when only heartbeats are. */
  framesSent = 0

  constructor(world: World, name: string, id: ReplicaId, peers: string[]) {
    this.#world = world
    this.name = name
    this.address = `sim:${name}`
    this.disk = new Disk(id)
    this.#peers = peers
  }

  start(): void {
    this.#life += 1
    this.engine = new Engine({
      replica: this.disk.replica,
      heads: this.disk.heads(),
      members: [...this.disk.members.values()],
      address: this.address,
      peers: this.#peers,
      seed: this.#world.agenda.between(1, 1_000_000),
    })
    this.step({ type: 'started' })
  }

  crash(): void {
    this.#life += 1
    // What was being written is on the disk already, or never will be.
    if (this.#writing !== undefined && this.#world.agenda.happens(0.5))
      this.disk.write(this.#writing)
    this.#writing = undefined
    this.engine = undefined
    for (const end of this.ends.values()) this.#world.breakLink(end)
    this.ends.clear()
    for (const [session, hear] of this.sessions) {
      const rejection = { code: 'closing', reason: 'crashed' } as const
      hear({ type: 'ended', session, rejection })
    }
    this.sessions.clear()
  }

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  step(event: EngineEvent): void {
    const { engine } = this
    if (engine === undefined) return
    for (const effect of engine.step(event, this.#world.agenda.now)) this.#carryOut(effect)
  }

  /** Steps later, unless this life has ended by then. */
  #later(delayMs: number, event: () => EngineEvent): void {
    const life = this.#life
    this.#world.agenda.after(delayMs, () => {
      if (life === this.#life) this.step(event())
    })
  }

  #carryOut(effect: EngineEffect): void {
    const { agenda } = this.#world
    switch (effect.type) {
      case 'commit':
        return this.#commit(effect.batch)
      case 'load':
        return this.#load(effect.document)
      case 'read': {
        const { link, range } = effect
        return this.#later(agenda.between(0, 4), () => ({
          type: 'read',
          link,
          range,
          found: this.disk.read(range),
        }))
      }
      case 'compact': {
        const { document, end } = effect
        const snapshot = compacted(effect.updates)
        return this.#later(agenda.between(0, 8), () => ({
          type: 'compacted',
          document,
          end,
          snapshot,
        }))
      }
      case 'dial':
        return this.#world.dial(this, effect.address)
      case 'send':
        this.framesSent += effect.links.length
        for (const id of effect.links) this.#world.send(this.ends.get(id), effect.frame)
        return
      case 'close':
        return this.#world.closeLink(this.ends.get(effect.link))
      case 'schedule': {
        const { timer } = effect
        return this.#later(effect.delayMs, () => ({ type: 'timer', timer }))
      }
      case 'rejected':
        this.rejections.push(effect.rejection.code)
        return
      case 'status':
        return
      default:
        return this.#tellSessions(effect)
    }
  }

  #commit(batch: Batch): void {
    const life = this.#life
    this.#writing = batch
    this.#world.agenda.after(this.#world.commitMs(), () => {
      if (life !== this.#life) return
      this.#writing = undefined
      this.disk.write(batch)
      this.step({ type: 'committed', batch: batch.id })
    })
  }

  #load(document: string): void {
    const { agenda } = this.#world
    // The store may answer with what it held at the start or at the end of the read.
    const early = agenda.happens(0.5) ? [...(this.disk.documents.get(document) ?? [])] : undefined
    this.#later(agenda.between(0, 10), () => {
      const updates = early ?? [...(this.disk.documents.get(document) ?? [])]
      return { type: 'loaded', document, updates }
    })
  }

  #tellSessions(effect: SessionEffect): void {
    const ids = 'sessions' in effect ? effect.sessions : [effect.session]
    for (const id of ids) this.sessions.get(id)?.(effect)
    if (effect.type !== 'ended') return
    this.sessions.delete(effect.session)
    this.step({ type: 'detached', session: effect.session })
  }
}

export function compacted(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const state = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return state
}
