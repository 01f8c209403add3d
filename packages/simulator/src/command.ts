import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

import { live } from './history.ts'
import { FAULTS, type Fault, type Mix, type Profile } from './mix.ts'
import { hunt } from './mutants/hunt.ts'
import { replayCommand } from './replay.ts'
import { MEASURES } from './scale/measures.ts'
import { scale } from './scale/scale.ts'
import { shrink } from './shrink.ts'
import { sweep, type Swept } from './sweep.ts'
import { viewOne } from './view/view-one.ts'
import { wished, type Wish } from './wish.ts'

const HELP = `Usage: npm run simulate -- --seeds N [--from S] [--jobs J] [WORLD]
       npm run simulate -- --mutants [--seeds N] [--jobs J]
       npm run simulate -- --seed S [WORLD] [--view FILE.html]
       npm run simulate -- --scale N [--only MEASURE] [--seed S] [--json FILE]

Lives histories of replicas and clients on virtual time, in a world of faults that is
drawn from a seed, and checks in each that the rules of packages/engine/SPEC.md hold.

Many seeds (a sweep), ending with the line
  simulate: N seeds, H simulated hours, V violations
and exit code 1 if there are any:
  --seeds N      how many
  --from S       the first one (default: 1)
  --jobs J       threads (default: as many as there are cores)

Whether the simulator would notice: some deliberate faults are put into copies of the
code one after the other, and for each it is told after how many seeds it was caught;
exit code 1 if one was not within N (default: 500):
  --mutants

One seed, told line by line; if it breaks a rule, followed by the command that replays
the smallest history that was found to break it too:
  --seed S       which one
  --view FILE    instead of lines, writes a page to be opened in a browser: replicas, links
                 and frames, scrubbed through time, and who knows what at each moment

Other worlds than the seeds draw (WORLD above):
  --profile P    store: disks that fail or are damaged;
                 identity: directories that are put back, copied or emptied
  --replicas N, --clients N, --moments N
                 other sizes
  --without F    kinds of fault to leave out, with commas between them:
                 ${FAULTS.slice(0, 10).join(', ')},
                 ${FAULTS.slice(10, 18).join(', ')},
                 ${FAULTS.slice(18, 26).join(', ')},
                 ${FAULTS.slice(26).join(', ')}

How good gossip is among very many replicas, beside what is published and what is aimed
at; exit code 1 if an aim was missed:
  --scale N      how many
  --only M       one measure:
                 ${MEASURES.map(({ name }) => name).join(', ')}
  --seed S       what chance is drawn from (default: 1)
  --json FILE    where the figures go, too
`

const OPTIONS = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  jobs: { type: 'string' },
  mutants: { type: 'boolean' },
  seed: { type: 'string' },
  profile: { type: 'string' },
  replicas: { type: 'string' },
  clients: { type: 'string' },
  moments: { type: 'string' },
  without: { type: 'string' },
  scale: { type: 'string' },
  only: { type: 'string' },
  json: { type: 'string' },
  view: { type: 'string' },
  help: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** Runs the command; answers its exit code. */
export async function command(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS })
    if (values.help === true) {
      process.stdout.write(HELP)
      return 0
    }
    if (values.scale !== undefined) return await measureScale(values)
    if (values.mutants === true) return await huntMutants(values)
    if (values.seed !== undefined) return await liveOne(values)
    if (values.view !== undefined) throw new TypeError('--view: say which, with --seed S.')
    if (values.seeds === undefined) throw new TypeError('Say --seeds N, or --seed S.')
    return await sweepMany(values)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    process.stderr.write(`${error.message}\nSee npm run simulate -- --help.\n`)
    return 2
  }
}

function numberFrom(values: Values, name: keyof Values, fallback: number): number {
  const text = values[name] ?? String(fallback)
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text)) {
    throw new TypeError(`--${name} ${String(text)}: give a whole number of up to nine digits.`)
  }
  return Number(text)
}

function sizeFrom(values: Values, name: keyof Values, fallback: number): number {
  const size = numberFrom(values, name, fallback)
  if (size < 1) throw new TypeError(`--${name} ${size}: give at least 1.`)
  return size
}

/** What the seeds are to stand for otherwise than they would. */
function wishFrom(values: Values): Wish {
  const { profile = '' } = values
  if (!['', 'store', 'identity'].includes(profile)) {
    throw new TypeError(`--profile ${profile}: there are store and identity.`)
  }
  const left = (values.without ?? '').split(',').filter((fault) => fault !== '')
  const unknown = left.filter((fault) => !FAULTS.includes(fault as Fault))
  if (unknown.length > 0) throw new TypeError(`--without ${unknown.join(',')}: no such fault.`)
  const names = (['replicas', 'clients', 'moments'] as const).filter((name) => name in values)
  const sizes = Object.fromEntries(names.map((name) => [name, sizeFrom(values, name, 1)]))
  if ((sizes['replicas'] ?? 1) > 26) throw new TypeError('--replicas: up to 26.')
  const fixed: Partial<Mix> = profile === '' ? sizes : { ...sizes, profile: profile as Profile }
  return { fixed, left: left as Fault[] }
}

async function liveOne(values: Values): Promise<number> {
  const mix = wished(numberFrom(values, 'seed', 1), wishFrom(values))
  return await (values.view === undefined ? tellOne(mix) : viewOne(mix, values.view))
}

/** Lives one history and tells it; a broken rule ends it. */
async function tellOne(mix: Mix): Promise<number> {
  try {
    const { acked, virtualMs } = await live(mix, (line) => console.log(line))
    console.log(`${acked} edits acknowledged in ${virtualMs} ms; every rule held`)
    return 0
  } catch (error) {
    console.log((error as Error).stack)
    console.log('\nlooking for a smaller history that breaks a rule too …')
    console.log(`replay: ${replayCommand(await shrink(mix))}`)
    return 1
  }
}

/** Measures gossip among very many replicas. */
function measureScale(values: Values): Promise<number> {
  const { only = '', json = '' } = values
  if (only !== '' && !MEASURES.some(({ name }) => name === only)) {
    throw new TypeError(`--only ${only}: no such measure.`)
  }
  const replicas = sizeFrom(values, 'scale', 1)
  if (replicas < 2 || replicas > 100_000) throw new TypeError('--scale: from 2 to 100,000.')
  return scale({ replicas, seed: numberFrom(values, 'seed', 1), only, json })
}

/** Puts one deliberate fault after the other into the code, and tells how soon each is caught. */
async function huntMutants(values: Values): Promise<number> {
  const seedsMax = sizeFrom(values, 'seeds', 500)
  const hunted = await hunt(seedsMax, jobsFrom(values), ({ mutant, seeds, message }) => {
    const after = seeds === undefined ? 'not caught' : `caught by seed ${seeds}`
    console.log(`[${mutant.rule}] ${mutant.name}: ${after}`)
    if (message !== undefined) console.log(`       ${message}`)
  })
  const caught = hunted.filter(({ seeds }) => seeds !== undefined).length
  console.log(`mutants: ${hunted.length}, ${caught} caught within ${seedsMax} seeds`)
  return caught === hunted.length ? 0 : 1
}

function jobsFrom(values: Values): number {
  return sizeFrom(values, 'jobs', availableParallelism())
}

async function sweepMany(values: Values): Promise<number> {
  const seeds = sizeFrom(values, 'seeds', 1)
  const from = numberFrom(values, 'from', 1)
  const jobs = jobsFrom(values)
  const wish = wishFrom(values)
  const startedMs = performance.now()
  const swept = await sweep({ from, seeds, wish, jobs, onProgress: progress(seeds, wish) })
  const seconds = (performance.now() - startedMs) / 1_000
  console.log(`what happened: ${happenedText(swept)}`)
  const hours = swept.virtualMs / 3_600_000
  console.log(
    `${(swept.seeds / seconds).toFixed(1)} seeds a second on ${jobs} threads, ` +
      `${((hours / seconds) * 3_600).toFixed(0)} simulated hours an hour`,
  )
  console.log(
    `simulate: ${swept.seeds} seeds, ${hours.toFixed(1)} simulated hours, ${swept.broken.length} violations`,
  )
  return swept.broken.length > 0 ? 1 : 0
}

/** Shows what is broken, at once, and how far it is: on a terminal each time, elsewhere now and then. */
function progress(seeds: number, wish: Wish): (soFar: Swept) => void {
  let shownAt = performance.now()
  let told = 0
  return ({ seeds: done, broken }) => {
    for (const { seed, message } of broken.slice(told)) {
      console.log(`${message}\n  replay: ${replayCommand(wished(seed, wish))}`)
    }
    told = broken.length
    const now = performance.now()
    if (now - shownAt < (process.stderr.isTTY ? 200 : 30_000)) return
    shownAt = now
    const line = `${done} of ${seeds} seeds, ${broken.length} violations`
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`)
  }
}

function happenedText({ happened }: Swept): string {
  return Object.entries(happened)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')
}
