import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { RejoinError, type ReplicaId } from '@rejoin/protocol'

import { readBackup, type BackupRecord } from './backup-format.ts'
import { openDatabase, openingError, type Database } from './database.ts'
import { syncUpwards } from './directory-sync.ts'
import { openDirectory } from './opening.ts'

export interface RestoreOptions {
  /** Bytes of records restored so far. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * Restores a backup into `directory`, which must be empty or not there. It is built beside it, under another
 * name, and moved there once all of it is durable: whatever happens in between, there is a whole store or
 * none. It has a new replica id: what the old one did since the backup, others may know (rule L8).
 */
export async function restoreBackup(
  stream: AsyncIterable<Uint8Array>,
  directory: string,
  options: RestoreOptions = {},
): Promise<ReplicaId> {
  const path = resolve(directory)
  await checkEmpty(path)
  const part = `${path}.restoring`
  try {
    await rm(part, { recursive: true, force: true })
    await mkdir(part, { recursive: true })
    await fill(stream, part, options.onProgress ?? (() => {}))
    const { database, witness, recovered } = await openDirectory(part, {
      repair: false,
      isCopy: true,
    })
    await database.close()
    witness.close()
    await syncUpwards(part, part)
    await rm(path, { recursive: true, force: true })
    await rename(part, path)
    await syncUpwards(dirname(path), dirname(path))
    return recovered.replica
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw openingError(path, error)
  }
}

/** Reads a backup and verifies that all of it is there. */
export async function checkBackup(
  stream: AsyncIterable<Uint8Array>,
  options: RestoreOptions = {},
): Promise<{ records: number; bytes: number }> {
  const found = { records: 0, bytes: 0 }
  for await (const records of readBackup(stream)) {
    found.records += records.length
    found.bytes += records.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
    options.onProgress?.(found.bytes)
  }
  return found
}

async function checkEmpty(path: string): Promise<void> {
  const files = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw openingError(path, error)
  })
  if (files.length === 0) return
  throw new RejoinError(
    'store-failed',
    `The directory ${path} is not empty; restore into a new one, or move away what is there.`,
  )
}

async function fill(
  stream: AsyncIterable<Uint8Array>,
  path: string,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const database = await openDatabase(path, 'nothing')
  try {
    let bytes = 0
    for await (const records of readBackup(stream)) {
      await put(database, records, false)
      bytes += records.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
      onProgress(bytes)
    }
    // One synced batch behind all others makes all of them durable.
    await put(database, [], true)
  } finally {
    await database.close()
  }
}

async function put(
  database: Database,
  records: readonly BackupRecord[],
  sync: boolean,
): Promise<void> {
  const writing = database.batch()
  try {
    for (const [key, value] of records) writing.put(key, value)
    await writing.write({ sync })
  } finally {
    await writing.close()
  }
}
