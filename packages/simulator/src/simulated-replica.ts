import {
  Engine,
  type Batch,
  type EngineEffect,
  type EngineEvent,
  type SessionEffect,
} from '@rejoin/engine'
import { decodeReplicaMessage, type RejectionCode, type ReplicaId } from '@rejoin/protocol'
import * as Y from 'yjs'

import type { Disk } from './disk.ts'
import type { End } from './network.ts'
import { headsText } from './trace.ts'
import type { World } from './world.ts'

/** A probe has its kind, a number and maybe an id. */
const PROBE_BYTES_MAX = 20

export type SessionHearer = (effect: SessionEffect) => void

type DiskEffect = Extract<
  EngineEffect,
  {
    type:
      | 'read-documents'
      | 'read-all'
      | 'salvage'
      | 'replace'
      | 'read-loose'
      | 'cut-log'
      | 'measure'
      | 'trim'
  }
>

interface Setting {
  readonly world: World
  readonly name: string
  readonly disk: Disk
  /** Addresses that it is configured with. */
  readonly peers: readonly string[]
}

/**
 * A replica on virtual time: the real engine between a disk and links that can fail. A crash forgets
 * everything but the disk; the batch that was being written is then on it whole or not at all.
 */
export class SimulatedReplica {
  readonly name: string
  readonly address: string
  disk: Disk
  readonly #world: World
  readonly #peers: readonly string[]
  readonly ends: Map<number, End> = new Map()
  readonly sessions: Map<number, SessionHearer> = new Map()
  engine: Engine | undefined
  #life = 0
  /** The batch that is under way to the disk. */
  #writing: Batch | undefined
  #lastId = 0
  readonly rejections: string[] = []
  /** What has come while the process stands still; `undefined` while it does not. */
  #held: EngineEvent[] | undefined
  /** By how much its clock is ahead of the world's, in ms: it has jumped, or the process stood still. */
  aheadMs = 0
  /** Frames sent, other than probes; quiet is when only heartbeats are. */
  framesSent = 0

  constructor({ world, name, disk, peers }: Setting) {
    this.#world = world
    this.name = name
    this.address = `sim:${name}`
    this.disk = disk
    this.#peers = peers
  }

  /** Whether it can be dialled: it is up, and does not stand still. */
  get isAnswering(): boolean {
    return this.engine !== undefined && this.#held === undefined
  }

  start(): void {
    this.#life += 1
    this.#held = undefined
    this.engine = new Engine({
      stored: this.disk.stored(),
      run: this.#world.nextRun(),
      // A log this small is always over one of its bounds.
      retention: { keepBytes: 1_500, maxBytes: 6_000 },
      address: this.address,
      tags: new Map(),
      peers: this.#peers,
      seed: this.#world.agenda.between(1, 1_000_000),
    })
    this.step({ type: 'started' })
  }

  /** Starts again under another id. */
  #renew(keep: number): void {
    this.#world.happened.renewals += 1
    this.#die(true)
    this.#world.givenUp.add(this.disk.replica)
    const id = this.#world.nextId(this.name)
    this.#world.tell(() => `${this.name} gives up its id after ${keep}, and is ${this.#called(id)}`)
    this.disk.renew(id, keep)
    this.start()
  }

  #called(id: ReplicaId): string {
    return this.#world.nameOf(id)
  }

  crash(): void {
    // What was being written is on the disk already, or never will be.
    this.#die(this.#world.agenda.happens(0.5))
  }

  #die(isWritten: boolean): void {
    this.#life += 1
    if (this.#writing !== undefined && isWritten) this.#write(this.#writing)
    this.#writing = undefined
    this.engine = undefined
    for (const end of this.ends.values()) this.#world.network.break(end)
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

  /** As when a machine slept. */
  jumpClock(ms: number): void {
    this.#world.happened.clockJumps += 1
    this.#world.tell(() => `the clock of ${this.name} jumps ahead by ${ms} ms`)
    this.aheadMs += ms
  }

  /** As a process that is stopped for a while (SIGSTOP, a machine that swaps): it notices afterwards. */
  standStill(ms: number): void {
    if (this.engine === undefined || this.#held !== undefined) return
    this.#world.happened.standstills += 1
    this.#world.tell(() => `${this.name} stands still for ${ms} ms`)
    this.#held = []
    const life = this.#life
    this.#world.agenda.after(ms, () => {
      if (life !== this.#life) return
      const held = this.#held ?? []
      this.#held = undefined
      for (const event of held) if (life === this.#life) this.step(event)
    })
  }

  step(event: EngineEvent): void {
    const { engine } = this
    if (engine === undefined) return
    if (this.#held !== undefined) {
      this.#held.push(event)
      return
    }
    for (const effect of engine.step(event, this.#now())) this.#carryOut(effect)
    this.#world.record?.({ type: 'stepped' })
  }

  #now(): number {
    return this.#world.agenda.now + this.aheadMs
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
      case 'read-documents':
      case 'read-all':
      case 'salvage':
      case 'replace':
      case 'read-loose':
      case 'cut-log':
      case 'measure':
      case 'trim':
        return this.#later(agenda.between(0, 10), () => this.#useDisk(effect))
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
        this.#world.happened.compactions += 1
        return this.#later(agenda.between(0, 8), () => ({
          type: 'compacted',
          document,
          end,
          snapshot,
        }))
      }
      case 'renew':
        return this.#renew(effect.keep)
      case 'dial':
        return this.#world.network.dial(this, effect.address)
      case 'send':
        if (!isProbe(effect.frame)) this.framesSent += effect.links.length
        for (const id of effect.links) this.#world.network.send(this.ends.get(id), effect.frame)
        return
      case 'close':
        return this.#close(effect.link, effect.rejection.code)
      case 'schedule': {
        const { timer } = effect
        return this.#later(effect.delayMs, () => ({ type: 'timer', timer }))
      }
      case 'rejected':
        this.rejections.push(effect.rejection.code)
        return
      case 'status':
      case 'member':
        return
      default:
        return this.#tellSessions(effect)
    }
  }

  #close(link: number, code: RejectionCode): void {
    const end = this.ends.get(link)
    if (end !== undefined) this.#world.network.close(end, code)
  }

  #commit(batch: Batch): void {
    const life = this.#life
    this.#writing = batch
    // As on a full disk.
    const fails = this.#world.happens('fail')
    this.#world.agenda.after(this.#commitMs(), () => {
      if (life !== this.#life) return
      this.#writing = undefined
      if (fails) return this.#fail(batch)
      if (batch.jumps.size > 0) this.#world.happened.jumps += 1
      this.#tellOf(batch)
      this.#write(batch)
      this.step({ type: 'committed', batch: batch.id })
    })
  }

  /** How long a commit takes; now and then a disk stalls. */
  #commitMs(): number {
    const { agenda, happened } = this.#world
    if (!this.#world.happens('stall')) return agenda.between(1, 12)
    happened.stalls += 1
    return agenda.between(100, 3_000)
  }

  #write(batch: Batch): void {
    this.disk.write(batch)
    for (const entry of batch.entries) {
      this.#world.written.set(`${entry.dot.replica} ${entry.dot.seq}`, entry)
    }
  }

  #tellOf({ entries, snapshots, jumps }: Batch): void {
    if (entries.length + snapshots.length + jumps.size === 0) return
    this.#world.tell(() => {
      const parts = [
        ...entries.map(({ dot }) => `${this.#called(dot.replica)}${dot.seq}`),
        ...snapshots.map(({ document }) => document),
        ...(jumps.size > 0 ? [`the log begins after ${headsText(jumps, this.#world.nameOf)}`] : []),
      ]
      return `${this.name} on disk: ${parts.join(' ')}`
    })
  }

  /** The disk is full for a while; what it reported as failed may be on it all the same. */
  #fail(batch: Batch): void {
    const { agenda, happened } = this.#world
    happened.failures += 1
    this.#world.tell(() => `the disk of ${this.name} fails`)
    if (agenda.happens(0.3)) this.#write(batch)
    this.step({ type: 'commit-failed', batch: batch.id, reason: 'no space' })
    this.#later(agenda.between(50, 2_000), () => {
      return { type: 'reopened', heads: this.disk.heads() }
    })
  }

  #useDisk(effect: DiskEffect): EngineEvent {
    const { disk } = this
    const { happened } = this.#world
    switch (effect.type) {
      case 'read-documents':
        return this.#readDocuments(effect)
      case 'read-all': {
        const [name] = disk.names.toSorted().filter((each) => each > effect.after)
        const updates = name === undefined ? [] : (disk.document(name) ?? [])
        const documents = updates.length === 0 ? [] : [{ document: name ?? '', updates }]
        return { type: 'all-read', documents, after: name ?? '', isLast: name === undefined }
      }
      case 'salvage':
        return { type: 'salvaged', document: effect.document, ...disk.salvage(effect.document) }
      case 'replace':
        happened.repairs += 1
        disk.replace(effect.document, effect.end, effect.update)
        return { type: 'replaced', document: effect.document, done: true }
      case 'read-loose': {
        const { origin, seq } = effect
        return { type: 'loose', origin, entries: disk.readLoose(origin, seq) }
      }
      case 'cut-log':
        happened.cuts += 1
        this.#world.tell(
          () => `${this.name} drops ${this.#called(effect.origin)} after ${effect.seq}`,
        )
        return { type: 'was-cut', origin: effect.origin, head: disk.cut(effect.origin, effect.seq) }
      case 'measure':
        return { type: 'measured', logBytes: disk.logBytes() }
      case 'trim':
        happened.trims += 1
        return { type: 'trimmed', floors: disk.trim(effect.floor) }
    }
  }

  #readDocuments({ link, only, document }: DiskEffect & { type: 'read-documents' }): EngineEvent {
    const names = this.disk.names.toSorted().filter((name) => name > document)
    // A few at a time, so that asking on is part of every run.
    const some = only ? [document] : names.slice(0, 1)
    const read = some.map((name) => ({ document: name, updates: this.disk.document(name) }))
    if (read.some(({ updates }) => updates === undefined)) return { type: 'documents-read', link }
    const documents = read.flatMap(({ document: name, updates = [] }) => {
      return updates.length === 0 ? [] : [{ document: name, updates }]
    })
    const done = only || names.length === 0
    return { type: 'documents-read', link, found: { documents, done } }
  }

  #load(document: string): void {
    const { agenda } = this.#world
    // The store may answer with what it held at the start or at the end of the read.
    const early = agenda.happens(0.5) ? this.disk.document(document) : undefined
    this.#later(agenda.between(0, 10), () => {
      const updates = early ?? this.disk.document(document)
      if (updates !== undefined) return { type: 'loaded', document, updates }
      this.#world.happened.damages += 1
      this.#world.tell(() => `${this.name} can't read ${document}`)
      return { type: 'load-failed', document, reason: 'damaged', damaged: true }
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

/** Whether a replica only sees by it whether another is alive, which never ends. */
function isProbe(frame: Uint8Array): boolean {
  if (frame.length > PROBE_BYTES_MAX) return false
  const decoded = decodeReplicaMessage(frame)
  return decoded.ok && /^(?:ping|ack|nack|ping-req)$/.test(decoded.value.type)
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
