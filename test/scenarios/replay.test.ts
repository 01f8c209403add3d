import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { threeReplicas } from '../real/replica-process.ts'
import { findRecordings } from './recordings.ts'

const MAIN = new URL('../../packages/server/bin/rejoin.js', import.meta.url).pathname
const directory = findRecordings()

/** Recorded editing histories, typed through three replica processes whose links are cut and mended. */
test.for(['sveltecomponent', 'friendsforever', 'automerge-paper'])(
  '[L5] [L6] %s, through three replicas with cuts on the way, ends as recorded',
  { timeout: 240_000 },
  async (name, { skip }) => {
    if (directory === undefined) {
      return skip('There are no recordings here: set REJOIN_TRACES to their directory.')
    }
    const replicas = await threeReplicas()
    const urls = replicas.map(({ socketUrl }) => socketUrl)
    const file = join(directory, `${name}.json.gz`)
    const child = spawn(process.execPath, [MAIN, 'replay', file, '--to', ...urls])
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    const [exitCode] = (await once(child, 'close')) as [number]
    expect(exitCode, printed).toBe(0)
    expect([...printed.matchAll(/^http\S+ +equal$/gm)]).toHaveLength(replicas.length)
    expect(printed).toMatch(/links cut [1-9]\d* times/)
    console.log(printed.split('\n', 2).join(' '))
  },
)
