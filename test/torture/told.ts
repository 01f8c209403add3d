import { writeFileSync } from 'node:fs'

import { lineOf, type Outcome } from './outcome.ts'

/** How many rounds were asked for, else `byDefault`. */
export function roundsOr(byDefault: number): number {
  const { ROUNDS = '' } = process.env
  return ROUNDS === '' ? byDefault : Number(ROUNDS)
}

export function seed(): number {
  return Number(process.env['SEED'] ?? 1)
}

const LINE_MS = 5_000

/** Tells how far it is, every few seconds. */
export function progress(what: string): (done: number, total: number) => void {
  let toldMs = performance.now()
  return (done, total) => {
    if (performance.now() - toldMs < LINE_MS) return
    toldMs = performance.now()
    process.stderr.write(`${what}: ${done} of ${total}\n`)
  }
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  const total = (key: 'rounds' | 'acknowledged' | 'lost' | 'unnoticed'): number => {
    return outcomes.reduce((all, outcome) => all + outcome[key], 0)
  }
  return {
    rounds: total('rounds'),
    acknowledged: total('acknowledged'),
    lost: total('lost'),
    unnoticed: total('unnoticed'),
    failures: outcomes.flatMap(({ failures }) => failures),
  }
}

/** Leaves the outcome where the command finds it, to print it last. */
export function tell(name: string, outcome: Outcome): void {
  for (const failure of outcome.failures) process.stderr.write(`${failure}\n`)
  const file = process.env['OUTCOME']
  if (file !== undefined) writeFileSync(file, `${lineOf(name, outcome)}\n`)
}
