import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'

import { checkBackup, restoreBackup } from '@rejoin/leveldb'

import { failed } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { bytesText, counted } from './counted.ts'

/** `rejoin restore`: makes a data directory of a backup. */
export const restore: Command = {
  name: 'restore',
  summary: 'make a data directory of a backup',
  usage: 'FILE DIR [--dry-run]',
  description: `Makes the data directory DIR, which must be empty or not there, of a backup. It is there
once all of it is verified and on disk, and not before. The replica that serves it has
a new id, and gets from others what they have done since. To replace a damaged
directory, move that away first.`,
  operands: { min: 2, max: 2 },
  options: [{ name: 'dry-run', help: 'Verify that the backup is whole, and write nothing.' }],
  examples: [
    { line: 'rejoin restore monday.rejoin data/a', meaning: 'Then: rejoin serve --data data/a' },
    { line: 'rejoin restore monday.rejoin data/a --dry-run', meaning: 'Is the backup whole?' },
  ],
  run: async (given) => {
    const [file = '', directory = ''] = given.operands
    await access(file).catch((cause: Error) => {
      throw failed(`${file} can't be read: ${cause.message}.`, { cause })
    })
    const bar = new ProgressBar()
    const onProgress = (bytes: number): void => bar.show({ done: bytes, what: 'bytes' })
    try {
      const stream = createReadStream(file)
      if (given.isOn('dry-run')) {
        const { records, bytes } = await checkBackup(stream, { onProgress })
        process.stdout.write(
          `${file} is whole: ${counted(records, 'record')}, ${bytesText(bytes)}.\n`,
        )
        return 0
      }
      const replica = await restoreBackup(stream, directory, { onProgress })
      process.stdout.write(`${directory} is restored; its replica id is ${replica}.\n`)
      return 0
    } finally {
      bar.end()
    }
  },
}
