import { setTimeout as sleep } from 'node:timers/promises'

import { afterEach, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import { connect, type Client, type ConnectOptions, type OpenDocument } from '../src/index.ts'
import { TwinReplica } from './twin-replica.ts'

/**
 * Replicas and clients for one test, closed after it; and waiting, always for a condition and never
 * for a time.
 */
const closing: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

export async function startReplica(port?: number): Promise<TwinReplica> {
  const replica = await TwinReplica.listen(port)
  closing.push(() => replica.close())
  return replica
}

export function startClient(url: string, options: ConnectOptions = {}): Client {
  const client = connect(url, { WebSocket, backoffMsMin: 5, backoffMsMax: 40, ...options })
  closing.push(() => client.close())
  return client
}

export async function startSynced(url: string, options?: ConnectOptions): Promise<OpenDocument> {
  const notes = startClient(url, options).open('notes')
  await notes.whenSynced
  return notes
}

/** Makes this process a page, as far as a client that is started later can tell. */
export function startPage(): EventTarget {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', vi.fn(page.removeEventListener.bind(page)))
  closing.push(() => void vi.unstubAllGlobals())
  return page
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Not within 10 s: ${what}`)
    await sleep(2)
  }
}

export function text(doc: Y.Doc): string {
  return doc.getText('t').toJSON()
}

export function type(doc: Y.Doc, words: string, at = 0): void {
  doc.getText('t').insert(at, words)
}

/** Equal docs encode to equal bytes: insertions and deletions. */
export function equalDocs(a: Y.Doc, b: Y.Doc): boolean {
  return Buffer.from(Y.encodeStateAsUpdate(a)).equals(Y.encodeStateAsUpdate(b))
}
