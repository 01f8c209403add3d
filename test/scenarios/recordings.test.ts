import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { CONTENT, parseTrace, Typist } from '@rejoin/server/trace'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { findRecordings } from './recordings.ts'

const directory = findRecordings()
const names = ['friendsforever', 'sveltecomponent', 'automerge-paper']

describe('recordings of real people', () => {
  for (const name of names) {
    it(`[L5] ${name} ends with the recorded text where its updates meet again`, (test) => {
      if (directory === undefined) {
        test.skip('There are no recordings here: set REJOIN_TRACES to their directory.')
        return
      }
      const json = gunzipSync(readFileSync(join(directory, `${name}.json.gz`))).toString('utf8')
      const trace = parseTrace(JSON.parse(json))
      const clientIds = Array.from({ length: trace.agentCount }, (_, agent) => 7 + agent)
      const typist = new Typist(trace, clientIds)
      const observer = new Y.Doc()
      for (const index of trace.transactions.keys()) Y.applyUpdate(observer, typist.type(index))
      expect(observer.getText(CONTENT).toJSON()).toBe(trace.endContent)
    })
  }
})
