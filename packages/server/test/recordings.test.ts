import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { CONTENT, Typist } from '../src/replay/index.ts'
import { readRecording } from '../src/replay/recording-file.ts'

/** Where recordings of real people's typing are: they are not part of the repository. */
function findRecordings(): string | undefined {
  const named = process.env.REJOIN_TRACES
  if (named !== undefined) return named
  let at = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const candidate = join(at, 'shared', 'traces')
    if (existsSync(candidate)) return candidate
    if (dirname(at) === at) return undefined
    at = dirname(at)
  }
}

const directory = findRecordings()
const names = ['friendsforever', 'sveltecomponent', 'automerge-paper']

describe('recordings of real people', () => {
  for (const name of names) {
    it(`[L5] ${name} ends with the recorded text where its updates meet again`, async (test) => {
      if (directory === undefined) {
        test.skip('There are no recordings here: set REJOIN_TRACES to their directory.')
        return
      }
      const trace = await readRecording(join(directory, `${name}.json.gz`))
      const clientIds = Array.from({ length: trace.agentCount }, (_, agent) => 7 + agent)
      const typist = new Typist(trace, clientIds)
      const observer = new Y.Doc()
      for (const index of trace.transactions.keys()) Y.applyUpdate(observer, typist.type(index))
      expect(observer.getText(CONTENT).toJSON()).toBe(trace.endContent)
    })
  }
})
