import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openLeveldbStore } from '@rejoin/leveldb'
import { expect, onTestFinished, test } from 'vitest'

import { findRecordings } from '../scenarios/recordings.ts'
import { compactOne, costOf, fillLarge, fillSmall } from './store/large.ts'
import { keystrokes, writePaper, writePaperByYLeveldb } from './store/paper.ts'
import { megabytes } from './store/sizes.ts'
import { bareBatches, throughReplica, throughYLeveldb, type Writing } from './store/writers.ts'

async function directory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rejoin-bench-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

test('durable updates, beside y-leveldb and bare synced batches', async () => {
  console.log('each writer has a document, and writes on as soon as it hears that it is durable:')
  for (const count of [1, 64, 1_024]) {
    const bare = await bareBatches(await directory(), count)
    const ours = await throughReplica(await openLeveldbStore(await directory()), count)
    const theirs = await throughYLeveldb(await directory(), count)
    console.log(`${count} writers`)
    console.log(`  a replica      ${rate(ours)}`)
    console.log(
      `  y-leveldb      ${rate(theirs)}   ours is ${ratio(ours, theirs)} × (never synced)`,
    )
    console.log(`  bare batches   ${rate(bare)}   ours is ${ratio(ours, bare)} ×`)
    expect(ours.perSecond).toBeGreaterThan(0)
  }
}, 600_000)

function rate({ perSecond, p50, p99 }: Writing): string {
  const number = Math.round(perSecond).toString().padStart(7)
  return `${number}/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`
}

function ratio(a: Writing, b: Writing): string {
  return (a.perSecond / b.perSecond).toFixed(2)
}

test('a store of 1,000,000 small documents', async () => {
  const path = await directory()
  const filled = await fillSmall(path, 1_000_000)
  const cost = await costOf(path, 'document 000500000', filled)
  console.log(`1,000,000 documents: opened in ${cost.openMs.toFixed(0)} ms, ${told(cost)}`)
  expect(cost.openMs).toBeGreaterThan(0)
}, 600_000)

test('a store of one document of 100 MB', async () => {
  const path = await directory()
  const filled = await fillLarge(path, 100_000_000)
  const cost = await costOf(path, 'large', filled)
  console.log(`100 MB in one document: opened in ${cost.openMs.toFixed(0)} ms, ${told(cost)}`)
  const { before, after, tookMs } = await compactOne(path, 'large')
  console.log(
    `  compacted in ${tookMs.toFixed(0)} ms: ${megabytes(before)} to ${megabytes(after)} of updates`,
  )
  expect(after).toBeGreaterThan(0)
}, 600_000)

function told(cost: Awaited<ReturnType<typeof costOf>>): string {
  return (
    `+${megabytes(cost.residentBytes)} resident, first document after ` +
    `${cost.firstByteMs.toFixed(1)} ms, ${megabytes(cost.bytes)} on disk, ` +
    `${cost.amplification.toFixed(2)} bytes written for each of an update`
  )
}

const paper = join(findRecordings() ?? '', 'automerge-paper.json.gz')

test.skipIf(!existsSync(paper))(
  'automerge-paper, keystroke by keystroke',
  async () => {
    const updates = keystrokes(paper)
    const bytes = updates.reduce((sum, { length }) => sum + length, 0)
    const ours = await writePaper(await directory(), updates)
    const theirs = await writePaperByYLeveldb(await directory(), updates)
    console.log(`automerge-paper: ${updates.length} updates, ${megabytes(bytes)}`)
    for (const [name, { before, after, tookMs }] of [
      ['a store', ours],
      ['y-leveldb', theirs],
    ] as const) {
      const seconds = (tookMs / 1_000).toFixed(1)
      console.log(
        `  ${name.padEnd(10)} ${megabytes(before)} on disk after ${seconds} s, ${megabytes(after)} compacted`,
      )
    }
    expect(ours.after).toBeLessThan(ours.before)
  },
  600_000,
)
