import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Chance } from '@rejoin/gossip'

import type { Outcome, Run } from './outcome.ts'
import { Typist, type Token } from './typist.ts'
import { verdictOf } from './verdict.ts'

/** Rounds that one directory lives through, before the next begins with a new one. */
const ROUNDS_PER_DIRECTORY = 25

/**
 * Kills a process that edits a store with SIGKILL at a random moment, again and again on one directory, and
 * looks each time whether all that it had reported durable is there and all is sound (rules S1, S5, L8).
 */
export async function tortureByKill({ rounds, seed, onRound }: Run): Promise<Outcome> {
  const outcome = { rounds, acknowledged: 0, lost: 0, unnoticed: 0, failures: [] as string[] }
  for (let first = 0; first < rounds; first += ROUNDS_PER_DIRECTORY) {
    const directory = await mkdtemp(join(tmpdir(), 'rejoin-kill-'))
    const acked: Token[] = []
    const before = outcome.failures.length
    for (let round = first; round < Math.min(rounds, first + ROUNDS_PER_DIRECTORY); round++) {
      const typist = await killOnce(directory, seed + round)
      acked.push(...typist.acked)
      const { lost, complaints } = await verdictOf(directory, acked)
      if (typist.complaint !== '') complaints.push(`it complained: ${typist.complaint}`)
      outcome.lost += lost.length
      if (lost.length + complaints.length > 0) {
        const replay = `npm run torture -- kill --seed ${seed + first} --rounds ${round - first + 1}`
        const told = [...lost.map(({ token }) => `lost ${token}`), ...complaints].slice(0, 5)
        outcome.failures.push(`${told.join('; ')} in ${directory}; ${replay}`)
        outcome.unnoticed += complaints.length > 0 ? 1 : 0
      }
      onRound?.(round + 1, rounds)
      if (outcome.failures.length > before) break
    }
    outcome.acknowledged += acked.length
    if (outcome.failures.length === before) await rm(directory, { recursive: true })
  }
  return outcome
}

async function killOnce(directory: string, seed: number): Promise<Typist> {
  const chance = new Chance(seed)
  const typist = new Typist({ directory, seed, prefix: `${seed}` })
  // Most kills hit it at work, some while it opens.
  const count = chance.next() < 0.1 ? 0 : 1 + Math.floor(chance.next() * 60)
  if (count > 0) await typist.until(count)
  else await new Promise((resolve) => setTimeout(resolve, chance.next() * 250))
  await typist.kill()
  return typist
}
