import { expect, test } from 'vitest'

import { tortureByNetwork } from './network.ts'
import { progress, roundsOr, seed, tell } from './told.ts'

test('network', async () => {
  const rounds = roundsOr(1_800)
  const outcome = await tortureByNetwork({ rounds, seed: seed(), onRound: progress('faults') })
  for (const [at, each] of outcome.residentMiB.entries()) {
    const mean = each.map((mib) => mib.toFixed(0)).join(', ')
    process.stderr.write(`resident in quarter ${at + 1}: ${mean} MiB\n`)
  }
  tell('network', outcome)
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0 })
})
