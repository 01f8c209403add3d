import { expect, test } from 'vitest'

import { tortureAtPoints } from './crash-points.ts'
import { tortureByKill } from './kill.ts'
import { hasStrace } from './strace.ts'
import { progress, roundsOr, seed, sum, tell } from './told.ts'

/** Up to a tenth of the rounds kill right before a call that changes a disk, where calls can be traced. */
test('kill', async () => {
  const rounds = roundsOr(10_000)
  const atPoints = hasStrace() ? Math.floor(rounds / 10) : 0
  if (atPoints === 0) process.stderr.write('strace is not there: no kills at named points.\n')
  const points = await tortureAtPoints({
    rounds: atPoints,
    seed: seed(),
    onRound: progress('killed at points'),
  })
  // There may be fewer points than that.
  const outcomes = [
    points,
    await tortureByKill({
      rounds: rounds - points.rounds,
      seed: seed(),
      onRound: progress('killed'),
    }),
  ]
  const outcome = sum(outcomes)
  tell('kill', outcome)
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0 })
})
