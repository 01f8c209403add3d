import { expect, test } from 'vitest'

import { tableOf, tortureByCorruption } from './corrupt.ts'
import { progress, roundsOr, seed, tell } from './told.ts'

/** As small a store as has a file of every kind, so that every bit of it can be flipped. */
const EDITS = 1

test('corrupt', async () => {
  const rounds = roundsOr(Number.MAX_SAFE_INTEGER)
  const repairs = Math.min(200, Math.ceil(rounds / 20))
  const run = { rounds, seed: seed(), edits: EDITS, repairs }
  const outcome = await tortureByCorruption({ ...run, onRound: progress('damaged') })
  process.stderr.write(`${tableOf(outcome)}\n`)
  tell('corrupt', outcome)
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0 })
})
