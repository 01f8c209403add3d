import { expect, test } from 'vitest'

import { tableOf, tortureByCorruption } from './corrupt.ts'
import { tortureAtPoints } from './crash-points.ts'
import { tortureByKill } from './kill.ts'
import { tortureByNetwork } from './network.ts'
import { lineOf } from './outcome.ts'
import { cutAllAtOnce, tortureByPower } from './power.ts'
import { hasStrace } from './strace.ts'

/** Short runs of what `npm run torture` does for as long as it is told. */
test('[S1] [S5] [L8] killed 200 times at any moment, nothing acknowledged is lost', async () => {
  const outcome = await tortureByKill({ rounds: 200, seed: 1 })
  console.log(lineOf('kill', outcome))
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0, failures: [] })
  expect(outcome.acknowledged).toBeGreaterThan(2_000)
}, 300_000)

test.skipIf(!hasStrace())(
  '[S1] [S5] killed between any two calls that change a disk',
  async () => {
    const outcome = await tortureAtPoints({ rounds: 60, seed: 1 })
    console.log(lineOf('kill at points', outcome))
    expect(outcome).toMatchObject({ lost: 0, unnoticed: 0, failures: [] })
  },
  300_000,
)

test.skipIf(!hasStrace())(
  '[S1] the power goes 60 times: nothing acknowledged is lost',
  async () => {
    const outcome = await tortureByPower({ rounds: 60, seed: 1 })
    console.log(lineOf('power', outcome))
    expect(outcome).toMatchObject({ lost: 0, unnoticed: 0, failures: [] })
    expect(outcome.acknowledged).toBeGreaterThan(1_000)
  },
  300_000,
)

test.skipIf(!hasStrace())(
  '[S1] without syncs the same check finds edits lost',
  async () => {
    const outcome = await tortureByPower({ rounds: 20, seed: 1, withoutSync: true })
    console.log(lineOf('power, without sync', outcome))
    expect(outcome.lost).toBeGreaterThan(0)
  },
  300_000,
)

test.skipIf(!hasStrace())(
  '[S1] [L8] the power goes at three replicas at once',
  async () => {
    const outcome = await cutAllAtOnce({ rounds: 3, seed: 1 })
    console.log(lineOf('power at all', outcome))
    expect(outcome).toMatchObject({ lost: 0, failures: [] })
  },
  300_000,
)

test('[S3] whatever is damaged in a store is named or refused, and made good by a peer', async () => {
  const run = { rounds: 820, seed: 3, edits: 14, repairs: 30 }
  const outcome = await tortureByCorruption(run)
  console.log(tableOf(outcome))
  console.log(lineOf('corrupt', outcome))
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0, failures: [] })
  expect(outcome.repaired).toBe(30)
}, 300_000)

test('[S1] [L5] [L6] five processes behind links that break, lose and lag lose nothing and converge', async () => {
  const outcome = await tortureByNetwork({ rounds: 12, seed: 1 })
  console.log(lineOf('network', outcome))
  expect(outcome).toMatchObject({ lost: 0, unnoticed: 0, failures: [] })
  expect(outcome.acknowledged).toBeGreaterThan(500)
}, 300_000)
