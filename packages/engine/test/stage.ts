import {
  Engine,
  nothingStored,
  type EngineEffect,
  type EngineEvent,
  type EngineTimer,
  type SessionEffect,
} from '@rejoin/engine'
import type { Member } from '@rejoin/gossip'
import type { Heads, RejectionCode, ReplicaId } from '@rejoin/protocol'
import * as Y from 'yjs'

import { describeFrame, describeUpdate, seqsOf, versionText } from './describe.ts'
import { PlainStore } from './plain-store.ts'

interface Wire {
  readonly from: Actor
  readonly to: Actor
  readonly fromLink: number
  readonly toLink: number
  isOpen: boolean
  /** The end that closed it: deaf from then on, while the other still gets what was sent before. */
  closedAt?: number
}

/** A replica on the stage, with the plainest store there is. */
export interface Actor {
  readonly name: string
  id: ReplicaId
  engine: Engine
  store: PlainStore
  readonly peers: readonly string[]
  /** How large its log says that it is, in bytes. */
  logBytes: number
  /** While set, commits wait: the disk is slow. */
  stalled: boolean
}

/**
 * A stage for transcripts: replicas whose every frame, commit and answer is written down as a line,
 * on virtual time, in which a frame takes 1 ms and the disk none. Equal scripts give equal lines.
 */
export class Stage {
  readonly lines: string[] = []
  readonly #actors = new Map<string, Actor>()
  #wires: Wire[] = []
  #due: { at: number; order: number; run: () => void }[] = []
  #order = 0
  #lastLink = 0
  #lastSession = 0
  #runs = 0
  readonly #sessions = new Map<number, string>()
  now = 0

  /** Starts replica `name`, whose id is its name sixteen times, unless it runs on a copy of another's store. */
  replica(name: string, peers: readonly string[] = [], copied?: Actor): Actor {
    const id = copied?.id ?? idOf(name)
    const store = copied?.store.copy() ?? new PlainStore()
    const engine = this.#engine({ name, peers }, { replica: id, heads: store.heads })
    const actor: Actor = { name, id, engine, store, peers, logBytes: 0, stalled: false }
    this.#actors.set(name, actor)
    this.step(actor, { type: 'started' })
    return actor
  }

  #engine(
    { name, peers }: { name: string; peers: readonly string[] },
    stored: { replica: ReplicaId; heads: Heads; members?: Member[] },
  ): Engine {
    return new Engine({
      stored: { ...nothingStored(stored.replica), ...stored },
      run: (this.#runs += 1).toString(16).padStart(16, '0'),
      retention: { keepBytes: 1_000_000, maxBytes: 2_000_000 },
      address: `stage:${name}`,
      tags: new Map(),
      seed: 1,
      peers: peers.map((peer) => `stage:${peer}`),
    })
  }

  /** Ends a replica, and starts it again on another state of its disk. */
  restart(actor: Actor, store: PlainStore): void {
    this.#leave(actor)
    actor.store = store
    actor.engine = this.#engine(actor, { replica: actor.id, heads: store.heads })
    this.step(actor, { type: 'started' })
  }

  #leave(actor: Actor): void {
    for (const wire of this.#wires.filter(({ from }) => from === actor)) {
      this.#end(actor, wire.fromLink, 'restarting')
    }
  }

  say(line: string): void {
    this.lines.push('', `# ${line}`)
  }

  write(line: string): void {
    this.lines.push(`${String(this.now).padStart(5)} ms  ${line}`)
  }

  /** Attaches somebody to a replica; their answers are written down under `name`. */
  attach(actor: Actor, name: string): number {
    this.#lastSession += 1
    this.#sessions.set(this.#lastSession, name)
    this.step(actor, { type: 'attached', session: this.#lastSession })
    return this.#lastSession
  }

  step(actor: Actor, event: EngineEvent): void {
    for (const effect of actor.engine.step(event, this.now)) this.#carryOut(actor, effect)
  }

  /** Lets `ms` of virtual time pass. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      this.#due.sort((a, b) => a.at - b.at || a.order - b.order)
      const next = this.#due[0]
      if (next === undefined || next.at > end) break
      this.#due.shift()
      this.now = next.at
      next.run()
    }
    this.now = end
  }

  #after(delayMs: number, run: () => void): void {
    this.#order += 1
    this.#due.push({ at: this.now + delayMs, order: this.#order, run })
  }

  /** Puts bytes on a link as if `from` had sent them. */
  forge(from: Actor, to: Actor, frame: Uint8Array): void {
    const wire = this.#wires.find((each) => each.from === from && each.to === to && each.isOpen)
    if (wire === undefined) throw new Error('no link')
    this.#deliver(wire, frame)
  }

  #carryOut(actor: Actor, effect: EngineEffect): void {
    switch (effect.type) {
      case 'commit':
        return this.#commit(actor, effect)
      case 'load':
        return this.#after(0, () => this.#load(actor, effect.document))
      case 'read':
        return this.#after(0, () => {
          const { link, range } = effect
          this.step(actor, { type: 'read', link, range, found: actor.store.read(range) })
        })
      case 'compact':
        return
      case 'dial':
        return this.#dial(actor, effect.address)
      case 'send':
        for (const link of effect.links) {
          const wire = this.#wires.find((each) => each.from === actor && each.fromLink === link)
          if (wire?.isOpen === true) this.#deliver(wire, effect.frame)
        }
        return
      case 'serve': {
        const { link, frame } = effect
        this.#carryOut(actor, { type: 'send', links: [link], frame })
        return this.#after(0, () => this.step(actor, { type: 'served', link }))
      }
      case 'close':
        this.write(`${actor.name} closes: ${effect.rejection.code}. ${effect.rejection.reason}`)
        return this.#end(actor, effect.link, effect.rejection.code)
      case 'schedule':
        return this.#schedule(actor, effect.timer, effect.delayMs)
      case 'read-documents':
        return this.#after(0, () => {
          const found = actor.store.readDocuments(effect)
          this.step(actor, { type: 'documents-read', link: effect.link, found })
        })
      case 'rejected':
      case 'status':
      case 'member':
      case 'message':
        return
      case 'measure': {
        const { logBytes } = actor
        return this.#after(0, () => this.step(actor, { type: 'measured', logBytes }))
      }
      case 'trim':
        this.write(`${actor.name} drops from its log ${versionText(effect.floor)}`)
        return this.step(actor, { type: 'trimmed', floors: actor.store.trim(effect.floor) })
      case 'renew':
        return this.#renew(actor, effect)
      case 'read-loose':
        return this.#after(0, () => {
          const { origin, seq } = effect
          const entries = actor.store.loose(origin, seq)
          this.step(actor, { type: 'loose', origin, entries })
        })
      case 'cut-log': {
        const { origin, seq } = effect
        this.write(`${actor.name} drops ${origin[0]} after ${seq} from its log`)
        const head = actor.store.cut(origin, seq)
        return this.#after(0, () => this.step(actor, { type: 'was-cut', origin, head }))
      }
      case 'salvage': {
        const { document } = effect
        return this.#after(0, () => {
          this.step(actor, { type: 'salvaged', document, updates: [], end: 0, missing: new Map() })
        })
      }
      case 'replace': {
        const { document, update } = effect
        actor.store.documents.set(document, [update])
        actor.store.damaged.delete(document)
        this.write(`${actor.name} on disk: ${document} is ${describeUpdate(update)}`)
        return this.#after(0, () => this.step(actor, { type: 'replaced', document, done: true }))
      }
      case 'read-all':
        throw new Error(`${effect.type} is not played on this stage`)
      default:
        return this.#tell(actor, effect)
    }
  }

  #load(actor: Actor, document: string): void {
    if (actor.store.damaged.has(document)) {
      const reason = 'A checksum is wrong.'
      return this.step(actor, { type: 'load-failed', document, reason, damaged: true })
    }
    const updates = actor.store.documents.get(document) ?? []
    this.step(actor, { type: 'loaded', document, updates })
  }

  #schedule(actor: Actor, timer: EngineTimer, delayMs: number): void {
    this.#after(delayMs, () => this.step(actor, { type: 'timer', timer }))
  }

  #commit(actor: Actor, { batch }: EngineEffect & { type: 'commit' }): void {
    if (actor.stalled) return this.#after(1, () => this.#commit(actor, { type: 'commit', batch }))
    actor.store.commit(batch)
    const dots = batch.entries.map(({ dot, deps }) => {
      return `${dot.replica[0]}${dot.seq}${deps.size > 0 ? ` after ${versionText(deps)}` : ''}`
    })
    const members = batch.members.map(({ replica, retired }) => {
      return `member ${replica[0]}${retired ? ', retired' : ''}`
    })
    const snapshots = batch.snapshots.map(({ document }) => `all of ${document}`)
    const jumps = batch.jumps.size === 0 ? [] : [`a log after ${versionText(seqsOf(batch.jumps))}`]
    const all = [...dots, ...snapshots, ...jumps, ...members]
    this.write(`${actor.name} on disk: ${all.length === 0 ? 'a note' : all.join(', ')}`)
    this.#after(0, () => this.step(actor, { type: 'committed', batch: batch.id }))
  }

  /** Another engine takes its place, under another id: the letter is the next one that nobody has. */
  #renew(actor: Actor, { keep, reason }: EngineEffect & { type: 'renew' }): void {
    this.write(`${actor.name} gives up its id ${actor.id[0]}: ${reason}`)
    const used = new Set([...this.#actors.values()].map(({ id }) => id))
    const old = actor.id
    actor.id = ['d', 'e', 'f'].map(idOf).find((id) => !used.has(id)) ?? old
    actor.store.cut(old, keep)
    this.write(`${actor.name} is ${actor.id[0]} now, and keeps of ${old[0]} what is up to ${keep}`)
    this.#leave(actor)
    const retired = { replica: old, address: '', version: new Map(), retired: true }
    const { heads } = actor.store
    actor.engine = this.#engine(actor, { replica: actor.id, heads, members: [retired] })
    this.step(actor, { type: 'started' })
  }

  #dial(from: Actor, address: string): void {
    const to = this.#actors.get(address.slice('stage:'.length))
    this.#after(1, () => {
      if (to === undefined) return this.step(from, { type: 'dial-failed', address })
      const [near, far] = [this.#nextLink(), this.#nextLink()]
      this.#wires.push({ from, to, fromLink: near, toLink: far, isOpen: true })
      this.#wires.push({ from: to, to: from, fromLink: far, toLink: near, isOpen: true })
      this.write(`${from.name} dials ${to.name}`)
      this.step(from, { type: 'linked', link: near, dialled: address })
      this.step(to, { type: 'linked', link: far })
    })
  }

  #nextLink(): number {
    this.#lastLink += 1
    return this.#lastLink
  }

  #deliver(wire: Wire, frame: Uint8Array): void {
    const what = describeFrame(frame)
    // Every second somebody asks whether somebody else is alive.
    if (what !== 'ping' && what !== 'ack') {
      this.write(`${wire.from.name} → ${wire.to.name}  ${what}`)
    }
    this.#after(1, () => {
      if (wire.closedAt !== wire.toLink)
        this.step(wire.to, { type: 'frame', link: wire.toLink, frame })
    })
  }

  #end(actor: Actor, link: number, code: RejectionCode): void {
    for (const wire of this.#wires) {
      const isNear = wire.from === actor && wire.fromLink === link
      const isFar = wire.to === actor && wire.toLink === link
      if (!wire.isOpen || !(isNear || isFar)) continue
      wire.isOpen = false
      wire.closedAt = link
      const isOwn = wire.fromLink === link
      const unlinked = {
        type: 'unlinked',
        link: wire.fromLink,
        ...(isOwn ? {} : { code }),
      } as const
      this.#after(isOwn ? 0 : 1, () => this.step(wire.from, unlinked))
    }
    this.#wires = this.#wires.filter(({ isOpen }) => isOpen)
  }

  #tell(actor: Actor, effect: SessionEffect): void {
    const ids = 'sessions' in effect ? effect.sessions : [effect.session]
    const names = ids.map((id) => this.#sessions.get(id)).join(', ')
    this.write(`${actor.name} ⇒ ${names}  ${describeSession(effect)}`)
    if (effect.type === 'ended') this.step(actor, { type: 'detached', session: effect.session })
  }
}

function describeSession(effect: SessionEffect): string {
  switch (effect.type) {
    case 'opened':
      return `opened ${effect.document}: ${describeUpdate(effect.update)}`
    case 'update':
      return `update ${effect.document}: ${describeUpdate(effect.update)}`
    case 'ack':
      return `ack ${effect.document} up to ${effect.ref} in ${effect.dot.replica[0]}${effect.dot.seq}`
    case 'ask': {
      const held = [...Y.decodeStateVector(effect.stateVector)].map((pair) => pair.join(':'))
      return `ask ${effect.document} beyond {${held.join(' ')}}`
    }
    case 'presence':
      return `presence ${effect.document}`
    case 'refused':
      return `refused ${effect.document} ${effect.ref}: ${effect.rejection.code}. ${effect.rejection.reason}`
    case 'ended':
      return `ended: ${effect.rejection.code}`
  }
}

function idOf(letter: string): ReplicaId {
  return letter.repeat(16) as ReplicaId
}
