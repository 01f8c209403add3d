import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

import { describe, expect, it, onTestFinished } from 'vitest'

import { EventStreams } from '../src/http/event-stream.ts'
import { httpServer } from '../src/http/http-server.ts'
import { readJsonLines } from '../src/http/json-lines.ts'
import { openSite, portOf, until } from './site.ts'

async function listen(port: number, path: string): Promise<IncomingMessage> {
  const asking = get({ host: '127.0.0.1', port, path })
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  onTestFinished(() => void response.destroy())
  return response
}

describe('GET /members/events', () => {
  it('tells what happens to members, one JSON text a line', async () => {
    const { replica, peer, port } = await openSite()
    await until(() => replica.status().members[0]?.state === 'linked')
    const response = await listen(port, '/members/events')
    expect(response.headers['content-type']).toBe('application/x-ndjson')
    const removed = peer.id
    replica.remove(removed)
    const events = readJsonLines(response)
    expect((await events.next()).value).toMatchObject({ change: 'removed', replica: removed })
  })

  it('answers HEAD, and ends', async () => {
    const { ask } = await openSite()
    expect(await ask('/members/events', { method: 'HEAD' })).toMatchObject({ status: 200 })
  })
})

describe('[X3] a stream of events', () => {
  it('drops a listener that does not read, and lets the others be', async () => {
    const streams = new EventStreams()
    const tellers = new Set<(event: object) => void>()
    const server = httpServer((request) =>
      streams.answer(request, (tell) => {
        tellers.add(tell)
        return () => tellers.delete(tell)
      }),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const [idle, reader] = [await listen(portOf(server), '/'), await listen(portOf(server), '/')]
    idle.on('error', () => {})
    let received = 0
    reader.on('data', (chunk: Buffer) => (received += chunk.length))
    expect(tellers.size).toBe(2)
    let told = 0
    await until(() => {
      // Told as fast as the one that reads takes it.
      if (told - received < 65_536) {
        for (const tell of tellers) tell(['x'.repeat(65_531)])
        told += 65_536
      }
      return tellers.size === 1
    })
    await until(() => received > told)
    idle.resume()
    await until(() => idle.closed)
    expect(idle.complete).toBe(false)
  })

  it('is answered with 503 where there are a hundred already', async () => {
    const { port, ask } = await openSite()
    const listeners = await Promise.all(
      Array.from({ length: 100 }, () => listen(port, '/members/events')),
    )
    expect(await ask('/members/events')).toMatchObject({ status: 503 })
    listeners[0]?.destroy()
    await until(async () => {
      const response = await listen(port, '/members/events')
      response.destroy()
      return response.statusCode === 200
    })
  })
})

describe('messages over HTTP', () => {
  it('[M4] are sent by POST, and told where they come', async () => {
    const { ask, replica, peer, port } = await openSite()
    await until(() => replica.status().members[0]?.state === 'linked')
    const events = readJsonLines(await listen(port, '/messages/events?topic=a%2Fb'))
    const heard: string[] = []
    peer.onMessage(({ topic, payload }) =>
      heard.push(`${topic} ${Buffer.from(payload).toString()}`),
    )
    expect(await ask('/messages/other', { method: 'POST' })).toMatchObject({ status: 204 })
    const sent = await ask('/messages/a%2Fb', { method: 'POST', body: 'hello' })
    expect(sent).toMatchObject({ status: 204 })
    const payload = Buffer.from('hello').toString('base64')
    const told = { from: replica.id, topic: 'a/b', payload }
    expect((await events.next()).value).toEqual(told)
    await until(() => heard.length === 2)
    expect(heard).toEqual(['other ', 'a/b hello'])
  })

  it.each([
    ['/messages/', 400],
    ['/messages/%ff', 400],
    [`/messages/${'x'.repeat(65)}`, 413],
    ['/messages/a%1b', 400],
  ])('[X2] POST %s is answered with %i', async (path, status) => {
    const { ask, replica } = await openSite()
    expect(await ask(path, { method: 'POST', body: 'x' })).toMatchObject({ status })
    expect(replica.status().messages.sent).toBe(0)
  })
})

describe('POST /leave', () => {
  it('[M3] answers once the replica has left, and then lets the process end', async () => {
    let hasLeft = false
    const { ask, peer, replica } = await openSite({ onLeft: () => (hasLeft = true) })
    await until(() => peer.status().members.length === 1)
    await until(() => replica.status().members[0]?.state === 'linked')
    const { id } = replica
    expect(await ask('/leave', { method: 'POST' })).toMatchObject({
      status: 200,
      json: { left: id },
    })
    await until(() => hasLeft && peer.status().members.every(({ replica: known }) => known !== id))
  })

  it('[M3] says why it does not, and goes on', async () => {
    const { ask, replica, peer } = await openSite()
    await until(() => replica.status().members[0]?.state === 'linked')
    replica.cut(peer.id)
    await until(() => replica.status().members[0]?.state === 'cut')
    const reply = await ask('/leave?timeout=1', { method: 'POST' })
    expect(reply).toMatchObject({ status: 503, json: { error: { code: 'timeout' } } })
    expect(await ask('/leave?timeout=51', { method: 'POST' })).toMatchObject({ status: 400 })
    expect(await ask('/healthz')).toMatchObject({ status: 200 })
  })
})
