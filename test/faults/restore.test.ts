import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { checkDirectory, openLeveldbStore } from '@rejoin/leveldb'
import { openReplica } from '@rejoin/replica'
import { expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'

import { DISK_CALLS } from '../torture/crash-points.ts'
import { hasStrace } from '../torture/strace.ts'

const REJOIN = new URL('../../packages/server/bin/rejoin.js', import.meta.url).pathname
const DOCUMENTS = 20
/** Kills of one kind of call are this many calls apart, so that they are spread over the whole of it. */
const STEPS: Readonly<Record<string, number>> = { write: 9, pwrite64: 3, fdatasync: 1 }

/** Kills `rejoin restore` right before its nth call of each kind. */
it.skipIf(!hasStrace())(
  '[S1] [L8] killed at any step of restoring, there is a whole store or none (needs strace)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rejoin-restore-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'backup')
    await backUpSomething(join(folder, 'original'), file)
    const seen = { killed: 0, none: 0, whole: 0 }
    for (const call of DISK_CALLS) {
      for (let nth = 1; ; nth += STEPS[call] ?? 1) {
        const target = join(folder, 'target')
        const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`]
        const isKilled = await restore(file, target, [
          'strace',
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          ...inject,
        ])
        seen.killed += isKilled ? 1 : 0
        const isThere = existsSync(target) && readdirSync(target).length > 0
        seen[isThere ? 'whole' : 'none'] += 1
        if (!isThere) await restore(file, target, [])
        expect(await contentsOf(target), `${call} ${nth}`).toBe(DOCUMENTS)
        rmSync(target, { recursive: true })
        if (!isKilled) break
      }
    }
    console.log(`restore: ${JSON.stringify(seen)}`)
    expect(seen.killed).toBeGreaterThan(20)
    expect(seen.none).toBeGreaterThan(10)
  },
  300_000,
)

async function backUpSomething(directory: string, file: string): Promise<void> {
  const store = await openLeveldbStore(directory)
  const replica = await openReplica({ store })
  for (let number = 0; number < DOCUMENTS; number++) {
    const document = await replica.open(`${number}`)
    document.doc.getText().insert(0, `${number} `.repeat(5_000))
    await document.settled('durable')
    document.leave()
  }
  await pipeline(store.backup(), createWriteStream(file))
  await replica.close()
}

/** Answers whether it was killed before its end. */
async function restore(file: string, target: string, under: string[]): Promise<boolean> {
  const [command, ...rest] = [...under, process.execPath, REJOIN, 'restore', file, target]
  const child = spawn(command, rest, { stdio: 'ignore' })
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  return exitCode !== 0
}

/** How many documents are there, as they were. */
async function contentsOf(directory: string): Promise<number> {
  expect((await checkDirectory(directory)).sound).toBe(true)
  const store = await openLeveldbStore(directory)
  let whole = 0
  for (const name of await store.listDocuments({ limit: DOCUMENTS + 1 })) {
    const doc = new Y.Doc()
    for (const update of (await store.readDocument(name)).updates) Y.applyUpdate(doc, update)
    whole += doc.getText().toJSON() === `${name} `.repeat(5_000) ? 1 : 0
  }
  await store.close()
  return whole
}
