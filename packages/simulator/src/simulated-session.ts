import type { Session, SessionListener } from '@rejoin/replica'

import type { SimulatedProcess } from './simulated-process.ts'

/** A client's connection to a process. */
export class SimulatedSession {
  readonly #process: SimulatedProcess
  readonly #listener: SessionListener
  #session: Session | undefined

  constructor(process: SimulatedProcess, listener: SessionListener) {
    this.#process = process
    this.#listener = listener
    process.call(() => {
      this.#session = process.running.attach(listener)
    })
  }

  /** What the client says; whoever stands still hears it when it goes on. */
  say(what: (session: Session) => void): void {
    this.#process.call(() => {
      if (this.#session !== undefined) what(this.#session)
    })
  }

  close(): void {
    this.#process.sessions.delete(this)
    this.say((session) => session.close())
  }

  /** The process has ended. */
  lose(): void {
    this.#listener.closed({ code: 'closing', reason: 'crashed' })
  }
}
