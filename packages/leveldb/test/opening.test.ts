import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { openLeveldbStore } from '@rejoin/leveldb'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it } from 'vitest'

import { FORMAT_KEY, REPLICA_KEY } from '../src/keys.ts'
import { seal } from '../src/seal.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A directory that can't be opened is left as it is, and the error says what to do. */
describe('opening a directory', () => {
  it('mints an id once, and another one in another directory', async () => {
    const [one, other] = [await temporaryDirectory(), await temporaryDirectory()]
    expect(await idOf(one)).toBe(await idOf(one))
    expect(await idOf(one)).not.toBe(await idOf(other))
  })

  it('refuses a path that is a file, or below one', async () => {
    const file = join(await temporaryDirectory(), 'file')
    await writeFile(file, 'not a directory')
    await expect(openLeveldbStore(file)).rejects.toMatchObject(
      refusal(/can't be opened: EEXIST.*choose another one with --data/),
    )
    await expect(openLeveldbStore(join(file, 'below'))).rejects.toMatchObject(
      refusal(/can't be opened: ENOTDIR.*choose another one/),
    )
    expect(await readFile(file, 'utf8')).toBe('not a directory')
  })

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'refuses a directory that it may not write to',
    async () => {
      const directory = await temporaryDirectory()
      await chmod(directory, 0o500)
      await expect(openLeveldbStore(directory)).rejects.toMatchObject(
        refusal(/Permission denied.*choose another one with --data/),
      )
    },
  )

  it('[S3] refuses a database whose CURRENT is lost, and deletes nothing', async () => {
    const directory = await temporaryDirectory()
    await idOf(directory)
    await rm(join(directory, 'CURRENT'))
    const files = await readdir(directory)
    await expect(openLeveldbStore(directory)).rejects.toMatchObject(
      refusal(/has lost its file CURRENT but still holds data/),
    )
    expect(await readdir(directory)).toEqual(files)
  })

  it('[S3] refuses a database that LevelDB finds damaged', async () => {
    const directory = await temporaryDirectory()
    await idOf(directory)
    await writeFile(join(directory, 'CURRENT'), '')
    await expect(openLeveldbStore(directory)).rejects.toMatchObject(
      refusal(/can't be opened: .*CURRENT/),
    )
  })

  it('opens a directory in which an earlier creation broke off', async () => {
    const directory = join(await temporaryDirectory(), 'data')
    await mkdir(directory)
    await writeFile(join(directory, 'LOCK'), '')
    await writeFile(join(directory, 'MANIFEST-000001'), '')
    expect(await idOf(directory)).toMatch(/^[0-9a-f]{16}$/)
  })

  it('refuses a format that it does not know, and closes it again', async () => {
    const directory = await temporaryDirectory()
    await idOf(directory)
    await change(directory, FORMAT_KEY, seal(FORMAT_KEY, Uint8Array.of(3)))
    await expect(openLeveldbStore(directory)).rejects.toMatchObject(
      refusal(/has the format 3; this version of Rejoin knows format 2/),
    )
    await change(directory, FORMAT_KEY, seal(FORMAT_KEY, Uint8Array.of(2)))
    expect(await idOf(directory)).toMatch(/^[0-9a-f]{16}$/)
  })

  it('[S3] refuses a replica id that is not one', async () => {
    const directory = await temporaryDirectory()
    await idOf(directory)
    await change(directory, REPLICA_KEY, Uint8Array.of(1, 2, 3))
    await expect(openLeveldbStore(directory)).rejects.toMatchObject(
      refusal(/has lost something that was durable: its replica id/, 'damaged'),
    )
  })
})

async function idOf(directory: string): Promise<string> {
  const store = await openLeveldbStore(directory)
  await store.close()
  return store.recovered.replica
}

function refusal(message: RegExp, code = 'store-failed'): object {
  return { name: 'RejoinError', code, message: expect.stringMatching(message) }
}

async function change(directory: string, key: Uint8Array, value: Uint8Array): Promise<void> {
  const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, options)
  await database.put(key, value)
  await database.close()
}
