import { bar, LiveLine, type Output } from './live-line.ts'

/** How far a long piece of work has come. */
export interface Work {
  readonly done: number
  /** Left out while nobody knows. */
  readonly total?: number
  /** What is counted, such as "documents". */
  readonly what: string
}

/** Shows what it was told last, until `end`. */
export class ProgressBar {
  readonly #line: LiveLine
  readonly #startedMs = performance.now()
  #shownMs = performance.now()
  #isShown = false

  constructor(output: Output = process.stderr) {
    this.#line = new LiveLine(output)
  }

  readonly show = (work: Work): void => {
    const now = performance.now()
    if (now - this.#shownMs < this.#line.everyMs) return
    this.#shownMs = now
    this.#isShown = true
    this.#line.draw(progressLine(work, now - this.#startedMs))
  }

  end(): void {
    if (this.#isShown) this.#line.clear()
  }
}

export function progressLine({ done, total, what }: Work, elapsedMs: number): string {
  const rate = `${Math.round(done / Math.max(elapsedMs / 1_000, 0.001))}/s`
  if (total === undefined) return `${done} ${what}, ${rate}`
  const share = total === 0 ? 1 : Math.min(1, done / total)
  return `${bar(share)} ${done}/${total} ${what} (${Math.floor(share * 100)} %), ${rate}`
}
