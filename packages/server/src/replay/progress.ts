import { bar, LiveLine, type Output } from '../command-line/live-line.ts'

/** How far a replay has come. */
export interface ProgressFacts {
  readonly phase: 'typing' | 'saving' | 'converging'
  readonly typed: number
  readonly total: number
  readonly links: string
  /** Replicas that have the recorded text, while converging. */
  readonly equal: string
}

/** Shows `facts()` until the returned function is called. */
export function showProgress(facts: () => ProgressFacts, output: Output): () => void {
  const startedMs = performance.now()
  const line = new LiveLine(output)
  const show = (): void => line.draw(progressText(facts(), performance.now() - startedMs))
  const timer = setInterval(show, line.everyMs)
  return () => {
    clearInterval(timer)
    line.clear()
  }
}

export function progressText(facts: ProgressFacts, elapsedMs: number): string {
  const { phase, typed, total, links, equal } = facts
  if (phase === 'saving') return `${typed} transactions typed; waiting until all are durable`
  if (phase === 'converging') return `waiting until the replicas are equal: ${equal}`
  const share = total === 0 ? 1 : typed / total
  const rate = Math.round(typed / Math.max(elapsedMs / 1_000, 0.001))
  const percent = Math.floor(share * 100)
  return `${bar(share)} ${typed}/${total} (${percent} %), ${rate}/s, links ${links}`
}
