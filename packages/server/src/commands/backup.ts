import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

import { failed } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { bytesText } from './counted.ts'
import { urlOption } from './url-option.ts'

/** `rejoin backup`: writes all that a running replica holds to a file. */
export const backup: Command = {
  name: 'backup',
  summary: 'write all that a running replica holds to a file',
  usage: 'FILE [--url URL]',
  description: `Asks a running replica for all that it holds at one moment, and writes it to FILE, which
must not be there yet. Edits go on meanwhile. The file appears once it is whole and
on disk. rejoin restore makes a data directory of it.`,
  operands: { min: 1, max: 1 },
  options: [urlOption('The replica to ask; http: or ws:.')],
  examples: [
    {
      line: 'rejoin backup monday.rejoin',
      meaning: 'Of the replica on this machine at port 7001.',
    },
  ],
  run: async (given) => {
    const [file = ''] = given.operands
    if (existsSync(file)) throw failed(`${file} is there already; name another file.`)
    const bar = new ProgressBar()
    const stream = await new HttpReplica(given.text('url') ?? '').backup()
    const bytes = await write(stream, file, bar).finally(() => bar.end())
    process.stdout.write(`${bytesText(bytes)} are in ${file}.\n`)
    return 0
  },
}

async function write(
  stream: AsyncIterable<Uint8Array>,
  file: string,
  bar: ProgressBar,
): Promise<number> {
  const part = `${file}.part`
  const out = createWriteStream(part)
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      bar.show({ done: bytes, what: 'bytes' })
      if (!out.write(chunk)) await once(out, 'drain')
    }
    out.end()
    await once(out, 'close')
    await sync(part)
    await rename(part, file)
    return bytes
  } catch (cause) {
    out.destroy()
    await rm(part, { force: true })
    throw failed(`The backup was not written: ${(cause as Error).message}.`, { cause })
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
