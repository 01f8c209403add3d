import { expect, test } from 'vitest'

import { tableOf, tortureByCorruption } from './corrupt.ts'
import { progress, roundsOr, seed, tell } from './told.ts'

test('corrupt', async () => {
  const asked = roundsOr(Number.MAX_SAFE_INTEGER)
  // So many rounds are spread over all files; without a number every bit is flipped.
  const stride = asked === Number.MAX_SAFE_INTEGER ? 1 : Math.max(1, Math.floor(300_000 / asked))
  const run = { rounds: asked, seed: seed(), stride, repairs: Math.min(200, Math.ceil(asked / 20)) }
  const outcome = await tortureByCorruption({ ...run, onRound: progress('damaged', asked) })
  process.stderr.write(`${tableOf(outcome)}\n`)
  tell('corrupt', outcome)
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0 })
})
