#!/usr/bin/env node
// `npm run torture -- NAME [--rounds N] [--seed S]`: says what to do to vitest, which runs it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const NAMES = ['kill', 'power', 'corrupt', 'network']
const HELP = `Usage: npm run torture -- kill|power|corrupt|network [--rounds N] [--seed S]

Does to stores and replicas what they must survive, and ends with a line
  torture NAME: R rounds, A acknowledged, L lost, D damaged and unnoticed
Exits with 1 unless nothing is lost and nothing unnoticed.

  kill     kills a process that edits a store, at any moment, and right before each
           call that changes a disk (default: 10,000 rounds; about an hour)
  power    cuts the power while a store is edited, of one and of three at once
           (default: 1,000 rounds; needs strace; about three minutes)
  corrupt  damages every file of a small store in every way
           (default: every bit; about an hour)
  network  five processes behind links that break, lose and lag, under clients that type:
           all are stopped, and all but one killed and restarted; what is not equal in the end
           counts as damaged (default: 1,800 faults; about an hour)

  --rounds N  how many rounds
  --seed S    where chance begins (default: 1)
`

const options = { rounds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } }
let given
try {
  given = parseArgs({ options, allowPositionals: true })
} catch (error) {
  fail(error.message)
}
const { positionals, values } = given
if (values.help === true) {
  process.stdout.write(HELP)
  process.exit(0)
}
const [name = '', ...more] = positionals
if (!NAMES.includes(name) || more.length > 0) fail('Name one of kill, power, corrupt and network.')
for (const each of [values.rounds, values.seed]) {
  if (each !== undefined && !/^\d{1,9}$/.test(each)) fail(`${each} is no whole number.`)
}

const outcome = join(mkdtempSync(join(tmpdir(), 'rejoin-torture-')), 'outcome')
const run = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url)),
    'run',
    '--config',
    fileURLToPath(new URL('./vitest.config.ts', import.meta.url)),
    '--reporter=dot',
    `${name}.torture.ts`,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      ROUNDS: values.rounds ?? '',
      SEED: values.seed ?? '1',
      OUTCOME: outcome,
    },
  },
)
if (existsSync(outcome)) process.stdout.write(readFileSync(outcome, 'utf8'))
rmSync(dirname(outcome), { recursive: true })
process.exit(run.status ?? 1)

function fail(message) {
  process.stderr.write(`torture: ${message}\n\n${HELP}`)
  process.exit(2)
}
