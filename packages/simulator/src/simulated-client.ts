import type { Rejection } from '@rejoin/protocol'
import type { Session, SessionListener } from '@rejoin/replica'
import * as Y from 'yjs'

import { passingDoc } from './compacted.ts'
import type { SimulatedReplica } from './simulated-replica.ts'
import type { SimulatedSession } from './simulated-session.ts'
import type { World } from './world.ts'

const EMPTY_UPDATE_BYTES = 2

/** Where a client is attached. */
interface Place {
  readonly replica: SimulatedReplica
  session: SimulatedSession | undefined
}

/**
 * A client on virtual time with one document: a `Y.Doc`, a session that may end at any moment, and
 * frames that take their time both ways. The stock kind types at once, before it was asked for what
 * it has; the native kind holds its edits until the replica has answered.
 */
export class SimulatedClient {
  readonly doc: Y.Doc = passingDoc()
  readonly document: string
  readonly kind: 'native' | 'stock'
  readonly #world: World
  readonly name: string
  #at: Place | undefined
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
    if (replica.process?.isOpen !== true || this.#at !== undefined) return
    const at: Place = { replica, session: undefined }
    at.session = replica.attach(this.#listenerAt(at))
    this.#at = at
    this.#isOpen = false
    this.#ref = 0
    this.#sent.length = 0
    const stateVector = Y.encodeStateVector(this.doc)
    this.#goOut((session) => session.open(this.document, stateVector))
  }

  detach(): void {
    const at = this.#at
    this.#at = undefined
    at?.session?.close()
  }

  pause(isPaused: boolean): void {
    this.#at?.session?.say((session) => (isPaused ? session.pause() : session.resume()))
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
    const ref = this.#ref
    this.#goOut((session) => session.edit(this.document, ref, update))
  }

  #goOut(say: (session: Session) => void): void {
    const at = this.#at
    if (at === undefined) return
    const { agenda } = this.#world
    this.#arrivalOut = Math.max(this.#arrivalOut, agenda.now + agenda.between(0, 20))
    agenda.at(this.#arrivalOut, () => {
      if (this.#at === at) at.session?.say(say)
    })
  }

  #comesIn(at: Place, hear: () => void): void {
    const { agenda } = this.#world
    this.#arrivalIn = Math.max(this.#arrivalIn, agenda.now + agenda.between(0, 20))
    agenda.at(this.#arrivalIn, () => {
      if (this.#at === at) hear()
    })
  }

  #listenerAt(at: Place): SessionListener {
    const comesIn = (hear: () => void): void => this.#comesIn(at, hear)
    return {
      opened: (_document, update, stateVector) => {
        comesIn(() => this.#opened(update, stateVector))
      },
      update: (_document, update) => comesIn(() => Y.applyUpdate(this.doc, update, this)),
      ack: (_document, ref) => {
        this.#checkDurable(at.replica, ref)
        comesIn(() => this.#acked(ref))
      },
      ask: (_document, stateVector) => comesIn(() => this.#asked(stateVector)),
      presence: () => {},
      refused: (_document, _ref, rejection) => comesIn(() => this.#refused(rejection)),
      closed: () => {
        if (this.#at !== at) return
        this.#at = undefined
        if (this.#world.isHealed) this.#comeBack()
      },
    }
  }

  #opened(update: Uint8Array, stateVector: Uint8Array): void {
    Y.applyUpdate(this.doc, update, this)
    this.#isOpen = true
    this.#sendMissing(stateVector)
  }

  #asked(stateVector: Uint8Array): void {
    this.asks += 1
    this.#sendMissing(stateVector)
  }

  #acked(upTo: number): void {
    this.#world.tell(() => `${this.name} is told that ${upTo} is durable${this.#where}`)
    for (const { ref, token } of this.#sent) if (ref <= upTo) this.acked.add(token)
  }

  #refused({ code }: Rejection): void {
    // A document that can't be read is opened again, later or elsewhere.
    if (code === 'unreadable') this.#comeBack()
    else this.refusals += 1
  }

  /** Whoever was sent away tries again, as every real client does, with some replica that is well. */
  #comeBack(): void {
    const { agenda, replicas, broken } = this.#world
    this.detach()
    agenda.after(agenda.between(200, 1_000), () => {
      if (this.#at !== undefined) return
      this.attach(agenda.pick(replicas.filter((replica) => !broken.has(replica))))
      if (!this.isAttached && this.#world.isHealed) this.#comeBack()
    })
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
