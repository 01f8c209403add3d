import { countUpTo } from './timeline.ts'

/** A stretch in which nothing happens takes this long at most, in ms of the person who looks on. */
const QUIET_MS_MAX = 400

interface Options {
  readonly endMs: number
  /** When something happens, sorted. */
  readonly moments: readonly number[]
  readonly onChange: () => void
}

/** Where in the run we are, and how it goes on from there. */
export class Player {
  ms = 0
  isPlaying = false
  /** Virtual ms in one ms of the person who looks on. */
  speed = 1
  /** Whether what is quiet takes less time than it should. */
  isHurrying = true
  readonly #endMs: number
  readonly #moments: readonly number[]
  readonly #onChange: () => void
  #shownAt = 0

  constructor({ endMs, moments, onChange }: Options) {
    this.#endMs = endMs
    this.#moments = moments
    this.#onChange = onChange
  }

  seek(ms: number): void {
    this.ms = Math.min(Math.max(ms, 0), this.#endMs)
    this.#onChange()
  }

  /** Goes there and stays there. */
  stopAt(ms: number): void {
    this.isPlaying = false
    this.seek(ms)
  }

  pause(): void {
    this.isPlaying = false
    this.#onChange()
  }

  /** From the end it begins anew. */
  play(): void {
    if (this.ms >= this.#endMs) this.ms = 0
    this.isPlaying = true
    this.#shownAt = performance.now()
    requestAnimationFrame((now) => this.#goOn(now))
    this.#onChange()
  }

  /** To the next moment at which anything happens, or back to the one before. */
  step(by: 1 | -1): void {
    const at = countUpTo(this.#moments, this.ms)
    const isAt = this.#moments[at - 1] === this.ms
    this.stopAt(this.#moments[by > 0 ? at : at - (isAt ? 2 : 1)] ?? (by > 0 ? this.#endMs : 0))
  }

  toggle(): void {
    if (this.isPlaying) this.pause()
    else this.play()
  }

  #goOn(now: number): void {
    if (!this.isPlaying) return
    const passed = Math.min(Math.max(now - this.#shownAt, 0), 100)
    this.#shownAt = now
    this.ms = Math.min(this.#after(passed), this.#endMs)
    if (this.ms >= this.#endMs) this.isPlaying = false
    else requestAnimationFrame((next) => this.#goOn(next))
    this.#onChange()
  }

  /** Where we are `passed` ms later; a quiet stretch is as fast as it must be to be over soon. */
  #after(passed: number): number {
    const at = countUpTo(this.#moments, this.ms)
    const [last, next] = [this.#moments[at - 1] ?? 0, this.#moments[at] ?? this.#endMs]
    const fast = this.isHurrying ? (next - last) / QUIET_MS_MAX : 0
    if (fast <= this.speed) return this.ms + passed * this.speed
    return Math.min(this.ms + passed * fast, next)
  }
}
