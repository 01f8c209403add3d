/**
 * How far a replay has come, on stderr: one line that is written over on a terminal, and a new line
 * every two seconds elsewhere.
 */
export interface ProgressFacts {
  readonly phase: 'typing' | 'saving' | 'converging'
  readonly typed: number
  readonly total: number
  readonly links: string
  /** Replicas that have the recorded text, while converging. */
  readonly equal: string
}

interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const REDRAW_MS = 100
const LINE_MS = 2_000
const BAR_CELLS = 24

/** Shows `facts()` until the returned function is called. */
export function showProgress(facts: () => ProgressFacts, output: Output): () => void {
  const startedMs = performance.now()
  const isTerminal = output.isTTY === true
  const show = (): void => {
    const text = progressText(facts(), performance.now() - startedMs)
    output.write(isTerminal ? `\r\u001B[K${text}` : `${text}\n`)
  }
  const timer = setInterval(show, isTerminal ? REDRAW_MS : LINE_MS)
  return () => {
    clearInterval(timer)
    if (isTerminal) output.write('\r\u001B[K')
  }
}

export function progressText(facts: ProgressFacts, elapsedMs: number): string {
  const { phase, typed, total, links, equal } = facts
  if (phase === 'saving') return `${typed} transactions typed; waiting until all are durable`
  if (phase === 'converging') return `waiting until the replicas are equal: ${equal}`
  const share = total === 0 ? 1 : typed / total
  const filled = Math.floor(share * BAR_CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
  const rate = Math.round(typed / Math.max(elapsedMs / 1_000, 0.001))
  const percent = Math.floor(share * 100)
  return `${bar} ${typed}/${total} (${percent} %), ${rate}/s, links ${links}`
}
