import {
  CLIENT_PROTOCOL,
  CLOSE_CODES,
  encodeClientMessage,
  LIMITS,
  REPLICA_PROTOCOL,
} from '@rejoin/protocol'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { ClientPeer, Peer, rawSocket, serve, until, type Bench } from './bench.ts'

/** A client of ours and a stock one, which whatever another sends must leave undisturbed. */
async function bystanders(bench: Bench): Promise<{ undisturbed: () => Promise<void> }> {
  const ours = await new ClientPeer(bench).open()
  const stock = await new Peer(`${bench.url}/quiet`).open()
  ours.say({ type: 'open', document: 'quiet', stateVector: Uint8Array.of(0) })
  stock.socket.send(Uint8Array.of(0, 0, 1, 0))
  await until(() => ours.ofType('opened').length === 1 && stock.frames.length === 2)
  return {
    async undisturbed() {
      bench.host.apply('quiet', textUpdate('alive'))
      await until(() => ours.ofType('update').length === 1 && stock.frames.length === 3)
      expect([ours.closed, stock.closed]).toEqual([undefined, undefined])
      expect(ours.ofType('refused')).toEqual([])
      expect(bench.host.text('quiet')).toBe('alive')
    },
  }
}

function textUpdate(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

function v2Update(): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'second encoding')
  return Y.encodeStateAsUpdateV2(doc)
}

function stockUpdate(update: Uint8Array): Uint8Array {
  expect(update.length).toBeLessThan(128)
  return Uint8Array.of(0, 2, update.length, ...update)
}

const STOCK_INPUTS: Readonly<
  Record<string, [frame: string | Uint8Array, code: keyof typeof CLOSE_CODES]>
> = {
  'a text frame': ['{"type":"hello"}', 'text-frame'],
  'an empty frame': [new Uint8Array(0), 'malformed'],
  'a message type of nobody': [Uint8Array.of(9, 1, 0), 'unknown-message'],
  'a sync step of nobody': [Uint8Array.of(0, 7, 1, 0), 'unknown-message'],
  'a type that never ends': [new Uint8Array(12).fill(255), 'malformed'],
  'a length over the end': [Uint8Array.of(0, 2, 100, 1), 'malformed'],
  'a length of 2^53': [Uint8Array.of(0, 2, 128, 128, 128, 128, 128, 128, 128, 16), 'too-large'],
  'a state vector over its limit': [Uint8Array.of(0, 0, 255, 255, 127), 'too-large'],
  'two messages in one frame': [Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0), 'malformed'],
  'a state vector that is none': [Uint8Array.of(0, 0, 2, 200, 200), 'malformed'],
  'an update that is none': [stockUpdate(Uint8Array.of(9, 9, 9, 9)), 'bad-update'],
  'a V2 update': [stockUpdate(v2Update()), 'v2-update'],
  'presence that is no JSON': [Uint8Array.of(1, 5, 1, 1, 1, 1, 123), 'malformed'],
  'a frame over the limit': [new Uint8Array(LIMITS.frameBytesMax + 1), 'too-large'],
}

const CLIENT_INPUTS: Readonly<
  Record<string, [frame: string | Uint8Array, code: keyof typeof CLOSE_CODES]>
> = {
  'a text frame': ['{"type":"open"}', 'text-frame'],
  'an empty frame': [new Uint8Array(0), 'malformed'],
  'a message type of nobody': [Uint8Array.of(9, 1, 65), 'unknown-message'],
  'an empty document name': [Uint8Array.of(0, 0, 1, 0), 'bad-name'],
  'a name with a control character': [Uint8Array.of(0, 1, 0, 1, 0), 'bad-name'],
  'a name over its limit': [Uint8Array.of(0, 129, 16, ...new Uint8Array(2_049)), 'too-large'],
  'a name that is no UTF-8': [Uint8Array.of(0, 1, 255, 1, 0), 'malformed'],
  'bytes after the end': [Uint8Array.of(1, 1, 65, 0), 'malformed'],
  'a frame over the limit': [new Uint8Array(LIMITS.frameBytesMax + 1), 'too-large'],
}

describe('what a stock client should not send', () => {
  it.each(Object.entries(STOCK_INPUTS))('[X2] %s', async (_title, [frame, code]) => {
    const bench = await serve()
    const others = await bystanders(bench)
    const peer = await new Peer(`${bench.url}/loud`).open()
    peer.socket.send(frame)
    const closed = await peer.close()
    expect(closed.code).toBe(CLOSE_CODES[code])
    expect(bench.host.text('loud')).toBe('')
    await others.undisturbed()
    await until(() => bench.serving.connections === 2)
    expect(bench.host.sessions.size).toBe(2)
  })
})

describe('what our client should not send', () => {
  it.each(Object.entries(CLIENT_INPUTS))('[X2] %s', async (_title, [frame, code]) => {
    const bench = await serve()
    const others = await bystanders(bench)
    const peer = await new ClientPeer(bench).open()
    peer.socket.send(frame)
    const closed = await peer.close()
    expect(closed.code).toBe(CLOSE_CODES[code])
    expect(bench.host.codes()).toEqual([code])
    await others.undisturbed()
  })

  it('[X2] an edit that is refused leaves the connection alone', async () => {
    const bench = await serve()
    const others = await bystanders(bench)
    const peer = await new ClientPeer(bench).open()
    peer.say({ type: 'edit', document: 'loud', ref: 1, update: textUpdate('x') })
    peer.say({ type: 'open', document: 'loud', stateVector: Uint8Array.of(0) })
    peer.say({ type: 'edit', document: 'loud', ref: 2, update: v2Update() })
    peer.say({ type: 'edit', document: 'loud', ref: 3, update: textUpdate('good') })
    await until(() => peer.ofType('ack').length === 1)
    expect(peer.ofType('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [1, 'not-open'],
      [2, 'v2-update'],
    ])
    expect(peer.ofType('ack')[0]?.ref).toBe(3)
    expect(bench.host.text('loud')).toBe('good')
    await others.undisturbed()
  })

  it('[X2] no truncation and no flipped bit of a frame does more than end its own connection', async () => {
    const bench = await serve()
    const others = await bystanders(bench)
    const frames = mutations(
      encodeClientMessage({ type: 'edit', document: 'd', ref: 1, update: textUpdate('t') }),
    )
    const closes = new Set<number>()
    for (const frame of frames) {
      const peer = new ClientPeer(bench)
      await peer.open()
      peer.socket.send(frame)
      // Either this ends the connection, or it was a sound message and this is answered.
      peer.say({ type: 'open', document: 'probe', stateVector: Uint8Array.of(0) })
      await until(() => peer.closed !== undefined || peer.ofType('opened').length > 0)
      if (peer.closed !== undefined) closes.add(peer.closed.code)
      peer.socket.terminate()
    }
    const { malformed, 'too-large': tooLarge } = CLOSE_CODES
    expect([...closes]).toEqual(expect.arrayContaining([malformed, tooLarge]))
    expect([...closes].filter((code) => code !== tooLarge && (code < 4400 || code > 4402))).toEqual(
      [],
    )
    await others.undisturbed()
  })
})

function mutations(frame: Uint8Array): Uint8Array[] {
  const truncated = Array.from(frame, (_byte, length) => frame.slice(0, length))
  const flipped = Array.from({ length: frame.length * 8 }, (_bit, bit) => {
    const copy = frame.slice()
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return copy
  })
  return [...truncated, ...flipped]
}

describe('what is no WebSocket at all', () => {
  it.each([
    ['reserved bits', [0xf2, 0x80, 1, 2, 3, 4]],
    ['an unknown opcode', [0x83, 0x80, 1, 2, 3, 4]],
    ['a frame without a mask', [0x82, 0x01, 0x01]],
    ['a continuation of nothing', [0x80, 0x80, 1, 2, 3, 4]],
  ])('[X2] %s on the TCP connection', async (_title, bytes) => {
    const bench = await serve()
    const others = await bystanders(bench)
    const socket = await rawSocket(bench)
    socket.write(Uint8Array.from(bytes))
    await until(() => bench.serving.connections === 2 || bench.host.rejections.length > 0)
    expect(bench.host.codes()).toEqual(['malformed'])
    socket.destroy()
    await others.undisturbed()
    await until(() => bench.serving.connections === 2)
  })

  it('[X3] a message in more fragments than allowed', async () => {
    const bench = await serve({ bounds: { fragmentsMax: 100 } })
    const peer = await new Peer(`${bench.url}/room`).open()
    for (let left = 101; left > 0; left--) peer.socket.send(Uint8Array.of(0), { fin: false })
    await peer.close()
    expect(bench.host.codes()).toEqual(['too-large'])
  })

  it('[X2] a connection that is reset in the midst of a frame', async () => {
    const bench = await serve()
    const others = await bystanders(bench)
    const socket = await rawSocket(bench)
    socket.write(Uint8Array.of(0x82, 0xfe, 0x10))
    await until(() => bench.serving.connections === 3)
    socket.resetAndDestroy()
    await until(() => bench.serving.connections === 2)
    expect(bench.host.rejections).toEqual([])
    await others.undisturbed()
  })
})

describe('a document name in the URL', () => {
  it.each([
    ['empty', '/'],
    ['empty', '/?document=x'],
    ['control', '/%00'],
    ['over 1024 bytes', `/${'x'.repeat(1_025)}`],
  ])('[X2] is refused when it is %s', async (reason, path) => {
    const bench = await serve()
    const peer = await new Peer(`${bench.url}${path}`).open()
    const closed = await peer.close()
    expect(closed.code).toBe(CLOSE_CODES['bad-name'])
    expect(closed.reason).toContain(reason)
    expect(bench.host.codes()).toEqual(['bad-name'])
    expect(bench.host.sessions.size).toBe(0)
  })
})

describe('a version of the protocol that is not ours', () => {
  it.each([
    ['rejoin.client.2', CLIENT_PROTOCOL],
    ['rejoin.replica.7', REPLICA_PROTOCOL],
  ])('[X2] %s', async (protocol, ours) => {
    const bench = await serve()
    const peer = await new Peer(bench.url, [protocol]).open()
    expect(peer.socket.protocol).toBe(protocol)
    const closed = await peer.close()
    expect(closed.code).toBe(CLOSE_CODES['wrong-protocol'])
    expect(closed.reason).toContain(protocol)
    expect(closed.reason).toContain(ours)
    expect(bench.host.codes()).toEqual(['wrong-protocol'])
  })

  it('is no matter where ours is offered too', async () => {
    const bench = await serve()
    const peer = await new Peer(bench.url, ['rejoin.client.2', CLIENT_PROTOCOL]).open()
    expect(peer.socket.protocol).toBe(CLIENT_PROTOCOL)
    await until(() => peer.frames.length === 1)
  })
})
