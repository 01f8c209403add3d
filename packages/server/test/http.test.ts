import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

import type { Replica } from '@rejoin/replica'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'

import { failingStore, openSite, until, type Site } from './site.ts'

const BYTES = 'application/octet-stream'

async function write(replica: Replica, name: string, content: string): Promise<void> {
  const document = await replica.open(name)
  document.doc.getText('content').insert(0, content)
  await document.settled('durable')
  document.leave()
}

function textOf(update: Buffer): string {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc.getText('content').toJSON()
}

function errorOf(status: number, code: string): object {
  const message: unknown = expect.any(String)
  return { status, json: { error: { code, message } } }
}

describe('GET /healthz', () => {
  it('says that all is well', async () => {
    const { ask } = await openSite()
    expect(await ask('/healthz')).toMatchObject({ status: 200, json: { ok: true } })
  })
})

describe('GET /healthz of a replica that can make nothing durable', () => {
  it('[S2] answers 503 with the reason', async () => {
    const { ask, replica } = await openSite({ store: failingStore() })
    const notes = await replica.open('notes')
    notes.doc.getText('content').insert(0, 'lost')
    await until(() => replica.status().readOnly !== null)
    const reply = await ask('/healthz')
    expect(reply).toMatchObject({ status: 503, json: { ok: false, error: { code: 'read-only' } } })
    expect(reply.body.toString()).toContain('The disk is full')
  })
})

describe('GET /status', () => {
  it('serves what the replica knows', async () => {
    const { ask, replica } = await openSite()
    await write(replica, 'notes', 'hello')
    const { status, json, headers } = await ask('/status')
    expect(status).toBe(200)
    // What goes over links is counted on.
    const members: unknown = expect.any(Array)
    expect(json).toEqual({ ...(JSON.parse(JSON.stringify(replica.status())) as object), members })
    expect(json).toMatchObject({ replica: replica.id, documents: 1, readOnly: null })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
  })
})

describe('GET /documents', () => {
  it('pages through all names', async () => {
    const { ask, replica } = await openSite()
    const names = ['a', 'b/c', '..', '世 😀', '%41']
    for (const name of names) await write(replica, name, name)
    const seen: string[] = []
    let next: string | null = null
    do {
      const after: string = next === null ? '' : `&after=${encodeURIComponent(next)}`
      const page = (await ask(`/documents?limit=2${after}`)).json
      expect(page).toMatchObject({ documents: expect.any(Array) as unknown })
      const { documents, next: following } = page as { documents: string[]; next: string | null }
      expect(documents.length).toBe(following === null ? 1 : 2)
      seen.push(...documents)
      next = following
    } while (next !== null)
    expect(new Set(seen)).toEqual(new Set(names))
    expect(seen).toHaveLength(names.length)
    expect(await ask('/documents?limit=5')).toMatchObject({ json: { next: null } })
  })

  it.each(['0', '1001', '-1', '1.5', 'many', ''])('[X2] refuses the limit %j', async (limit) => {
    const { ask } = await openSite()
    expect(await ask(`/documents?limit=${limit}`)).toMatchObject(errorOf(400, 'bad-limit'))
  })
})

describe('GET /documents/NAME', () => {
  it.each([
    ['notes', 'notes'],
    ['a/b', 'a/b'],
    ['a/b', 'a%2Fb'],
    ['../secret', '../secret'],
    ['..', '%2e%2e'],
    ['a//b', 'a//b'],
    ['50% off?', '50%25%20off%3F'],
    ['世 😀', encodeURIComponent('世 😀')],
  ])('serves %j at /documents/%s as one update', async (name, path) => {
    const { ask, replica } = await openSite()
    await write(replica, name, `the text of ${name}`)
    const { status, headers, body } = await ask(`/documents/${path}`, {
      headers: { accept: BYTES },
    })
    expect([status, headers['content-type'], textOf(body)]).toEqual([
      200,
      BYTES,
      `the text of ${name}`,
    ])
  })

  it.each([undefined, '*/*', 'application/*', 'text/html, application/octet-stream;q=0.1'])(
    'takes Accept: %s',
    async (accept) => {
      const { ask, replica } = await openSite()
      await write(replica, 'notes', 'hello')
      const headers = accept === undefined ? {} : { accept }
      expect(await ask('/documents/notes', { headers })).toMatchObject({ status: 200 })
    },
  )

  it.each(['application/json', 'text/*', '*/*;q=0'])('[X2] refuses Accept: %s', async (accept) => {
    const { ask, replica } = await openSite()
    await write(replica, 'notes', 'hello')
    const reply = await ask('/documents/notes', { headers: { accept } })
    expect(reply).toMatchObject(errorOf(406, 'not-acceptable'))
  })

  it('answers 404 where there is no such document, and makes none', async () => {
    const { ask, replica } = await openSite()
    expect(await ask('/documents/notes')).toMatchObject(errorOf(404, 'not-found'))
    expect(replica.status().documents).toBe(0)
  })

  it.each(['', '%', '%ff', '%00', 'a%0Ab', 'x'.repeat(1025)])(
    '[X2] refuses the name in /documents/%s',
    async (path) => {
      const { ask } = await openSite()
      expect(await ask(`/documents/${path}`)).toMatchObject(errorOf(400, 'bad-name'))
    },
  )

  it('answers HEAD with the headers alone', async () => {
    const { ask, replica } = await openSite()
    await write(replica, 'notes', 'hello')
    const whole = await ask('/documents/notes')
    const head = await ask('/documents/notes', { method: 'HEAD' })
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(head.headers['content-length']).toBe(String(whole.body.length))
  })
})

describe('/links/PEER', () => {
  const stateOf = ({ replica, peer }: Site): string | undefined =>
    replica.status().members.find((member) => member.replica === peer.id)?.state

  it('cuts and mends a link', async () => {
    const site = await openSite({ demo: true })
    await until(() => stateOf(site) === 'linked')
    const path = `/links/${site.peer.id}`
    expect(await site.ask(path, { method: 'DELETE' })).toMatchObject({ status: 204 })
    await until(() => stateOf(site) === 'cut')
    expect(await site.ask(path, { method: 'PUT' })).toMatchObject({ status: 204 })
    await until(() => stateOf(site) === 'linked')
  })

  it('[X2] does neither without --demo, and says so', async () => {
    const site = await openSite()
    await until(() => stateOf(site) === 'linked')
    const reply = await site.ask(`/links/${site.peer.id}`, { method: 'DELETE' })
    expect(reply).toMatchObject(errorOf(403, 'not-demo'))
    expect(reply.body.toString()).toContain('--demo')
    expect(stateOf(site)).toBe('linked')
  })

  it.each(['0123456789abcdef', 'nobody', ''])('[X2] does not know the peer %j', async (peer) => {
    const { ask } = await openSite({ demo: true })
    expect(await ask(`/links/${peer}`, { method: 'PUT' })).toMatchObject(
      errorOf(404, 'unknown-peer'),
    )
  })
})

describe('methods and paths', () => {
  it.each([
    ['POST', '/status', 'GET, HEAD'],
    ['DELETE', '/documents/notes', 'GET, HEAD'],
    ['GET', '/links/0123456789abcdef', 'PUT, DELETE'],
    ['PATCH', '/healthz', 'GET, HEAD'],
  ])('[X2] %s %s is answered with 405 and what is allowed', async (method, path, allow) => {
    const { ask } = await openSite({ demo: true })
    const reply = await ask(path, { method })
    expect(reply).toMatchObject({ ...errorOf(405, 'method'), headers: { allow } })
  })

  it.each(['/', '/demo.json', '/nothing', '/status/', '/../etc/passwd', '*'])(
    '%s is not there',
    async (path) => {
      const { ask } = await openSite({ demo: true })
      expect(await ask(path)).toMatchObject(errorOf(404, 'not-found'))
    },
  )
})

describe('web pages of other origins', () => {
  const preflight = { 'access-control-request-method': 'DELETE' }

  it.each([
    'http://localhost:5173',
    'http://127.0.0.1:7000',
    'http://[::1]',
    'https://app.example',
  ])('%s may read, and ask what it may do', async (origin) => {
    const { ask, peer } = await openSite({ demo: true })
    const allowed = { 'access-control-allow-origin': origin, vary: 'origin' }
    expect(await ask('/status', { headers: { origin } })).toMatchObject({
      status: 200,
      headers: allowed,
    })
    const method = 'OPTIONS'
    const asked = await ask(`/links/${peer.id}`, { method, headers: { origin, ...preflight } })
    expect(asked).toMatchObject({
      status: 204,
      headers: { ...allowed, 'access-control-allow-methods': 'PUT, DELETE' },
    })
  })

  it.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'null',
    'http://127.0.0.1.nip.io',
  ])('[X5] %s may do nothing', async (origin) => {
    const { ask, replica, peer } = await openSite({ demo: true })
    await until(() => replica.status().members[0]?.state === 'linked')
    const path = `/links/${peer.id}`
    for (const reply of [
      await ask('/status', { headers: { origin } }),
      await ask(path, { method: 'OPTIONS', headers: { origin, ...preflight } }),
      await ask(path, { method: 'DELETE', headers: { origin } }),
    ]) {
      expect(reply).toMatchObject(errorOf(403, 'origin'))
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin')
    }
    expect(replica.status().members[0]?.state).toBe('linked')
  })

  it('a page of the very host and port that serves it may', async () => {
    const { ask } = await openSite()
    const headers = { host: 'replica.example:7001', origin: 'http://replica.example:7001' }
    expect(await ask('/status', { headers })).toMatchObject({ status: 200 })
  })
})

describe('[X3] bounds', () => {
  it('refuses a body over 8 KiB, and one of unknown length', async () => {
    const { ask, peer } = await openSite({ demo: true })
    const path = `/links/${peer.id}`
    const long = { method: 'PUT', body: 'x'.repeat(8_193) }
    expect(await ask(path, long)).toMatchObject(errorOf(413, 'too-large'))
    const chunked = { method: 'PUT', headers: { 'transfer-encoding': 'chunked' }, body: 'x' }
    expect(await ask(path, chunked)).toMatchObject(errorOf(413, 'too-large'))
    expect(await ask(path, { method: 'PUT', body: 'x' })).toMatchObject({ status: 204 })
  })

  it('refuses headers over 16 KiB', async () => {
    const { ask } = await openSite()
    const headers = { 'x-long': 'x'.repeat(17_000) }
    expect(await ask('/healthz', { headers })).toMatchObject({ status: 431 })
    expect(await ask('/healthz')).toMatchObject({ status: 200 })
  })

  it('answers what is no HTTP, and goes on', async () => {
    const { ask, port } = await openSite()
    const socket = connect(port, '127.0.0.1')
    socket.end('\u0000\u0001 nonsense\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(await ask('/healthz')).toMatchObject({ status: 200 })
  })
})
