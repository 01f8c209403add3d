import { encodePresence } from '@rejoin/protocol'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { framedOnce } from '../src/framed-once.ts'
import { ClientPeer, serve, until } from './bench.ts'

const NOTHING = Uint8Array.of(0)

function textUpdate(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

describe('the endpoint of our clients', () => {
  it('says first which replica it is', async () => {
    const bench = await serve()
    const client = await new ClientPeer(bench).open()
    await until(() => client.frames.length === 1)
    expect(client.heard).toEqual([{ type: 'welcome', replica: bench.host.id }])
  })

  it('opens documents, takes edits, acknowledges them, and hands them to everybody', async () => {
    const bench = await serve()
    const a = await new ClientPeer(bench).open()
    const b = await new ClientPeer(bench).open()
    for (const client of [a, b]) {
      client.say({ type: 'open', document: 'one', stateVector: NOTHING })
      client.say({ type: 'open', document: 'two', stateVector: NOTHING })
    }
    await until(() => a.ofType('opened').length === 2 && b.ofType('opened').length === 2)
    a.say({ type: 'edit', document: 'one', ref: 1, update: textUpdate('first') })
    b.say({ type: 'edit', document: 'two', ref: 1, update: textUpdate('second') })
    await until(() => a.ofType('update').length === 2)
    await until(() => b.ofType('update').length === 2 && a.ofType('ack').length === 1)
    expect(a.ofType('ack')).toMatchObject([
      { document: 'one', ref: 1, replica: bench.host.id, seq: expect.any(Number) },
    ])
    expect(
      a
        .ofType('update')
        .map(({ document }) => document)
        .toSorted(),
    ).toEqual(['one', 'two'])
    expect([bench.host.text('one'), bench.host.text('two')]).toEqual(['first', 'second'])
  })

  it('answers an opening with what the client lacks', async () => {
    const bench = await serve()
    bench.host.apply('notes', textUpdate('known'))
    const known = Y.encodeStateVector(bench.host.document('notes').doc)
    bench.host.apply('notes', textUpdate('new'))
    const client = await new ClientPeer(bench).open()
    client.say({ type: 'open', document: 'notes', stateVector: known })
    await until(() => client.ofType('opened').length === 1)
    const [opened] = client.ofType('opened')
    const doc = new Y.Doc()
    doc.getText('t')
    Y.applyUpdate(doc, opened?.update ?? NOTHING)
    expect(doc.getText('t').toJSON()).toBe('new')
    expect(Y.decodeStateVector(opened?.stateVector ?? NOTHING).size).toBe(2)
  })

  it('says nothing more of a document that the client has left', async () => {
    const bench = await serve()
    const client = await new ClientPeer(bench).open()
    client.say({ type: 'open', document: 'left', stateVector: NOTHING })
    client.say({ type: 'open', document: 'kept', stateVector: NOTHING })
    client.say({ type: 'leave', document: 'left' })
    await until(() => client.ofType('opened').some(({ document }) => document === 'kept'))
    bench.host.apply('left', textUpdate('x'))
    bench.host.apply('kept', textUpdate('y'))
    await until(() => client.ofType('update').length > 0)
    expect(client.ofType('update').map(({ document }) => document)).toEqual(['kept'])
  })

  it('passes presence on, the sender’s own included', async () => {
    const bench = await serve()
    const a = await new ClientPeer(bench).open()
    const b = await new ClientPeer(bench).open()
    for (const client of [a, b]) {
      client.say({ type: 'open', document: 'room', stateVector: NOTHING })
    }
    await until(() => b.ofType('opened').length === 1)
    const update = encodePresence([{ client: 1, clock: 1, state: '{"name":"a"}' }])
    a.say({ type: 'presence', document: 'room', update })
    await until(() => a.ofType('presence').length === 1 && b.ofType('presence').length === 1)
    expect(b.ofType('presence')[0]?.update).toEqual(update)
  })

  it('asks for what an edit builds on', async () => {
    const bench = await serve()
    const client = await new ClientPeer(bench).open()
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'one')
    const before = Y.encodeStateVector(doc)
    doc.getText('t').insert(3, 'two')
    client.say({ type: 'open', document: 'room', stateVector: NOTHING })
    const update = Y.encodeStateAsUpdate(doc, before)
    client.say({ type: 'edit', document: 'room', ref: 1, update })
    await until(() => client.ofType('ask').length === 1)
    expect(client.ofType('ask')[0]).toMatchObject({ document: 'room', stateVector: NOTHING })
  })

  it('ends the session with the connection', async () => {
    const bench = await serve()
    const client = await new ClientPeer(bench).open()
    await until(() => bench.host.sessions.size === 1)
    client.socket.terminate()
    await until(() => bench.host.sessions.size === 0 && bench.serving.connections === 0)
    expect(bench.host.rejections).toEqual([])
  })

  it('ends the connection with the session, and says why', async () => {
    const bench = await serve()
    const client = await new ClientPeer(bench).open()
    await until(() => bench.host.sessions.size === 1)
    const reason = 'It is closing.'
    for (const session of bench.host.sessions) session.end({ code: 'closing', reason })
    expect(await client.close()).toEqual({ code: 1001, reason })
  })

  it('[X3] refuses documents over the greatest number, until one is left', async () => {
    const bench = await serve({ bounds: { documentsMax: 2 } })
    const client = await new ClientPeer(bench).open()
    for (const document of ['a', 'b', 'c', 'a']) {
      client.say({ type: 'open', document, stateVector: NOTHING })
    }
    client.say({ type: 'leave', document: 'b' })
    client.say({ type: 'open', document: 'd', stateVector: NOTHING })
    await until(() => client.ofType('opened').some(({ document }) => document === 'd'))
    expect(client.ofType('refused')).toMatchObject([{ document: 'c', ref: 0, code: 'too-many' }])
    expect(bench.host.codes()).toEqual(['too-many'])
  })
})

describe('a document too large for one frame', () => {
  it('[X3] is refused to our clients, and not open', async () => {
    const bench = await serve()
    for (let left = 17; left > 0; left--)
      bench.host.apply('huge', textUpdate('x'.repeat(1_048_576)))
    const client = await new ClientPeer(bench).open()
    client.say({ type: 'open', document: 'huge', stateVector: NOTHING })
    await until(() => client.ofType('refused').length === 1)
    expect(client.ofType('refused')[0]).toMatchObject({
      document: 'huge',
      ref: 0,
      code: 'too-large',
    })
    bench.host.apply('huge', textUpdate('more'))
    client.say({ type: 'open', document: 'small', stateVector: NOTHING })
    await until(() => client.ofType('opened').length === 1)
    expect(client.ofType('update')).toEqual([])
    expect(bench.host.codes()).toEqual(['too-large'])
  })
})

describe('a frame made once', () => {
  it('is the same bytes for the same update of a document, and another for others', () => {
    let made = 0
    const frame = framedOnce((document, update) => {
      made++
      return Uint8Array.of(document.length, ...update)
    })
    const update = Uint8Array.of(1, 2)
    expect(frame('a', update)).toBe(frame('a', update))
    expect(frame('a', update)).not.toBe(frame('a', update.slice()))
    expect(frame('bb', update)).toEqual(Uint8Array.of(2, 1, 2))
    expect(made).toBe(3)
  })
})
