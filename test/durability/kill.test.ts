import { connect, type OpenDocument } from '@rejoin/client'
import { openLeveldbStore } from '@rejoin/leveldb'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import {
  threeReplicas,
  whenConverged,
  whenLinked,
  type ReplicaProcess,
} from '../real/replica-process.ts'
import { until } from '../real/until.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)

/** Somebody who types without a pause, and writes down what was acknowledged. */
class Typist {
  readonly acked: string[] = []
  readonly #document: OpenDocument
  readonly #close: () => void
  #isTyping = true
  #count = 0

  constructor(replica: ReplicaProcess, name: string) {
    const client = connect(replica.socketUrl, { WebSocket })
    this.#document = client.open('notes')
    this.#close = () => client.close()
    void this.#type(name)
  }

  async #type(name: string): Promise<void> {
    while (this.#isTyping) {
      this.#count += 1
      const token = `${name}.${this.#count}`
      this.#document.doc.getMap('tokens').set(token, true)
      this.#document.settled('durable').then(
        () => this.acked.push(token),
        () => {},
      )
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  /** Gone for good, with everything that it knew. */
  leave(): void {
    this.#isTyping = false
    this.#close()
  }
}

test('[S1] twenty times kill -9 while edits flow: nothing acknowledged is lost', async () => {
  const replicas = await threeReplicas()
  const acked: string[] = []
  const typists = replicas.map((replica, index) => new Typist(replica, `${index}.first`))
  for (let round = 0; round < ROUNDS; round++) {
    const index = round % replicas.length
    const [victim, typist] = [replicas[index], typists[index]]
    if (victim === undefined || typist === undefined) throw new Error('no victim')
    const before = typist.acked.length
    await until(() => typist.acked.length > before + 20, 'edits flow')
    await victim.end('SIGKILL')
    // Whoever typed there is gone too, so that nobody can send anything again.
    typist.leave()
    const kept = [...typist.acked]
    acked.push(...kept)
    const onDisk = await tokensOnDisk(victim)
    expect(kept.filter((token) => onDisk.get(token) !== true)).toEqual([])
    await victim.start()
    typists[index] = new Typist(victim, `${index}.${round}`)
  }
  await until(() => typists.every((typist) => typist.acked.length > 20), 'edits flow again')
  for (const typist of typists) {
    typist.leave()
    acked.push(...typist.acked)
  }
  await whenLinked(replicas)
  await whenConverged(replicas)
  const documents = await Promise.all(replicas.map((replica) => replica.document('notes')))
  const states = documents.map((doc) => Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64'))
  expect(new Set(states).size).toBe(1)
  const lost = acked.filter((token) => documents[0]?.getMap('tokens').get(token) !== true)
  expect(acked.length).toBeGreaterThan(ROUNDS * 20)
  expect(lost).toEqual([])
  console.log(`${ROUNDS} × kill -9: ${acked.length} edits acknowledged, ${lost.length} lost`)
}, 240_000)

async function tokensOnDisk(replica: ReplicaProcess): Promise<Y.Map<boolean>> {
  const store = await openLeveldbStore(replica.directory)
  const doc = new Y.Doc()
  const { updates } = await store.readDocument('notes')
  for (const update of updates) Y.applyUpdate(doc, update)
  await store.close()
  return doc.getMap('tokens')
}
