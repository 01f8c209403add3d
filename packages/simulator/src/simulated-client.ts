import type { SessionEffect } from '@rejoin/engine'
import * as Y from 'yjs'

import type { SimulatedReplica } from './simulated-replica.ts'
import type { World } from './world.ts'

const EMPTY_UPDATE_BYTES = 2

/**
 * A client on virtual time with one document: a `Y.Doc`, a session that may end at any moment, and
 * frames that take their time both ways. The stock kind types at once, before it was asked for what
 * it has; the native kind holds its edits until the replica has answered.
 */
export class SimulatedClient {
  readonly doc: Y.Doc = new Y.Doc()
  readonly document: string
  readonly kind: 'native' | 'stock'
  readonly #world: World
  readonly name: string
  #at: { replica: SimulatedReplica; session: number } | undefined
  #isOpen = false
  #ref = 0
  #tokens = 0
  /** Tokens by the edit that carried them. */
  readonly #sent: { ref: number; token: string }[] = []
  readonly acked: Set<string> = new Set()
  readonly made: string[] = []
  /** Where this client's own clock stood when it made each. */
  readonly #clocks: number[] = []
  refusals = 0
  asks = 0
  #arrivalIn = 0
  #arrivalOut = 0

  constructor(world: World, name: string, document: string, kind: 'native' | 'stock') {
    this.#world = world
    this.name = name
    this.document = document
    this.kind = kind
    this.doc.clientID = world.agenda.between(1, 2 ** 31)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this && (this.#isOpen || this.kind === 'stock')) this.#send(update)
    })
  }

  get isAttached(): boolean {
    return this.#at !== undefined
  }

  /** The replica that it is attached to. */
  get replica(): SimulatedReplica | undefined {
    return this.#at?.replica
  }

  get #where(): string {
    return this.#at === undefined ? ', offline' : `, at ${this.#at.replica.name}`
  }

  attach(replica: SimulatedReplica): void {
    if (replica.engine === undefined || this.#at !== undefined) return
    const session = replica.nextId()
    const at = { replica, session }
    this.#at = at
    this.#isOpen = false
    this.#ref = 0
    this.#sent.length = 0
    replica.sessions.set(session, (effect) => this.#comesIn(at, effect))
    replica.step({ type: 'attached', session })
    this.#goOut({ type: 'open', stateVector: Y.encodeStateVector(this.doc) })
  }

  detach(): void {
    const at = this.#at
    this.#at = undefined
    if (at === undefined) return
    at.replica.sessions.delete(at.session)
    at.replica.step({ type: 'detached', session: at.session })
  }

  pause(isPaused: boolean): void {
    if (this.#at === undefined) return
    const { replica, session } = this.#at
    replica.step({ type: isPaused ? 'paused' : 'resumed', session })
  }

  /** Types: text and a token that is never removed, or takes some text away and nothing else. */
  type(): void {
    const { agenda } = this.#world
    const text = this.doc.getText('content')
    if (text.length > 8 && agenda.happens(0.4)) {
      return text.delete(agenda.between(0, text.length - 4), agenda.between(1, 4))
    }
    this.#tokens += 1
    this.#world.tell(() => `${this.name} types${this.#where}`)
    const token = `${this.name}-${this.#tokens}`
    this.made.push(token)
    this.#clocks.push(Y.getState(this.doc.store, this.doc.clientID))
    this.doc.transact(() => {
      this.doc.getMap('tokens').set(token, true)
      text.insert(agenda.between(0, text.length), token)
    })
  }

  #send(update: Uint8Array): void {
    if (this.#at === undefined) return
    this.#ref += 1
    // An update that is taken has all earlier structs of its client under it, and so their tokens.
    const clock = Y.parseUpdateMeta(update).to.get(this.doc.clientID) ?? 0
    for (const [index, token] of this.made.entries()) {
      const isIn = (this.#clocks[index] ?? 0) < clock
      if (isIn && !this.acked.has(token)) this.#sent.push({ ref: this.#ref, token })
    }
    this.#goOut({ type: 'edit', ref: this.#ref, update })
  }

  #goOut(
    event:
      | { type: 'open'; stateVector: Uint8Array }
      | { type: 'edit'; ref: number; update: Uint8Array },
  ): void {
    const at = this.#at
    if (at === undefined) return
    const { agenda } = this.#world
    this.#arrivalOut = Math.max(this.#arrivalOut, agenda.now + agenda.between(0, 20))
    agenda.at(this.#arrivalOut, () => {
      if (this.#at !== at) return
      at.replica.step({ ...event, session: at.session, document: this.document })
    })
  }

  #comesIn(at: { replica: SimulatedReplica }, effect: SessionEffect): void {
    const { agenda } = this.#world
    if (effect.type === 'ack') this.#checkDurable(at.replica, effect.ref)
    if (effect.type === 'ended') {
      if (this.#at === at) this.#at = undefined
      return
    }
    this.#arrivalIn = Math.max(this.#arrivalIn, agenda.now + agenda.between(0, 20))
    agenda.at(this.#arrivalIn, () => {
      if (this.#at === at) this.#hear(effect)
    })
  }

  #hear(effect: SessionEffect): void {
    switch (effect.type) {
      case 'opened':
        Y.applyUpdate(this.doc, effect.update, this)
        this.#isOpen = true
        return this.#sendMissing(effect.stateVector)
      case 'update':
        return Y.applyUpdate(this.doc, effect.update, this)
      case 'ask':
        this.asks += 1
        return this.#sendMissing(effect.stateVector)
      case 'ack':
        this.#world.tell(() => `${this.name} is told that ${effect.ref} is durable${this.#where}`)
        for (const { ref, token } of this.#sent) if (ref <= effect.ref) this.acked.add(token)
        return
      case 'refused':
        // A damaged document is opened again, later or elsewhere.
        if (effect.rejection.code === 'unreadable') return this.#comeBack()
        this.refusals += 1
        return
      case 'presence':
      case 'ended':
        return
    }
  }

  #comeBack(): void {
    const { agenda, replicas } = this.#world
    this.detach()
    agenda.after(agenda.between(200, 1_000), () => this.attach(agenda.pick(replicas)))
  }

  /** [S1] an acknowledgement leaves a replica only when the edit is on its disk. */
  #checkDurable({ disk, name }: SimulatedReplica, ref: number): void {
    for (const sent of this.#sent) {
      if (sent.ref > ref || disk.holdsToken(this.document, sent.token)) continue
      throw new Error(`${name} acknowledged ${sent.token}, which is not on its disk`)
    }
  }

  #sendMissing(stateVector: Uint8Array): void {
    const update = Y.encodeStateAsUpdate(this.doc, stateVector)
    if (update.length > EMPTY_UPDATE_BYTES) this.#send(update)
  }
}
