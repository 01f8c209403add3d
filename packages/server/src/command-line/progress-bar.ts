/**
 * How far a long piece of work has come, on stderr: a bar that is written over on a terminal, and a new
 * line every two seconds elsewhere.
 */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const REDRAW_MS = 100
const LINE_MS = 2_000
const BAR_CELLS = 24
const CLEAR_LINE = '\r\u001B[K'

export interface Work {
  readonly done: number
  /** Left out while nobody knows. */
  readonly total?: number
  /** What is counted, such as "documents". */
  readonly what: string
}

/** Shows what it was told last, until `end`. */
export class ProgressBar {
  readonly #output: Output
  readonly #startedMs = performance.now()
  #shownMs = performance.now()
  #isShown = false

  constructor(output: Output = process.stderr) {
    this.#output = output
  }

  readonly show = (work: Work): void => {
    const now = performance.now()
    const isTerminal = this.#output.isTTY === true
    if (now - this.#shownMs < (isTerminal ? REDRAW_MS : LINE_MS)) return
    this.#shownMs = now
    this.#isShown = true
    const text = progressLine(work, now - this.#startedMs)
    this.#output.write(isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`)
  }

  end(): void {
    if (this.#isShown && this.#output.isTTY === true) this.#output.write(CLEAR_LINE)
  }
}

export function progressLine({ done, total, what }: Work, elapsedMs: number): string {
  const rate = `${Math.round(done / Math.max(elapsedMs / 1_000, 0.001))}/s`
  if (total === undefined) return `${done} ${what}, ${rate}`
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const filled = Math.floor(share * BAR_CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
  return `${bar} ${done}/${total} ${what} (${Math.floor(share * 100)} %), ${rate}`
}
