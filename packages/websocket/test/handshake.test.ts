import { CLOSE_CODES } from '@rejoin/protocol'
import { describe, expect, it } from 'vitest'

import { cutText } from '../src/cut-text.ts'
import { documentOfUrl } from '../src/document-of-url.ts'
import { originPasses } from '../src/origin.ts'
import { routeOf, SECRET_PROTOCOL } from '../src/route.ts'
import { ClientPeer, Peer, rawSocket, serve, until } from './bench.ts'

describe('the handshake', () => {
  it('[X2] of an unknown sub-protocol is answered with 400 and one line', async () => {
    const { url, serving } = await serve()
    const peer = new Peer(url, ['graphql-ws'])
    await until(() => peer.refused !== undefined)
    expect(peer.refused?.status).toBe(400)
    expect(peer.refused?.body).toMatch(/^[^\n]+\n$/)
    expect(serving.refusedHandshakes['unknown-protocol']).toBe(1)
  })

  it('[X2] of a foreign page is answered with 403, and counted', async () => {
    const { url, serving } = await serve({ allowOrigins: ['https://ours.example'] })
    const foreign = new Peer(`${url}/room`, [], { origin: 'https://evil.example' })
    await until(() => foreign.refused !== undefined)
    expect(foreign.refused?.status).toBe(403)
    expect(serving.refusedHandshakes['foreign-origin']).toBe(1)
    await new Peer(`${url}/room`, [], { origin: 'https://ours.example' }).open()
    expect(serving.connections).toBe(1)
  })

  it('[X3] over the greatest number of connections is answered with 503, until one goes', async () => {
    const { url, serving } = await serve({ bounds: { connectionsMax: 2 } })
    const first = await new Peer(`${url}/room`).open()
    await new Peer(`${url}/room`).open()
    const third = new Peer(`${url}/room`)
    await until(() => third.refused !== undefined)
    expect(third.refused?.status).toBe(503)
    first.socket.terminate()
    await until(() => serving.connections === 1)
    await new Peer(`${url}/room`).open()
    expect(serving.refusedHandshakes['too-many']).toBe(1)
  })

  it('[X2] that is reset before its answer disturbs nobody', async () => {
    const bench = await serve()
    const socket = await rawSocket(bench)
    socket.resetAndDestroy()
    await until(() => bench.serving.connections === 0)
    await new Peer(`${bench.url}/room`).open()
    expect(bench.serving.connections).toBe(1)
  })
})

describe('close', () => {
  it('ends every connection with `closing` and takes no more', async () => {
    const bench = await serve()
    const peers = [await new Peer(`${bench.url}/room`).open(), await new ClientPeer(bench).open()]
    await bench.serving.close()
    const closes = await Promise.all(peers.map((peer) => peer.close()))
    expect(closes.map(({ code }) => code)).toEqual([CLOSE_CODES.closing, CLOSE_CODES.closing])
    expect([bench.serving.connections, bench.host.sessions.size]).toEqual([0, 0])
  })
})

describe('an origin', () => {
  const host = 'app.example:8080'

  it.each([
    undefined,
    'http://app.example:8080',
    'http://APP.example:8080',
    'http://localhost:5173',
    'https://localhost',
    'http://127.0.0.1:1',
    'http://127.8.9.10',
    'http://[::1]:3000',
    'https://listed.example',
    'HTTPS://Listed.example',
  ])('%s passes', (origin) => {
    expect(originPasses({ origin, host }, ['https://listed.example'])).toBe(true)
  })

  it.each([
    'http://app.example',
    'http://app.example:8081',
    'http://evil.example',
    'https://listed.example.evil.example',
    'http://listed.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'null',
    '',
    'not an origin',
  ])('[X2] %j does not pass', (origin) => {
    expect(originPasses({ origin, host }, ['https://listed.example'])).toBe(false)
  })

  it('is compared without the default port of its scheme, and does not matter to `*`', () => {
    expect(originPasses({ origin: 'https://a.example', host: 'a.example:443' }, [])).toBe(true)
    expect(originPasses({ origin: 'http://a.example', host: 'a.example:443' }, [])).toBe(false)
    expect(originPasses({ origin: 'null', host }, ['*'])).toBe(true)
  })
})

describe('the document of a URL', () => {
  it.each([
    ['/a', 'a'],
    ['/a/../b', 'a/../b'],
    ['/../../etc/passwd', '../../etc/passwd'],
    ['/a%20b?token=1/2', 'a b'],
    ['/100%', '100%'],
    ['/%E0%A4%A', '%E0%A4%A'],
    ['//a', '/a'],
    ['/%F0%9F%A6%8A', '🦊'],
  ])('%s is %s', (url, document) => {
    expect(documentOfUrl(url)).toEqual({ ok: true, value: document })
  })

  it.each(['/', '', '/?a', '/%00', '/%7F', `/${'é'.repeat(513)}`])('[X2] in %j is none', (url) => {
    expect(documentOfUrl(url)).toMatchObject({ ok: false, rejection: { code: 'bad-name' } })
  })
})

describe('a route', () => {
  it.each([
    [undefined, 'stock'],
    ['rejoin.client.1', 'client'],
    ['foo, rejoin.replica.3', 'replica'],
    [SECRET_PROTOCOL, 'replica'],
    ['rejoin.client.12', 'other-version'],
    ['rejoin.replica.0', 'other-version'],
    ['rejoin.replica.0.secret', 'other-version'],
  ])('of %s is %s', (offered, to) => {
    expect(routeOf(offered)?.to).toBe(to)
  })

  it.each([
    '',
    'foo',
    'rejoin.client',
    'rejoin.client.x',
    'xrejoin.client.1',
    'rejoin.client.1.secret',
  ])('[X2] of %j is none', (offered) => expect(routeOf(offered)).toBeUndefined())
})

describe('cut text', () => {
  it('is the longest beginning that fits, and cuts no character', () => {
    const characters = Array.from({ length: 20 }, (_, at) => ['a', 'é', '文', '🦊'][at % 4] ?? '')
    const text = characters.join('')
    for (let bytesMax = 0; bytesMax < 60; bytesMax++) {
      let longest = ''
      for (const character of characters) {
        if (Buffer.byteLength(longest + character) > bytesMax) break
        longest += character
      }
      expect(cutText(text, bytesMax)).toBe(longest)
    }
  })
})
