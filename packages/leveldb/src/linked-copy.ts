import { link, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { checkLock, openDatabase, openingError, type Database } from './database.ts'
import { prepareDirectory } from './directory.ts'

/**
 * Opens a database without changing anything: LevelDB turns its log into tables when it is opened, and
 * deletes what it takes for leftovers, so that it is given second links to the files, in a directory
 * beside them that is removed again. Needs a file system on which files can have two links.
 *
 * Rejects with `RejoinError` as `openLeveldbStore` does, and where there is no database at all.
 */
export async function withLinkedCopy<T>(
  directory: string,
  use: (database: Database, copy: string) => Promise<T>,
): Promise<T> {
  const path = resolve(directory)
  const copy = await linkUnused(path)
  try {
    const database = await openDatabase(copy, 'database')
    try {
      return await use(database, copy)
    } finally {
      await database.close()
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function linkUnused(path: string): Promise<string> {
  try {
    // Before anything else: an error for a directory that is not there must not make it.
    const files = await readdir(path)
    if (files.length > 0) await prepareDirectory(path)
    await checkLock(path)
    return await linkFiles(path)
  } catch (error) {
    throw openingError(path, error)
  }
}

/** Makes the directory with the second links, for whoever removes it again. */
export async function linkFiles(path: string): Promise<string> {
  const copy = await mkdtemp(join(path, 'look-'))
  for (const file of await readdir(path)) {
    if (/^(\d+\.(ldb|sst|log)|MANIFEST-\d+|CURRENT)$/.test(file)) {
      await link(join(path, file), join(copy, file))
    }
  }
  return copy
}
