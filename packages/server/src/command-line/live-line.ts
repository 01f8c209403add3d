/** Where progress is shown: stderr, as a rule. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const REDRAW_MS = 100
const LINE_MS = 2_000
const CLEAR_LINE = '\r\u001B[K'

/** A line that is written over on a terminal; elsewhere each time is a new one, and times are rarer. */
export class LiveLine {
  readonly #output: Output
  /** How often it is worth drawing, in ms. */
  readonly everyMs: number

  constructor(output: Output) {
    this.#output = output
    this.everyMs = output.isTTY === true ? REDRAW_MS : LINE_MS
  }

  draw(text: string): void {
    this.#output.write(this.#output.isTTY === true ? `${CLEAR_LINE}${text}` : `${text}\n`)
  }

  clear(): void {
    if (this.#output.isTTY === true) this.#output.write(CLEAR_LINE)
  }
}

const BAR_CELLS = 24

/** `share` is from 0 to 1. */
export function bar(share: number): string {
  const filled = Math.floor(share * BAR_CELLS)
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
}
