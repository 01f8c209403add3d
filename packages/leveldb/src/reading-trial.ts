import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { linkFiles } from './linked-copy.ts'

export const SURVIVED = 'survived'

/**
 * Whether everything in a directory can be read without LevelDB ending the process, tried in a process that
 * may end. Only asked when a table is known to be damaged.
 */
export async function survivesReading(directory: string): Promise<boolean> {
  const copy = await linkFiles(directory)
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, [builtProbe(), copy], (_error, stdout) => {
        resolve(stdout.includes(SURVIVED))
      })
    })
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

function builtProbe(): string {
  const path = createRequire(import.meta.url).resolve('@rejoin/leveldb/table-probe')
  if (existsSync(path)) return path
  throw new Error(`The process ${path} is not built; run npm run build.`)
}
