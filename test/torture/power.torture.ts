import { expect, test } from 'vitest'

import { cutAllAtOnce, tortureByPower } from './power.ts'
import { hasStrace } from './strace.ts'
import { progress, roundsOr, seed, sum, tell } from './told.ts'

test('power', async () => {
  if (!hasStrace()) throw new Error('strace is not there: install it to cut the power.')
  const rounds = roundsOr(1_000)
  const atOnce = Math.ceil(rounds / 50)
  const onRound = progress('cut')
  const outcomes = [
    await tortureByPower({ rounds, seed: seed(), onRound }),
    await cutAllAtOnce({ rounds: atOnce, seed: seed(), onRound: progress('cut at all') }),
  ]
  // The check is checked: without syncs it must find edits lost.
  const without = await tortureByPower({ rounds: 20, seed: seed(), withoutSync: true })
  process.stderr.write(`without syncs ${without.lost} of ${without.acknowledged} are lost\n`)
  expect(without.lost).toBeGreaterThan(0)
  const outcome = sum(outcomes)
  tell('power', outcome)
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0 })
})
