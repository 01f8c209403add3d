import type { Pane } from './pane.ts'
import type { Recording } from './recording.ts'
import { Replay, type Progress } from './replay.ts'

/**
 * Plays a recording at a speed that may change while it plays, and at the end waits until all panes
 * show the recording's final text. `stop` ends it at once; what was typed stays typed.
 */
export interface PlayerEvents {
  readonly progress: (progress: Progress) => void
  /** All was typed; the panes have yet to agree. */
  readonly typed: () => void
  /** Every pane shows the recording's final text. */
  readonly agreed: () => void
}

/** The pause between two rounds of typing, in which the page draws and others' edits come in. */
const ROUND_MS = 12
const TRANSACTIONS_PER_ROUND_MAX = 300
/** An author who waits for less is not worth a word: that is how long gossip takes. */
const WAITING_MS = 800
/** A round that comes later than this types no more than one that comes in time. */
const ROUND_MS_MAX = 100
const YJS_CLIENT_IDS = 2 ** 31

export class ReplayPlayer {
  /** Transactions a second. */
  speed: number
  readonly #panes: readonly Pane[]
  readonly #recording: Recording
  readonly #events: PlayerEvents
  readonly #replay: Replay
  readonly #unfollow: (() => void)[]
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastMs = performance.now()
  #owed = 0
  #told: Progress | undefined
  #toldTyped = false
  #typedAtMs = performance.now()

  constructor(
    panes: readonly Pane[],
    recording: Recording,
    options: PlayerEvents & { speed: number },
  ) {
    this.#panes = panes
    this.#recording = recording
    this.#events = options
    this.speed = options.speed
    const firstClientId = YJS_CLIENT_IDS + Math.floor(Math.random() * (YJS_CLIENT_IDS - 2000))
    this.#replay = new Replay(recording.trace, panes, firstClientId)
    this.#unfollow = panes.map((pane) => pane.follow())
    this.#next()
  }

  /** Ends the replay; doing so twice is harmless. */
  stop(): void {
    clearTimeout(this.#timer)
    for (const unfollow of this.#unfollow.splice(0)) unfollow()
  }

  #next(): void {
    this.#timer = setTimeout(() => this.#round(performance.now()), ROUND_MS)
  }

  #round(nowMs: number): void {
    const elapsedMs = Math.min(ROUND_MS_MAX, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    if (this.#replay.finished) return this.#awaitAgreement()
    this.#owed = Math.min(TRANSACTIONS_PER_ROUND_MAX, this.#owed + (elapsedMs * this.speed) / 1000)
    const count = Math.floor(this.#owed)
    const progress = this.#replay.advance(count)
    // What could not be typed is not made up for: authors who waited go on at their own pace.
    this.#owed = progress.waiting === undefined ? this.#owed - count : 0
    this.#tell(progress, nowMs)
    this.#next()
  }

  /** Reports what changed. A round in which nothing was due says nothing about who waits. */
  #tell(progress: Progress, nowMs: number): void {
    const { typed, waiting } = progress
    const moved = typed !== this.#told?.typed
    if (moved) this.#typedAtMs = nowMs
    if (!moved && waiting === undefined) return
    const patient = nowMs - this.#typedAtMs < WAITING_MS
    const told = { ...progress, waiting: patient ? undefined : waiting }
    if (!moved && told.waiting === this.#told?.waiting) return
    this.#told = told
    this.#events.progress(told)
  }

  #awaitAgreement(): void {
    if (!this.#toldTyped) this.#events.typed()
    this.#toldTyped = true
    const { endContent } = this.#recording.trace
    if (!this.#panes.every((pane) => pane.text === endContent)) return this.#next()
    this.stop()
    this.#events.agreed()
  }
}
