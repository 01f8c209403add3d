import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach } from 'vitest'

/**
 * A directory for one test, removed with all that is in it once the test has ended. On the system's
 * own disk, so that syncing is real where the system's is.
 */
const made: string[] = []

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rejoin-leveldb-'))
  made.push(directory)
  return directory
}

afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true })
})
