import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openLeveldbStore } from '@rejoin/leveldb'
import { compact, memoryNetwork, MemoryDisk, openReplica, type Replica } from '@rejoin/replica'

import type { Outcome, Run } from './outcome.ts'
import { Reader, type Answer } from './reader.ts'

type Fault = 'flip' | 'truncate' | 'zero tail' | 'remove'

interface Case {
  readonly file: string
  readonly fault: Fault
  /** The bit, or the byte from which on. */
  readonly at: number
}

type Verdict = 'same' | 'named' | 'refused' | 'unnoticed'

export interface CorruptRun extends Run {
  /** What each of two replicas types into each document, three times over: how large the store is. */
  readonly edits: number
  /** Of so many cases it is seen, too, whether another replica makes good what is damaged. */
  readonly repairs: number
}

export interface CorruptOutcome extends Outcome {
  /** How often each verdict was given, by file and fault. */
  readonly table: ReadonlyMap<string, Readonly<Record<Verdict, number>>>
  readonly repaired: number
  readonly repairsTried: number
}

/**
 * Damages every file of a small store in every way, one at a time and of the bits as many as there are rounds
 * for, and opens it: it must show the same as
 * before, or be refused, or name what is damaged; never show less and say nothing (rule S3).
 */
export async function tortureByCorruption(run: CorruptRun): Promise<CorruptOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'rejoin-corrupt-'))
  const sound = join(folder, 'sound')
  const peer = new MemoryDisk()
  const acknowledged = await writeSound(sound, peer, run.edits)
  const cases = await casesOf(sound, run)
  const reader = new Reader()
  const table = new Map<string, Record<Verdict, number>>()
  const failures: string[] = []
  try {
    const expected = await reader.read(await copyOf(sound, folder))
    for (const [done, each] of cases.entries()) {
      const damaged = await damage(await copyOf(sound, folder), each)
      const verdict = verdictOf(await reader.read(damaged), expected)
      count(table, each, verdict)
      if (verdict === 'unnoticed') failures.push(`${each.file}: ${each.fault} at ${each.at}`)
      run.onRound?.(done + 1, cases.length)
    }
    const tried = spread(cases, run.repairs)
    const repaired = await repairAll(tried, { sound, folder, peer, failures })
    const unnoticed = failures.length
    const counts = { rounds: cases.length, acknowledged, lost: tried.length - repaired, unnoticed }
    return { ...counts, failures, table, repaired, repairsTried: tried.length }
  } finally {
    reader.close()
    await rm(folder, { recursive: true })
  }
}

const NAMES = ['notes', 'plans', 'a longer name of a document']

/** Two replicas that have typed into three documents; one lies in `directory`, the other in `peer`. */
async function writeSound(directory: string, peer: MemoryDisk, edits: number): Promise<number> {
  // Opened again and again, so that there are tables and a log, and more than one of each kind.
  for (let time = 0; time < 3; time++) {
    await together(await openLeveldbStore(directory), peer, async (replicas) => {
      for (const name of NAMES) {
        for (const replica of replicas) {
          const document = await replica.open(name)
          for (let edit = 0; edit < edits; edit++) {
            document.doc.getText().insert(0, `${time}.${edit} `)
            await document.settled('durable')
          }
          document.leave()
        }
      }
      await untilEqual(replicas, NAMES)
    })
  }
  return 3 * 2 * NAMES.length * edits
}

type Pair = readonly [Replica, Replica]

/** Opens a replica on a store and one on a memory disk, linked, for as long as `use` takes. */
async function together<T>(
  store: Awaited<ReturnType<typeof openLeveldbStore>>,
  peer: MemoryDisk,
  use: (replicas: Pair) => Promise<T>,
): Promise<T> {
  const network = memoryNetwork()
  const one = await openReplica({
    store,
    transport: network.transport('one'),
    peers: ['memory:two'],
  })
  const two = await openReplica({ store: peer.open(), transport: network.transport('two') })
  try {
    return await use([one, two])
  } finally {
    await Promise.all([one.close(), two.close()])
  }
}

/** Waits until both show the same documents; rejects when they don't within half a minute. */
async function untilEqual([one, two]: Pair, names: readonly string[]): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const states = await Promise.all([one, two].map((replica) => statesOf(replica, names)))
    if (states[0] === states[1]) return
    if (performance.now() > deadline) throw new Error('the replicas have not become equal')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Documents as equal ones have equal bytes: compacted. */
async function statesOf(replica: Replica, names: readonly string[]): Promise<string> {
  const states = names.map(async (name) => {
    const state = await replica.encode(name).catch((error: Error) => error.message)
    if (state === undefined || typeof state === 'string') return `${replica.id}: ${state}`
    const result = compact([state], { gc: true })
    return result.ok ? Buffer.from(result.snapshot).toString('base64') : result.reason
  })
  return (await Promise.all(states)).join(' ')
}

async function casesOf(directory: string, { rounds, seed }: CorruptRun): Promise<Case[]> {
  const cases: Case[] = []
  const flips: Case[] = []
  const files = (await readdir(directory)).filter((file) => !/^LO(CK|G)/.test(file))
  for (const file of files.toSorted()) {
    const { length } = await readFile(join(directory, file))
    cases.push({ file, fault: 'remove', at: 0 })
    for (const share of [0, 0.2, 0.4, 0.6, 0.8, 0.99]) {
      const at = Math.floor(length * share)
      cases.push({ file, fault: 'truncate', at }, { file, fault: 'zero tail', at })
    }
    for (let bit = 0; bit < length * 8; bit++) flips.push({ file, fault: 'flip', at: bit })
  }
  const stride = Math.max(1, Math.ceil(flips.length / Math.max(1, rounds - cases.length)))
  return [...cases, ...flips.filter((_, at) => at % stride === seed % stride)].slice(0, rounds)
}

async function copyOf(directory: string, folder: string): Promise<string> {
  const copy = join(folder, 'copy')
  await rm(copy, { recursive: true, force: true })
  await cp(directory, copy, { recursive: true })
  return copy
}

async function damage(directory: string, { file, fault, at }: Case): Promise<string> {
  const path = join(directory, file)
  const bytes = await readFile(path)
  if (fault === 'remove') await rm(path)
  else if (fault === 'truncate') await writeFile(path, bytes.subarray(0, at))
  else if (fault === 'zero tail') await writeFile(path, bytes.fill(0, at))
  else {
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7))
    await writeFile(path, bytes)
  }
  return directory
}

function verdictOf(answer: Answer, expected: Answer): Verdict {
  if ('thrown' in answer) return 'unnoticed'
  if ('refused' in answer) return 'refused'
  if (!('contents' in expected)) throw new Error('the sound store was refused')
  const names = new Set([...Object.keys(expected.contents), ...Object.keys(answer.contents)])
  const differing = [...names].filter((name) => answer.contents[name] !== expected.contents[name])
  if (differing.length === 0) return 'same'
  const isNamed = differing.every((name) => answer.contents[name] === 'damaged')
  return isNamed || answer.problems.length > 0 ? 'named' : 'unnoticed'
}

function count(
  table: Map<string, Record<Verdict, number>>,
  { file, fault }: Case,
  verdict: Verdict,
): void {
  const key = `${file.replace(/\d+/, 'N')} ${fault}`
  const row = table.get(key) ?? { same: 0, named: 0, refused: 0, unnoticed: 0 }
  row[verdict] += 1
  table.set(key, row)
}

/** Some of the cases, from all over. */
function spread(cases: readonly Case[], some: number): Case[] {
  const step = Math.max(1, Math.floor(cases.length / Math.max(1, some)))
  return cases.filter((_, at) => at % step === 0).slice(0, some)
}

/** How many of these cases another replica makes good. */
async function repairAll(
  cases: readonly Case[],
  {
    sound,
    folder,
    peer,
    failures,
  }: { sound: string; folder: string; peer: MemoryDisk; failures: string[] },
): Promise<number> {
  let repaired = 0
  for (const each of cases) {
    const directory = await damage(await copyOf(sound, folder), each)
    try {
      const store = await openLeveldbStore(directory, { repair: true })
      await together(store, peer, (replicas) => untilEqual(replicas, NAMES))
      repaired += 1
    } catch (error) {
      const what = `${each.file}: ${each.fault} at ${each.at}`
      failures.push(`not repaired, ${what}: ${(error as Error).message}`)
    }
  }
  return repaired
}

/** Percentages by file and fault. */
export function tableOf({ table, repaired, repairsTried }: CorruptOutcome): string {
  const rows = [...table].map(([what, counts]) => {
    const all = Object.values(counts).reduce((sum, each) => sum + each, 0)
    const cells = (['same', 'named', 'refused', 'unnoticed'] as const).map((verdict) => {
      return `${Math.round((counts[verdict] / all) * 100)} %`.padStart(10)
    })
    return `${what.padEnd(24)}${String(all).padStart(6)}${cells.join('')}`
  })
  const head = `${'file and fault'.padEnd(24)}${'cases'.padStart(6)}${['same', 'named', 'refused', 'unnoticed'].map((each) => each.padStart(10)).join('')}`
  return [head, ...rows, `made good by another replica: ${repaired} of ${repairsTried}`].join('\n')
}
