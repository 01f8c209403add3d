import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Chance } from '@rejoin/gossip'
import { openLeveldbStore } from '@rejoin/leveldb'
import { memoryNetwork, openReplica, type Replica } from '@rejoin/replica'
import * as Y from 'yjs'

import { readTrace, TRACING, type DiskCall } from './disk-trace.ts'
import type { Outcome, Run } from './outcome.ts'
import { PowerCut } from './power-cut.ts'
import { Typist, type Token } from './typist.ts'
import { verdictOf } from './verdict.ts'

const IMAGES_PER_RUN = 10
const STEPS = 50

export interface PowerRun extends Run {
  /** Leaves out every sync: then edits must be lost, or else the check shows nothing. */
  readonly withoutSync?: boolean
}

/**
 * Cuts the power while a store is edited: the calls of a traced process are played up to a moment, and what
 * was not synced by then is dropped, torn or replaced (rule S1). From each traced run some images are made.
 */
export async function tortureByPower({
  rounds,
  seed,
  onRound,
  withoutSync = false,
}: PowerRun): Promise<Outcome> {
  const environment = withoutSync ? ['SYNC=off'] : []
  const outcome = { rounds, acknowledged: 0, lost: 0, unnoticed: 0, failures: [] as string[] }
  for (let first = 0; first < rounds; first += IMAGES_PER_RUN) {
    const folder = await mkdtemp(join(tmpdir(), 'rejoin-power-'))
    const traced = await trace(join(folder, 'data'), seed + first, environment)
    const before = outcome.failures.length
    for (let round = first; round < Math.min(rounds, first + IMAGES_PER_RUN); round++) {
      const image = join(folder, `image-${round}`)
      const acked = cut(traced, image, new Chance(seed + round))
      outcome.acknowledged += acked.length
      const wrong = await wrongWith(image, acked)
      outcome.lost += wrong.lost
      if (wrong.told.length > 0) {
        const replay = `npm run torture -- power --seed ${seed + first} --rounds ${round - first + 1}`
        outcome.failures.push(`${wrong.told.slice(0, 5).join('; ')} in ${image}; ${replay}`)
      } else await rm(image, { recursive: true })
      onRound?.(round + 1, rounds)
    }
    if (outcome.failures.length === before || withoutSync) await rm(folder, { recursive: true })
  }
  return outcome
}

interface Traced {
  readonly directory: string
  readonly calls: readonly DiskCall[]
}

async function trace(
  directory: string,
  seed: number,
  environment: readonly string[],
): Promise<Traced> {
  const file = `${directory}.trace`
  const under = ['env', ...environment, 'strace', ...TRACING, '-o', file]
  const typist = new Typist({ directory, seed, prefix: `${seed}`, steps: STEPS, under })
  await typist.ended
  if (!typist.isClosed) throw new Error(`the traced process failed: ${typist.complaint}`)
  return { directory, calls: readTrace(file, directory) }
}

/** Cuts the power at a moment after the store was opened; answers what was acknowledged by then. */
function cut({ directory, calls }: Traced, image: string, chance: Chance): Token[] {
  const ready = calls.findIndex((call) => call.type === 'said')
  const count = ready + 1 + Math.floor(chance.next() * (calls.length - ready - 1))
  const power = new PowerCut(directory, chance)
  const said = power.play(calls.slice(0, count))
  power.leave(image)
  const lines = said.flatMap((text) => text.split('\n')).filter((line) => line.endsWith('}'))
  return lines.map((line) => JSON.parse(line) as Token).filter(({ token }) => token !== undefined)
}

async function wrongWith(
  image: string,
  acked: readonly Token[],
): Promise<{ lost: number; told: string[] }> {
  try {
    const { lost, complaints } = await verdictOf(image, acked)
    return { lost: lost.length, told: [...lost.map(({ token }) => `lost ${token}`), ...complaints] }
  } catch (error) {
    // Refused: nothing that was acknowledged can be had.
    return { lost: acked.length, told: [(error as Error).message] }
  }
}

/**
 * Cuts the power of three replicas at once, and lets them rejoin: what any of them had acknowledged is at
 * each of them then.
 */
export async function cutAllAtOnce({ rounds, seed, onRound }: Run): Promise<Outcome> {
  const outcome = { rounds, acknowledged: 0, lost: 0, unnoticed: 0, failures: [] as string[] }
  for (let round = 0; round < rounds; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'rejoin-blackout-'))
    const acked: Token[] = []
    for (const place of [0, 1, 2]) {
      const own = seed + round * 3 + place
      const traced = await trace(join(folder, `data-${place}`), own, ['CUTS=off'])
      acked.push(...cut(traced, join(folder, `image-${place}`), new Chance(own)))
    }
    const lost = await rejoined(folder, acked)
    outcome.acknowledged += acked.length
    outcome.lost += lost.length
    if (lost.length > 0) outcome.failures.push(`lost ${lost.slice(0, 5).join(', ')} in ${folder}`)
    else await rm(folder, { recursive: true })
    onRound?.(round + 1, rounds)
  }
  return outcome
}

async function rejoined(folder: string, acked: readonly Token[]): Promise<string[]> {
  const network = memoryNetwork()
  const replicas: Replica[] = []
  for (const place of [0, 1, 2]) {
    const store = await openLeveldbStore(join(folder, `image-${place}`))
    const peers = [0, 1, 2].filter((other) => other !== place).map((other) => `memory:${other}`)
    replicas.push(await openReplica({ store, transport: network.transport(`${place}`), peers }))
  }
  try {
    await untilEqual(replicas)
    const lost: string[] = []
    for (const replica of replicas) lost.push(...(await missingAt(replica, acked)))
    return lost
  } finally {
    await Promise.all(replicas.map((replica) => replica.close()))
  }
}

async function untilEqual(replicas: readonly Replica[]): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const statuses = replicas.map((replica) => replica.status())
    const versions = new Set(statuses.map(({ version }) => JSON.stringify(version)))
    const isLinked = statuses.every(({ members }) => {
      return members.filter(({ state }) => state === 'linked').length === replicas.length - 1
    })
    if (isLinked && versions.size === 1 && statuses.every(({ divergence }) => divergence === 0))
      return
    if (performance.now() > deadline) throw new Error('the replicas have not become equal')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function missingAt(replica: Replica, acked: readonly Token[]): Promise<string[]> {
  const documents = new Map<string, Y.Doc>()
  const missing: string[] = []
  for (const { document, token } of acked) {
    const doc = documents.get(document) ?? new Y.Doc()
    if (!documents.has(document)) {
      documents.set(document, doc)
      const update = await replica.encode(document)
      if (update !== undefined) Y.applyUpdate(doc, update)
    }
    if (doc.getMap('tokens').get(token) === undefined) missing.push(token)
  }
  return missing
}
