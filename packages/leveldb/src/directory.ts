import { mkdir, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { RejoinError } from '@rejoin/protocol'

import { syncUpwards } from './directory-sync.ts'

/**
 * What LevelDB leaves to others around its directory. Told to create a database, it starts an empty
 * one over the remains of another whose `CURRENT` file is lost, and deletes those; and it does not
 * sync the directories that it makes, so that a power cut could take them with all that is in them.
 */
export type Found = 'database' | 'nothing'

/** Says what `directory` holds, after making it where there is none. */
export async function prepareDirectory(directory: string): Promise<Found> {
  const firstMade = await mkdir(directory, { recursive: true })
  if (firstMade !== undefined) await syncUpwards(directory, dirname(firstMade))
  const files = await readdir(directory)
  if (files.includes('CURRENT')) return 'database'
  const remains = files.find((file) => /^\d+\.(ldb|sst|log)$/.test(file))
  if (remains === undefined) return 'nothing'
  throw new RejoinError(
    'store-failed',
    `The directory ${directory} has lost its file CURRENT but still holds data (${remains}). ` +
      'Opening it would delete that data: restore the directory from a backup, or move it away ' +
      'and start empty, to be filled by other replicas.',
  )
}
