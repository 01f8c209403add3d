import type { SessionId } from '@rejoin/engine'

import type { Driver } from './driver.ts'
import type { Session, SessionListener } from './session.ts'

/** A session as its owner holds it: every call becomes an event. */
export class AttachedSession implements Session {
  readonly #driver: Driver
  readonly #id: SessionId

  constructor(driver: Driver, listener: SessionListener) {
    this.#driver = driver
    this.#id = driver.attach(listener)
  }

  open(document: string, stateVector: Uint8Array): void {
    this.#driver.dispatch({ type: 'open', session: this.#id, document, stateVector })
  }

  edit(document: string, ref: number, update: Uint8Array): void {
    this.#driver.dispatch({ type: 'edit', session: this.#id, document, ref, update })
  }

  presence(document: string, update: Uint8Array): void {
    this.#driver.dispatch({ type: 'presence', session: this.#id, document, update })
  }

  leave(document: string): void {
    this.#driver.dispatch({ type: 'leave', session: this.#id, document })
  }

  pause(): void {
    this.#driver.dispatch({ type: 'paused', session: this.#id })
  }

  resume(): void {
    this.#driver.dispatch({ type: 'resumed', session: this.#id })
  }

  close(): void {
    this.#driver.detach(this.#id)
  }
}
