import { CLOSE_CODES, encodePresence } from '@rejoin/protocol'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { ClientPeer, Peer, rawSocket, serve, until, type Bench } from './bench.ts'

const NOTHING = Uint8Array.of(0)
const MIB = 1_048_576

/** `megabytes` edits of one MiB each, by as many clients. */
function write(bench: Bench, document: string, megabytes: number): void {
  for (let left = megabytes; left > 0; left--) {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'x'.repeat(MIB))
    bench.host.apply(document, Y.encodeStateAsUpdate(doc))
  }
}

/** A client that has the document open and has stopped to read. */
async function stuckReader(bench: Bench): Promise<ClientPeer> {
  const reader = await new ClientPeer(bench).open()
  reader.say({ type: 'open', document: 'busy', stateVector: NOTHING })
  await until(() => reader.ofType('opened').length === 1)
  reader.socket.pause()
  return reader
}

/** More than the buffers of the system between the two ends hold. */
const MORE_THAN_BUFFERS_MIB = 40

function isPaused(bench: Bench): boolean {
  return [...bench.host.sessions].some((session) => session.paused)
}

describe('a reader that stops reading', () => {
  it('[X3] is sent no more than the network takes, and later all the rest merged', async () => {
    const bench = await serve()
    const reader = await stuckReader(bench)
    // Each edit is on its way before the next is made, as with real writers.
    for (let left = MORE_THAN_BUFFERS_MIB; left > 0; left--) {
      write(bench, 'busy', 1)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => isPaused(bench))
    reader.socket.resume()
    const doc = new Y.Doc()
    const text = doc.getText('t')
    let applied = 0
    await until(() => {
      for (const { update } of reader.ofType('update').slice(applied)) {
        Y.applyUpdate(doc, update)
        applied++
      }
      return text.length === MORE_THAN_BUFFERS_MIB * MIB
    })
    expect(applied).toBeLessThan(MORE_THAN_BUFFERS_MIB)
    expect(isPaused(bench)).toBe(false)
  })

  it('[X3] is sent no presence meanwhile, and hears presence again after', async () => {
    const bench = await serve()
    const reader = await stuckReader(bench)
    write(bench, 'busy', MORE_THAN_BUFFERS_MIB)
    await until(() => isPaused(bench))
    for (let clock = 1; clock <= 50; clock++) {
      bench.host.spread('busy', [{ client: 1, clock, state: '{}' }])
    }
    // These are handed to the session's owner a turn later.
    await new Promise((resolve) => setImmediate(resolve))
    reader.socket.resume()
    await until(() => !isPaused(bench))
    const last = [{ client: 2, clock: 1, state: '{}' }]
    bench.host.spread('busy', last)
    await until(() => reader.ofType('presence').length > 0)
    expect(reader.ofType('presence').map(({ update }) => update)).toEqual([encodePresence(last)])
  })

  it('[X3] is not read from either, so that its questions cost nothing', async () => {
    const bench = await serve()
    const reader = await stuckReader(bench)
    write(bench, 'busy', MORE_THAN_BUFFERS_MIB)
    await until(() => isPaused(bench))
    for (let left = 1_000; left > 0; left--) {
      reader.say({ type: 'open', document: 'busy', stateVector: NOTHING })
    }
    const other = await new ClientPeer(bench).open()
    other.say({ type: 'open', document: 'other', stateVector: NOTHING })
    await until(() => other.ofType('opened').length === 1)
    expect(bench.host.openings).toBe(2)
  })

  it('[X3] is closed with `too-slow` once nothing was taken for a while', async () => {
    const bench = await serve({ bounds: { stalledMs: 100 } })
    const reader = await stuckReader(bench)
    const stock = await new Peer(`${bench.url}/busy`).open()
    stock.socket.send(Uint8Array.of(0, 0, 1, 0))
    await until(() => stock.frames.length === 2)
    stock.socket.pause()
    write(bench, 'busy', MORE_THAN_BUFFERS_MIB)
    await until(() => bench.host.rejections.length === 2)
    expect(bench.host.codes()).toEqual(['too-slow', 'too-slow'])
    reader.socket.resume()
    stock.socket.resume()
    // A stock client takes 44xx as final; after 45xx it dials again.
    expect((await reader.close()).code).toBe(CLOSE_CODES['too-slow'])
    expect((await stock.close()).code).toBe(CLOSE_CODES['too-slow'])
  })

  it('[X3] is destroyed when it does not even take the close', async () => {
    const bench = await serve({ bounds: { stalledMs: 50, closeMs: 50 } })
    await stuckReader(bench)
    write(bench, 'busy', MORE_THAN_BUFFERS_MIB)
    await until(() => bench.serving.connections === 0)
    expect(bench.host.codes()).toEqual(['too-slow'])
    expect(bench.host.sessions.size).toBe(0)
  })
})

describe('a reader that reads slowly', () => {
  it('[X3] stays, even while one large frame takes far longer than a stall may', async () => {
    const stalledMs = 1_000
    const bench = await serve({ bounds: { stalledMs } })
    write(bench, 'large', MORE_THAN_BUFFERS_MIB)
    const socket = await rawSocket(bench, '/large')
    // A masked SyncStep1 with the mask 0.
    socket.write(Uint8Array.of(0x82, 0x84, 0, 0, 0, 0, 0, 0, 1, 0))
    const start = performance.now()
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.length
      socket.pause()
      setTimeout(() => socket.resume(), 5)
    })
    await until(() => bytes > MORE_THAN_BUFFERS_MIB * MIB)
    expect(performance.now() - start).toBeGreaterThan(2 * stalledMs)
    expect(bench.host.rejections).toEqual([])
    expect(bench.serving.connections).toBe(1)
  })
})

describe('openings', () => {
  it('[X3] are passed on a few at a time, in order, and all are answered', async () => {
    const bench = await serve({ bounds: { openingsMax: 3 } })
    bench.host.holdOpenings = true
    const client = await new ClientPeer(bench).open()
    const documents = Array.from({ length: 50 }, (_, at) => `document ${at}`)
    for (const document of documents) {
      client.say({ type: 'open', document, stateVector: NOTHING })
    }
    const other = await new ClientPeer(bench).open()
    await until(() => other.frames.length === 1 && bench.host.openings === 3)
    bench.host.releaseOpenings()
    await until(() => client.ofType('opened').length === documents.length)
    expect(client.ofType('opened').map(({ document }) => document)).toEqual(documents)
  })
})

describe('openings that are left before they are answered', () => {
  it('[X3] count until they are answered, and then are left without a word', async () => {
    const bench = await serve({ bounds: { openingsMax: 3 } })
    bench.host.holdOpenings = true
    const client = await new ClientPeer(bench).open()
    for (let at = 0; at < 50; at++) {
      client.say({ type: 'open', document: `document ${at}`, stateVector: NOTHING })
      client.say({ type: 'leave', document: `document ${at}` })
    }
    client.say({ type: 'open', document: 'last', stateVector: NOTHING })
    const other = await new ClientPeer(bench).open()
    await until(() => other.frames.length === 1 && bench.host.openings === 3)
    bench.host.releaseOpenings()
    await until(() => client.ofType('opened').length === 1)
    expect(client.ofType('opened')[0]?.document).toBe('last')
    expect(bench.host.openings).toBe(51)
  })

  it('[X3] are answered once when they are asked for again, as asked the last time', async () => {
    const bench = await serve()
    write(bench, 'same', 1)
    bench.host.holdOpenings = true
    const client = await new ClientPeer(bench).open()
    const all = Y.encodeStateVector(bench.host.document('same').doc)
    client.say({ type: 'open', document: 'same', stateVector: all })
    client.say({ type: 'leave', document: 'same' })
    client.say({ type: 'open', document: 'same', stateVector: NOTHING })
    await until(() => bench.host.openings === 1)
    bench.host.releaseOpenings()
    await until(() => client.ofType('opened').length === 1)
    expect(client.ofType('opened')[0]?.update.length).toBeGreaterThan(MIB)
    write(bench, 'same', 1)
    await until(() => client.ofType('update').length === 1)
    expect(client.ofType('opened')).toHaveLength(1)
  })
})

describe('openings of one document', () => {
  it('[X3] come one at a time, and of those that come meanwhile the last counts', async () => {
    const bench = await serve()
    bench.host.holdOpenings = true
    const client = await new ClientPeer(bench).open()
    for (let left = 100; left > 0; left--) {
      client.say({ type: 'open', document: 'same', stateVector: NOTHING })
    }
    client.say({ type: 'open', document: 'other', stateVector: NOTHING })
    await until(() => bench.host.openings === 2)
    bench.host.releaseOpenings()
    await until(() => client.ofType('opened').length === 3)
    client.say({ type: 'open', document: 'same', stateVector: NOTHING })
    await until(() => client.ofType('opened').length === 4)
    expect(
      client
        .ofType('opened')
        .map(({ document }) => document)
        .toSorted(),
    ).toEqual(['other', 'same', 'same', 'same'])
    expect(bench.host.openings).toBe(4)
  })
})

describe('a client that answers no ping', () => {
  it('[X3] is closed with `silent`', async () => {
    const bench = await serve({ bounds: { pingMs: 50 } })
    const deaf = { autoPong: false }
    const stock = await new Peer(`${bench.url}/room`, [], deaf).open()
    const ours = await new Peer(bench.url, ['rejoin.client.1'], deaf).open()
    expect((await stock.close()).code).toBe(CLOSE_CODES.silent)
    expect((await ours.close()).code).toBe(CLOSE_CODES.silent)
    expect(bench.host.codes()).toEqual(['silent', 'silent'])
  })
})
