import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Outcome, Run } from './outcome.ts'
import { Typist } from './typist.ts'
import { verdictOf } from './verdict.ts'

/** Calls by which a store changes what is on a disk: between any two of them a process may die. */
export const DISK_CALLS = [
  'write',
  'pwrite64',
  'fdatasync',
  'fsync',
  'rename',
  'unlink',
  'link',
  'mkdir',
]
/** Steps of a typist: enough for every kind of change. */
const STEPS = 14

/**
 * Kills a process right before its Nth call of one kind, for N from 1 on until it comes to its end: before
 * an append, after it and before its sync, after that and before the acknowledgement, at each step of
 * compaction, of a trim, of an id change, of opening and closing.
 */
export async function tortureAtPoints({ rounds, seed, onRound }: Run): Promise<Outcome> {
  const outcome = { rounds: 0, acknowledged: 0, lost: 0, unnoticed: 0, failures: [] as string[] }
  for (let at = 0; outcome.rounds < rounds; at++) {
    let ended = 0
    for (const call of DISK_CALLS) {
      if (outcome.rounds >= rounds) break
      // Every point in turn, in steps that no kind of change has the length of.
      const nth = 1 + at * (call === 'write' || call === 'fdatasync' ? 7 : 1)
      ended += (await killAt({ call, nth, seed: seed + (at % 5) }, outcome)) ? 1 : 0
      outcome.rounds += 1
      onRound?.(outcome.rounds, rounds)
    }
    if (ended === DISK_CALLS.length) break
  }
  return outcome
}

interface Point {
  readonly call: string
  readonly nth: number
  readonly seed: number
}

/** Answers whether the process came to its end before the point was reached. */
async function killAt(
  { call, nth, seed }: Point,
  outcome: { acknowledged: number; lost: number; unnoticed: number; failures: string[] },
): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'rejoin-point-'))
  const inject = [`-e`, `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`]
  const under = ['strace', '-f', '-qq', '-o', '/dev/null', ...inject]
  const typist = new Typist({ directory, seed, prefix: `${seed}`, steps: STEPS, under })
  await typist.ended
  const { lost, complaints } = await verdictOf(directory, typist.acked)
  outcome.acknowledged += typist.acked.length
  outcome.lost += lost.length
  if (lost.length + complaints.length === 0) {
    await rm(directory, { recursive: true })
    return typist.isClosed
  }
  outcome.unnoticed += complaints.length > 0 ? 1 : 0
  const told = [...lost.map(({ token }) => `lost ${token}`), ...complaints].slice(0, 5).join('; ')
  outcome.failures.push(`${told} in ${directory}, killed at ${call} number ${nth}, seed ${seed}`)
  return typist.isClosed
}
