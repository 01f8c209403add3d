import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { MUTANTS, type Mutant } from './mutants.ts'
import { mutate, removeMutant } from './mutate.ts'

/** Whether a mutant was caught, by which seed, and as what. */
export interface Hunted {
  readonly mutant: Mutant
  /** The first seed that noticed; `undefined` when none did. */
  readonly seeds?: number
  readonly message?: string
}

const run = promisify(execFile)

/** Looks for each mutant in turn, from seed 1 on, in up to `seedsMax` histories. */
export async function hunt(
  seedsMax: number,
  jobs: number,
  onHunted: (hunted: Hunted) => void,
): Promise<Hunted[]> {
  const waiting = [...MUTANTS]
  const hunted: Hunted[] = []
  const hunters = Array.from({ length: jobs }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const result = await huntOne(mutant, seedsMax)
      hunted.push(result)
      onHunted(result)
    }
  })
  await Promise.all(hunters)
  return hunted
}

async function huntOne(mutant: Mutant, seedsMax: number): Promise<Hunted> {
  const simulator = await mutate(mutant)
  try {
    const script = join(simulator, 'dist', 'mutants', 'until-broken.js')
    const { stdout } = await run(process.execPath, [script, String(seedsMax)])
    const caught = JSON.parse(stdout) as { seeds: number; message: string } | null
    return caught === null ? { mutant } : { mutant, ...caught }
  } finally {
    await removeMutant(simulator)
  }
}
