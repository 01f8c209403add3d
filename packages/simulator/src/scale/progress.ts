import type { ScaleWorld } from './scale-world.ts'

/** Between two lines of progress, in ms: on a terminal one is written over the other. */
const TERMINAL_MS = 200
const FILE_MS = 15_000

/** Tells on stderr how far a measure is, and counts the events of all its worlds. */
export class Progress {
  #name = ''
  #shownAt = performance.now()
  #beganAt = performance.now()
  #events = 0
  #world: ScaleWorld | undefined
  #seenEvents = 0

  began(name: string): void {
    this.#name = name
    this.#beganAt = performance.now()
    this.#events = 0
    this.#world = undefined
  }

  readonly heard = (world: ScaleWorld): void => {
    // The first events of a world that is new all count.
    if (world !== this.#world) this.#seenEvents = 0
    this.#world = world
    this.#events += world.events - this.#seenEvents
    this.#seenEvents = world.events
    const now = performance.now()
    if (now - this.#shownAt < (process.stderr.isTTY ? TERMINAL_MS : FILE_MS)) return
    this.#shownAt = now
    const line = `${this.#name}: ${(world.now / 1_000).toFixed(1)} s of virtual time, ${this.#rate()}`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  /** How long the measure took, in words. */
  ended(): string {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    return `${this.#seconds().toFixed(1)} s, ${this.#rate()}`
  }

  #rate(): string {
    const thousands = this.#events / this.#seconds() / 1_000
    return `${(this.#events / 1e6).toFixed(1)} million events, ${thousands.toFixed(0)} thousand a second`
  }

  #seconds(): number {
    return Math.max(0.001, (performance.now() - this.#beganAt) / 1_000)
  }
}
