/** What a run of torture came to. */
export interface Outcome {
  readonly rounds: number
  readonly acknowledged: number
  readonly lost: number
  /** Damaged, and nobody would have noticed. */
  readonly unnoticed: number
  /** What was lost or went unnoticed, and how to see it again. */
  readonly failures: readonly string[]
}

export function lineOf(name: string, { rounds, acknowledged, lost, unnoticed }: Outcome): string {
  return `torture ${name}: ${rounds} rounds, ${acknowledged} acknowledged, ${lost} lost, ${unnoticed} damaged and unnoticed`
}

export interface Run {
  readonly rounds: number
  readonly seed: number
  /** Is told of each round that is over, and how many there will be. */
  readonly onRound?: (done: number, total: number) => void
}
