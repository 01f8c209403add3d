import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { openLeveldbStore } from '@rejoin/leveldb'
import { openReplica } from '@rejoin/replica'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { rejoin, serve, temporaryDirectory, type Run } from './processes.ts'
import { until } from './site.ts'

/** The commands that look after data directories, as a person would use them. */
const NAMES = ['notes', 'a/b', 'a%20b', '日本語', '.', 'n'.repeat(1_000)]

async function outcome(run: Run): Promise<{ exitCode: number | null; text: string }> {
  const exitCode = await run.ended
  return { exitCode, text: run.stdout + run.stderr }
}

/** Types into every document; answers the directory, which no process has open. */
async function filledDirectory(edits: number): Promise<string> {
  const directory = join(temporaryDirectory(), 'data')
  const replica = await openReplica({ store: await openLeveldbStore(directory) })
  for (const name of NAMES) {
    const document = await replica.open(name)
    const text = document.doc.getText()
    for (let edit = 0; edit < edits; edit++) {
      text.insert(text.length, `${name.slice(0, 5)} ${edit}. `)
      await document.settled('durable')
    }
    document.leave()
  }
  await replica.close()
  return directory
}

async function textsOf(directory: string): Promise<Record<string, string>> {
  const store = await openLeveldbStore(directory)
  const texts: Record<string, string> = {}
  for (const name of await store.listDocuments({ limit: 100 })) {
    const doc = new Y.Doc()
    for (const update of (await store.readDocument(name)).updates) Y.applyUpdate(doc, update)
    texts[name] = doc.getText().toJSON()
  }
  await store.close()
  return texts
}

describe('rejoin check', () => {
  it('[S3] finds a sound directory sound, and changes nothing in it', async () => {
    const directory = await filledDirectory(3)
    const before = filesOf(directory)
    expect(await outcome(rejoin(['check', directory]))).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('Everything is sound.'),
    })
    const run = rejoin(['check', directory, '--json'])
    await run.ended
    expect(JSON.parse(run.stdout)).toMatchObject({
      sound: true,
      documents: NAMES.length,
      updates: NAMES.length * 3,
      losses: [],
      problems: [],
    })
    expect(filesOf(directory)).toEqual(before)
  })

  it('[S3] names what is lost, and serve refuses it until it is told to repair', async () => {
    const directory = await filledDirectory(3)
    const log = readdirSync(directory).find((file) => file.endsWith('.log')) ?? ''
    writeFileSync(join(directory, log), '')
    expect(await outcome(rejoin(['check', directory]))).toMatchObject({
      exitCode: 1,
      text: expect.stringMatching(/LOST: the last \d+ batches/),
    })
    expect(await outcome(rejoin(['serve', '--port', '0', '--data', directory]))).toMatchObject({
      exitCode: 1,
      text: expect.stringMatching(/has lost something that was durable.*--repair/),
    })
    const replica = await serve(['--data', directory, '--repair'])
    expect(replica.stdout).toContain('is ready')
  })

  it('refuses what is no data directory, and one that is in use', async () => {
    expect(await outcome(rejoin(['check', '/nowhere/at/all']))).toMatchObject({ exitCode: 1 })
    const directory = temporaryDirectory()
    await serve(['--data', directory])
    expect(await outcome(rejoin(['check', directory]))).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining('in use by another process'),
    })
  })
})

describe('rejoin backup and restore', () => {
  it('[L8] bring everything back, under a new id, while the replica runs', async () => {
    const directory = await filledDirectory(3)
    const replica = await serve(['--data', directory])
    const file = join(temporaryDirectory(), 'monday.rejoin')
    expect(await outcome(rejoin(['backup', file, '--url', replica.url]))).toMatchObject({
      exitCode: 0,
    })
    expect(await outcome(rejoin(['backup', file, '--url', replica.url]))).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining('is there already'),
    })
    const restored = join(temporaryDirectory(), 'restored')
    const dry = await outcome(rejoin(['restore', file, restored, '--dry-run']))
    expect(dry).toMatchObject({ exitCode: 0, text: expect.stringContaining('is whole') })
    expect(await outcome(rejoin(['restore', file, restored]))).toMatchObject({ exitCode: 0 })
    expect((await outcome(rejoin(['check', restored]))).exitCode).toBe(0)
    replica.kill('SIGTERM')
    await replica.ended
    expect(await textsOf(restored)).toEqual(await textsOf(directory))
    const again = await serve(['--data', restored])
    expect(again.id).not.toBe(replica.id)
    expect(await outcome(rejoin(['restore', file, restored]))).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining('is not empty'),
    })
  })

  it('[S3] a backup that is cut off or damaged is refused, and nothing is restored', async () => {
    const directory = await filledDirectory(2)
    const replica = await serve(['--data', directory])
    const folder = temporaryDirectory()
    const file = join(folder, 'whole')
    await outcome(rejoin(['backup', file, '--url', replica.url]))
    const whole = readFileSync(file)
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 4, whole.length >> 1)
    for (const bytes of [whole.subarray(0, -9), whole.subarray(0, 99), Buffer.of(), flipped]) {
      writeFileSync(join(folder, 'bad'), bytes)
      const target = join(folder, 'target')
      expect(await outcome(rejoin(['restore', join(folder, 'bad'), target]))).toMatchObject({
        exitCode: 1,
        text: expect.stringContaining('no whole backup'),
      })
      expect(readdirSync(folder).toSorted()).toEqual(['bad', 'whole'])
    }
  })
})

describe('rejoin compact', () => {
  it('[S5] saves space, and the documents stay what they are', async () => {
    const directory = await filledDirectory(40)
    const before = await textsOf(directory)
    const dry = await outcome(rejoin(['compact', directory, '--dry-run']))
    expect(dry.text).toMatch(/^6 of 6 documents would be compacted: [\d.]+ kB to [\d.]+ kB\.$/m)
    const done = await outcome(rejoin(['compact', directory]))
    expect(done).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('6 of 6 documents are'),
    })
    expect(await textsOf(directory)).toEqual(before)
    const again = await outcome(rejoin(['compact', directory]))
    expect(again.text).toContain('0 of 6 documents')
    expect((await outcome(rejoin(['check', directory]))).exitCode).toBe(0)
  })
})

describe('rejoin export and import', () => {
  it('[S4] take every document out, and into another directory', async () => {
    const directory = await filledDirectory(3)
    const out = join(temporaryDirectory(), 'out')
    expect((await outcome(rejoin(['export', directory, out, '--dry-run']))).exitCode).toBe(0)
    expect((await outcome(rejoin(['export', directory, out]))).exitCode).toBe(0)
    expect(readdirSync(out)).toHaveLength(NAMES.length + 1)
    const data = join(temporaryDirectory(), 'data')
    for (let time = 0; time < 2; time++) {
      expect(await outcome(rejoin(['import', out, '--data', data]))).toMatchObject({
        exitCode: 0,
        text: expect.stringContaining('6 documents are imported'),
      })
      expect(await textsOf(data)).toEqual(await textsOf(directory))
    }
  })

  it('[S4] take over a directory of y-websocket’s, and its names as they were meant', async () => {
    const from = join(temporaryDirectory(), 'data')
    mkdirSync(from)
    const source = await filledDirectory(2)
    renameSync(source, join(from, 'store'))
    const data = join(temporaryDirectory(), 'data')
    const run = await outcome(rejoin(['import', join(from, 'store'), '--data', data]))
    expect(run).toMatchObject({ exitCode: 0 })
    expect(Object.keys(await textsOf(data))).toContain('a b')
  })
})

describe('rejoin remove', () => {
  it('[L9] takes a member away for good; if it comes back, it has another id', async () => {
    const [one, other] = [await serve(['--data', temporaryDirectory()]), temporaryDirectory()]
    const two = await serve(['--data', other, '--peer', one.url.replace('http', 'ws')])
    const members = async (): Promise<string[]> => {
      const status = (await (await fetch(`${one.url}/status`)).json()) as {
        members: { replica: string }[]
      }
      return status.members.map(({ replica }) => replica)
    }
    await until(async () => (await members()).includes(two.id))
    two.kill('SIGKILL')
    await two.ended
    const run = await outcome(rejoin(['remove', two.id, '--url', one.url]))
    expect(run).toMatchObject({ exitCode: 0, text: expect.stringContaining('is removed') })
    expect(await members()).toEqual([])
    const back = await serve(['--data', other, '--peer', one.url.replace('http', 'ws')])
    expect(back.id).toBe(two.id)
    await until(async () => (await members()).length === 1)
    expect(await members()).not.toContain(two.id)
  })
})

/** Sums of all files but the one in which LevelDB tells of itself. */
function filesOf(directory: string): Record<string, string> {
  const files = readdirSync(directory).filter((file) => statSync(join(directory, file)).isFile())
  const sum = (file: string): string => {
    return createHash('sha256')
      .update(readFileSync(join(directory, file)))
      .digest('hex')
  }
  const told = files.filter((file) => !file.startsWith('LOG'))
  return Object.fromEntries(told.map((file) => [file, sum(file)]))
}
