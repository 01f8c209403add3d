import { decodePresence, encodePresence, PRESENCE_GONE, type Rejection } from '@rejoin/protocol'
import {
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
  type Awareness,
} from 'y-protocols/awareness'

/**
 * Keeps one Awareness in step with the document's other clients. Only this client's own state is ever
 * sent, and only when it changes here: passing on what came from others makes of one cursor move as
 * many frames as there are clients. The own state is in turn nobody else's to set: what comes back
 * about it is not applied.
 */
export interface PresenceWire {
  send(update: Uint8Array): void
  /** Whether more may be sent now; when not, `drained` follows. */
  admits(): boolean
  refused(rejection: Rejection): void
}

/** A claim about this client from further in its future than this is not believed. */
const CLOCK_LEAD_MAX = 1_000

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

export class Presence {
  readonly #awareness: Awareness
  readonly #wire: PresenceWire
  /** Marks what came from the replica, in the events of the Awareness. */
  readonly #origin: object
  #live = false
  /** A change waits for the socket to drain; only the newest state is ever sent. */
  #stale = false

  constructor(awareness: Awareness, wire: PresenceWire, origin: object) {
    this.#awareness = awareness
    this.#wire = wire
    this.#origin = origin
    awareness.on('update', this.#onUpdate)
  }

  /**
   * The replica has opened the document. Those who saw this client go, whether by its newest clock or
   * by the next one, see it again only by a newer clock than that.
   */
  attach(): void {
    this.#live = true
    const own = this.#awareness.meta.get(this.#awareness.clientID)
    if (own !== undefined) this.#renewAfter(own.clock + 1)
  }

  /** Without a replica nobody else is known to be there. */
  detach(): void {
    this.#live = false
    const { states, meta, clientID } = this.#awareness
    const others = [...states.keys()].filter((client) => client !== clientID)
    removeAwarenessStates(this.#awareness, others, this.#origin)
    // A remembered clock would hide those who are still there, with the same clock, later.
    for (const client of meta.keys()) if (client !== clientID) meta.delete(client)
  }

  /** Throws what a listener of the Awareness throws. */
  receive(update: Uint8Array): Rejection | undefined {
    const decoded = decodePresence(update)
    if (!decoded.ok) return decoded.rejection
    const own = this.#awareness.clientID
    const others = decoded.value.filter(({ client }) => client !== own)
    if (others.length > 0) {
      applyAwarenessUpdate(this.#awareness, encodePresence(others), this.#origin)
    }
    for (const { client, clock, state } of decoded.value) {
      if (client === own && state === PRESENCE_GONE) this.#outlive(clock)
    }
    return undefined
  }

  drained(): void {
    if (this.#stale) this.#sendOwn()
  }

  /** Tells the others that this client is gone; the Awareness keeps its own state. */
  sayGone(): void {
    const { clientID: client, meta } = this.#awareness
    const own = meta.get(client)
    if (!this.#live || own === undefined || this.#awareness.getLocalState() === null) return
    const clock = own.clock + 1
    meta.set(client, { ...own, clock })
    this.#wire.send(encodePresence([{ client, clock, state: PRESENCE_GONE }]))
  }

  end(): void {
    this.detach()
    this.#awareness.off('update', this.#onUpdate)
  }

  readonly #onUpdate = ({ added, updated, removed }: AwarenessChange): void => {
    const own = this.#awareness.clientID
    if (added.includes(own) || updated.includes(own) || removed.includes(own)) this.#sendOwn()
  }

  #sendOwn(): void {
    this.#stale = this.#live && !this.#wire.admits()
    if (!this.#live || this.#stale) return
    const update = encodeAwarenessUpdate(this.#awareness, [this.#awareness.clientID])
    // By the receiver's own rules: a state that is too large would be refused there.
    const checked = decodePresence(update)
    if (checked.ok) this.#wire.send(update)
    else this.#wire.refused(checked.rejection)
  }

  #renewAfter(clock: number): void {
    const { clientID, meta } = this.#awareness
    const own = meta.get(clientID)
    const state = this.#awareness.getLocalState()
    if (own === undefined || state === null) return
    meta.set(clientID, { ...own, clock })
    this.#awareness.setLocalState(state)
  }

  /** Somebody said that this client is gone, a dead connection of its own perhaps. */
  #outlive(clock: number): void {
    const own = this.#awareness.meta.get(this.#awareness.clientID)
    if (own === undefined || clock < own.clock || clock > own.clock + CLOCK_LEAD_MAX) return
    this.#renewAfter(clock)
  }
}
