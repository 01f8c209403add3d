import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { Peer, serve, until, type Bench } from './bench.ts'

/** A stock client as an application makes it, with the text `t` that the tests edit. */
class Stock {
  readonly doc = new Y.Doc()
  readonly text: Y.Text = this.doc.getText('t')
  readonly provider: WebsocketProvider

  constructor(bench: Bench, name: string, options: { resyncInterval?: number } = {}) {
    this.provider = new WebsocketProvider(bench.url, name, this.doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      ...options,
    })
    onTestFinished(() => {
      this.provider.destroy()
      this.doc.destroy()
    })
  }

  async synced(): Promise<this> {
    await until(() => this.provider.synced)
    return this
  }

  /** What others say of themselves, without the client's own. */
  get others(): unknown[] {
    const states = [...this.provider.awareness.getStates()]
    return states.filter(([client]) => client !== this.doc.clientID).map(([, state]) => state)
  }
}

describe('stock y-websocket clients', () => {
  it('[X4] see each other’s edits, and those of before and of while they were away', async () => {
    const bench = await serve()
    const a = await new Stock(bench, 'notes').synced()
    a.text.insert(0, 'before ')
    await until(() => bench.host.text('notes') === 'before ')
    const b = await new Stock(bench, 'notes').synced()
    expect(b.text.toJSON()).toBe('before ')
    a.provider.disconnect()
    a.text.insert(0, 'offline ')
    b.text.insert(7, 'online')
    a.provider.connect()
    await until(() => a.text.toJSON() === 'offline before online')
    await until(() => b.text.toJSON() === 'offline before online')
    expect(bench.host.rejections).toEqual([])
  })

  it('[X4] give what they made before they connected', async () => {
    const bench = await serve()
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'made offline')
    const provider = new WebsocketProvider(bench.url, 'early', doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
    })
    onTestFinished(() => provider.destroy())
    await until(() => bench.host.text('early') === 'made offline')
    expect(bench.host.rejections).toEqual([])
  })

  it.each([
    ['a b', 'a b'],
    ['a/b//c', 'a/b//c'],
    ['a%2F..%2Fb', 'a/../b'],
    ['文档 ünï 🦊', '文档 ünï 🦊'],
    ['100%', '100%'],
    ['50%25', '50%'],
    ['what%3F', 'what?'],
  ])('[X4] name the document by the URL: %s is %s', async (room, document) => {
    const bench = await serve()
    const a = await new Stock(bench, room).synced()
    const b = await new Stock(bench, room).synced()
    a.text.insert(0, 'x')
    await until(() => b.text.toJSON() === 'x')
    expect([...bench.host.documents.keys()]).toEqual([document])
  })

  it('[X4] see each other’s presence, from the start and until they leave', async () => {
    const bench = await serve()
    const a = await new Stock(bench, 'room').synced()
    a.provider.awareness.setLocalState({ name: 'a' })
    const b = await new Stock(bench, 'room').synced()
    b.provider.awareness.setLocalState({ name: 'b' })
    await until(() => a.others.length === 1 && b.others.length === 1)
    await expect.poll(() => [a.others, b.others]).toEqual([[{ name: 'b' }], [{ name: 'a' }]])
    a.provider.awareness.setLocalStateField('cursor', 7)
    await expect.poll(() => b.others).toEqual([{ name: 'a', cursor: 7 }])
    a.provider.ws?.close()
    await until(() => b.others.length === 0)
  })

  it('[X4] may resync as often as they like, and are asked only once', async () => {
    // The provider resyncs only where the platform has a WebSocket of its own.
    vi.stubGlobal('WebSocket', WebSocket)
    onTestFinished(() => {
      vi.unstubAllGlobals()
    })
    const bench = await serve()
    const a = await new Stock(bench, 'room', { resyncInterval: 10 }).synced()
    const messages = spyOnMessages(a)
    await until(() => messages.filter((frame) => frame.startsWith('0 1 ')).length >= 5)
    expect(messages.filter((frame) => frame.startsWith('0 0 '))).toEqual([])
    a.text.insert(0, 'still here')
    await until(() => bench.host.text('room') === 'still here')
  })

  it('[X4] get their SyncStep2 first, then one SyncStep1, each in a frame of its own', async () => {
    const bench = await serve()
    const peer = await new Peer(`${bench.url}/room`).open()
    peer.socket.send(STEP_1_EMPTY)
    await until(() => peer.frames.length === 2)
    expect(peer.frames.map((frame) => [...frame])).toEqual([
      [0, 1, 2, 0, 0],
      [0, 0, 1, 0],
    ])
  })

  it('[X4] may edit before they ask for the document, and before they are answered', async () => {
    const bench = await serve()
    bench.host.holdOpenings = true
    const peer = await new Peer(`${bench.url}/room`).open()
    peer.socket.send(INSERT_H)
    peer.socket.send(STEP_1_EMPTY)
    await until(() => bench.host.text('room') === 'h')
    bench.host.releaseOpenings()
    await until(() => peer.frames.filter((frame) => frame[1] === 1).length === 2)
    expect(bench.host.rejections).toEqual([])
  })

  it('[X4] are asked for what an edit of theirs builds on', async () => {
    const bench = await serve()
    const peer = await new Peer(`${bench.url}/room`).open()
    peer.socket.send(STEP_1_EMPTY)
    await until(() => peer.frames.length === 2)
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    doc.getText('t').insert(0, 'one')
    doc.getText('t').insert(3, 'two')
    peer.socket.send(
      Buffer.concat([Buffer.of(0, 2, updates[1]?.length ?? 0), updates[1] ?? INSERT_H]),
    )
    await until(() =>
      peer.frames.some((frame) => frame[0] === 0 && frame[1] === 0 && frame !== peer.frames[1]),
    )
    expect(bench.host.text('room')).toBe('')
  })

  it('[X4] hear something before they give up, in an empty room with nobody’s presence', async () => {
    const bench = await serve({ bounds: { keepAliveMs: 40 } })
    const a = await new Stock(bench, 'room').synced()
    a.provider.awareness.setLocalState(null)
    const quiet = await new Peer(`${bench.url}/room`).open()
    const heard = vi.fn<() => void>()
    a.provider.awareness.on('update', heard)
    const messages = spyOnMessages(a)
    await until(() => messages.filter((frame) => frame === '1 1 0').length >= 3)
    expect(heard).not.toHaveBeenCalled()
    expect(a.provider.wsconnected).toBe(true)
    await until(() => quiet.frames.some((frame) => frame.join(' ') === '1 1 0'))
  })

  it('[X4] are not told what they may only say between tabs, and go on', async () => {
    const bench = await serve()
    const peer = await new Peer(`${bench.url}/room`).open()
    for (const frame of [[3], [2, 0, 2, 110, 111]]) peer.socket.send(Uint8Array.from(frame))
    peer.socket.send(STEP_1_EMPTY)
    await until(() => peer.frames.length === 2)
    expect(bench.host.rejections).toEqual([])
  })

  it('[X2] dial no more after a final refusal, and again after one that passes', async () => {
    const bench = await serve()
    const a = await new Stock(bench, 'room').synced()
    const b = await new Stock(bench, 'room').synced()
    const final = vi.fn<(how: { code: number; reason: string }) => void>()
    b.provider.on('closed', final)
    for (const session of bench.host.sessions) {
      session.end({ code: 'read-only', reason: 'The disk is full; connect to another replica.' })
    }
    await until(() => !a.provider.wsconnected && !b.provider.wsconnected)
    await until(() => a.provider.synced && b.provider.synced)
    for (const session of bench.host.sessions) {
      session.end({ code: 'bad-update', reason: 'The update cannot be decoded.' })
    }
    await until(() => final.mock.calls.length > 0)
    expect(final.mock.calls[0]?.[0]).toEqual({
      code: 4403,
      reason: 'The update cannot be decoded.',
    })
    expect(b.provider.shouldConnect).toBe(false)
  })
})

/** From now on, every message that the provider gets, as decimal bytes. */
function spyOnMessages({ provider }: Stock): string[] {
  const messages: string[] = []
  provider.ws?.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
    messages.push(new Uint8Array(event.data).join(' '))
  })
  return messages
}

const STEP_1_EMPTY = Uint8Array.of(0, 0, 1, 0)
/** "h" into the text `t`, by Yjs client 1. */
const INSERT_H = Uint8Array.of(0, 2, 11, 1, 1, 1, 0, 4, 1, 1, 116, 1, 104, 0)
