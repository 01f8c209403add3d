import { FATES, FRAME_KINDS, type Fate, type FrameKind, type Recording } from './recording.ts'
import { countUpTo } from './timeline.ts'

export interface Flight {
  readonly sentMs: number
  readonly arrivalMs: number
  readonly from: number
  readonly to: number
  readonly kind: FrameKind
  readonly fate: Fate
  readonly text: string
}

/** The frames of a run, and which of them are on their way at a moment. */
export class Flights {
  readonly all: readonly Flight[]
  readonly #sent: readonly number[]
  readonly #longestMs: number

  constructor({ frames, texts }: Recording) {
    this.all = frames.map(([sentMs, arrivalMs, from, to, kind, fate, text]) => ({
      sentMs,
      arrivalMs,
      from,
      to,
      kind: FRAME_KINDS[kind] ?? 'corrupt',
      fate: FATES[fate] ?? 'flying',
      text: texts[text] ?? '',
    }))
    this.#sent = this.all.map(({ sentMs }) => sentMs)
    this.#longestMs = Math.max(0, ...this.all.map((each) => each.arrivalMs - each.sentMs))
  }

  /** Those that were sent at `ms` or before, and arrive then or later. */
  at(ms: number): readonly Flight[] {
    const first = countUpTo(this.#sent, ms - this.#longestMs - 1)
    const some = this.all.slice(first, countUpTo(this.#sent, ms))
    return some.filter(({ arrivalMs }) => arrivalMs >= ms)
  }

  /** When the next one is sent; `undefined` after the last. */
  nextSent(ms: number): number | undefined {
    return this.#sent[countUpTo(this.#sent, ms)]
  }
}
