import { CLOSE_CODES, RejoinError, type Rejection } from '@rejoin/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'

import { webSocketTransport, type Secrets, type WebSocketTransport } from '../src/index.ts'
import { DiallerProver } from '../src/prover.ts'
import { SECRET_PROTOCOL } from '../src/route.ts'
import { Peer, rawSocket, serve, until, type Bench } from './bench.ts'
import { otherReplica, present, secret, Watched } from './link-ends.ts'

const WRONG = CLOSE_CODES['wrong-secret']
/** Longer than any test. */
const LONG_MS = 60_000

/** A replica that is dialled, and every link that it took. */
interface Taker extends Bench {
  readonly transport: WebSocketTransport
  readonly links: Watched[]
}

type Bounds = NonNullable<Parameters<typeof webSocketTransport>[0]>['bounds']

async function taker(secrets: Secrets | undefined, bounds: Bounds = {}): Promise<Taker> {
  const transport = webSocketTransport(secrets === undefined ? {} : { secrets })
  const links: Watched[] = []
  transport.listen((link) => links.push(new Watched(link)))
  const bench = await serve({ transport, bounds: { provingMs: LONG_MS, ...bounds } })
  return { ...bench, transport, links }
}

/** A replica that dials, and what it was told of links that came to nothing. */
interface Dialler {
  readonly transport: WebSocketTransport
  readonly rejections: Rejection[]
  readonly wrong: string[]
}

function dialler(secrets: Secrets | undefined, bounds: Bounds = {}): Dialler {
  const [rejections, wrong]: [Rejection[], string[]] = [[], []]
  const transport = webSocketTransport({
    ...(secrets === undefined ? {} : { secrets }),
    onRejection: (rejection) => rejections.push(rejection),
    onWrongSecret: (address) => wrong.push(address),
    bounds: { provingMs: LONG_MS, ...bounds },
  })
  onTestFinished(() => transport.close())
  return { transport, rejections, wrong }
}

async function failure(dialled: Promise<unknown>): Promise<RejoinError> {
  const error = await dialled.catch((reason: unknown) => reason)
  if (error instanceof RejoinError) return error
  throw new Error(`it is no RejoinError: ${String(error)}`)
}

/** Waits until a frame has gone there and back. */
async function checkSpeaks(near: Watched, far: Watched): Promise<void> {
  const [nearBefore, farBefore] = [near.frames.length, far.frames.length]
  near.link.send(Uint8Array.of(1, 2))
  await until(() => far.frames.length > farBefore)
  far.link.send(Uint8Array.of(3))
  await until(() => near.frames.length > nearBefore)
  expect(Array.from(far.frames.at(-1) ?? [])).toEqual([1, 2])
  expect(Array.from(near.frames.at(-1) ?? [])).toEqual([3])
}

/** A new link from one to the other, which carries frames. */
async function checkLinks(from: Dialler, to: Taker): Promise<[near: Watched, far: Watched]> {
  const before = to.links.length
  const near = new Watched(await from.transport.dial(to.url, LONG_MS))
  await until(() => to.links.length > before)
  const far = present(to.links[before])
  await checkSpeaks(near, far)
  return [near, far]
}

async function checkRefused(from: Dialler, to: Taker): Promise<void> {
  const before = to.host.codes().length
  const error = await failure(from.transport.dial(to.url, LONG_MS))
  expect(error.code).toBe('wrong-secret')
  expect(error.message).toContain(to.url)
  expect(error.message).toContain('give both the same')
  expect(to.host.codes().slice(before)).toEqual(['wrong-secret'])
}

/** Whoever knows nothing, at the port of a replica with a secret. */
async function stranger({ url }: Taker): Promise<Peer> {
  const peer = await new Peer(url, [SECRET_PROTOCOL]).open()
  await until(() => peer.frames.length === 1)
  return peer
}

describe('a replica with a secret', () => {
  it('is linked with one that has it too', async () => {
    const to = await taker([secret(1)])
    await checkLinks(dialler([secret(1)]), to)
    expect(to.host.rejections).toEqual([])
  })

  it('[X2] refuses one that has another, which is told so', async () => {
    const to = await taker([secret(1)])
    const from = dialler([secret(2)])
    await checkRefused(from, to)
    expect(from.wrong).toEqual([to.url])
    expect(to.links).toEqual([])
  })

  it('[X2] refuses one that has none, and is refused by it, with the reason', async () => {
    const without = dialler(undefined)
    const to = await taker([secret(1)])
    const link = new Watched(await without.transport.dial(to.url, LONG_MS))
    await until(() => link.closed !== undefined)
    const reason =
      'The replica that was dialled has a secret, the one that dialled has none; give both the same.'
    expect(link.closed).toEqual({ closeCode: WRONG, reason })
    expect([link.frames, to.links, without.wrong]).toEqual([[], [], [to.url]])
    expect(to.host.codes()).toEqual(['wrong-secret'])

    const having = dialler([secret(1)])
    const bare = await taker(undefined)
    await checkRefused(having, bare)
    expect([having.wrong, bare.links]).toEqual([[bare.url], []])
  })

  it('keeps a link whose other end has proven itself, however long it lasts', async () => {
    const provingMs = 1_000
    const to = await taker([secret(1)], { provingMs })
    const [near, far] = await checkLinks(dialler([secret(1)], { provingMs }), to)
    // The time of a stranger who came later is over later.
    await (await stranger(to)).close()
    await checkSpeaks(near, far)
  })

  it('takes what comes right behind the proof, in order, and before anybody listens', async () => {
    const transport = webSocketTransport({ secrets: [secret(1)] })
    const sent = Array.from({ length: 200 }, (_, at) => new Uint8Array(at * 10).fill(at))
    transport.listen((link) => {
      for (const frame of sent) link.send(frame)
      link.close(4400, 'That was all.')
      link.attach({ frame: () => {}, drained: () => {}, closed: () => {} })
    })
    const { url } = await serve({ transport })
    const link = await dialler([secret(1)]).transport.dial(url, LONG_MS)
    await new Promise((resolve) => setImmediate(resolve))
    const near = new Watched(link)
    await until(() => near.closed !== undefined)
    expect(near.frames.map((frame) => Array.from(frame))).toEqual(sent.map((frame) => [...frame]))
    expect(near.closed).toEqual({ closeCode: 4400, reason: 'That was all.' })
  })
})

const INPUTS: Readonly<Record<string, (challenge: Uint8Array) => Uint8Array>> = {
  'an empty frame': () => new Uint8Array(0),
  'a hello, as if there were no secret': () => Uint8Array.of(0, 2, 1, 2, 3, 4, 5, 6, 7, 8),
  'its own challenge': (challenge) => challenge,
  'its own nonce and no proof': (challenge) => Uint8Array.of(2, ...challenge.slice(1)),
  'a guess': (challenge) => answerOf(challenge, [secret(9)]),
  'as many guesses as fit': (challenge) => answerOf(challenge, [6, 7, 8, 9].map(secret)),
  'one guess too many': (challenge) => {
    return Uint8Array.of(...answerOf(challenge, [6, 7, 8, 9].map(secret)), ...new Uint8Array(32))
  },
  'a proof that is cut short': (challenge) => answerOf(challenge, [secret(1)]).slice(0, -1),
  'a proof with more behind it': (challenge) => {
    return Uint8Array.of(...answerOf(challenge, [secret(1)]), 0)
  },
  'the proof of another link': () => {
    return answerOf(Uint8Array.of(1, ...new Uint8Array(32)), [secret(1)])
  },
  'noise of 1,000 bytes': () => new Uint8Array(1_000).fill(77),
}

function answerOf(challenge: Uint8Array, secrets: Secrets): Uint8Array {
  const step = new DiallerProver(secrets).take(challenge)
  return present(step.ok ? step.value.answer : undefined)
}

describe('a stranger who dials', () => {
  it.each(Object.entries(INPUTS))('[X2] is refused for %s', async (_title, inputOf) => {
    const to = await taker([secret(1)], { closeMs: 300 })
    const peer = await stranger(to)
    const [challenge = new Uint8Array()] = peer.frames
    peer.socket.send(inputOf(challenge))
    // What comes after counts no more, the right answer neither.
    peer.socket.send(answerOf(challenge, [secret(1)]))
    expect((await peer.close()).code).toBe(WRONG)
    expect(to.host.codes()).toEqual(['wrong-secret'])
    expect([to.links, peer.frames.length]).toEqual([[], 1])
    await checkLinks(dialler([secret(1)]), to)
  })

  it('[X3] is refused once it was silent for long enough, and one that keeps pinging', async () => {
    const to = await taker([secret(1)], { provingMs: 50 })
    const peers = [await stranger(to), await stranger(to)]
    peers[1]?.socket.ping()
    for (const peer of peers) {
      expect(await peer.close()).toMatchObject({ code: WRONG, reason: /^No proof .* in 50 ms/ })
    }
    expect(to.host.codes()).toEqual(['wrong-secret', 'wrong-secret'])
    expect(to.links).toEqual([])
  })

  it('[X3] is refused for more bytes than a proof has, whatever they are', async () => {
    const to = await taker([secret(1)], { closeMs: 300 })
    const [large, pings] = [await stranger(to), await stranger(to)]
    large.socket.send(new Uint8Array(2_000))
    for (let left = 20; left > 0; left--) pings.socket.ping(new Uint8Array(100))
    for (const peer of [large, pings]) {
      expect(await peer.close()).toMatchObject({ code: WRONG, reason: /^Over 1024 bytes/ })
    }
    expect(to.host.codes()).toEqual(['wrong-secret', 'wrong-secret'])
    expect(to.links).toEqual([])
  })

  it('[X3] is not read from after that, and its socket is destroyed', async () => {
    const to = await taker([secret(1)], { closeMs: 500 })
    const socket = await rawSocket(to, '/', SECRET_PROTOCOL)
    // A frame that claims 16 MiB, and more than the buffers of the system between the two ends hold.
    socket.write(Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0))
    for (let left = 40; left > 0; left--) socket.write(new Uint8Array(1_048_576))
    await until(() => to.host.codes().length === 1)
    await checkLinks(dialler([secret(1)]), to)
    expect(socket.writableLength).toBeGreaterThan(16_777_216)
    await until(() => to.serving.connections === 1)
    expect(to.host.codes()).toEqual(['wrong-secret'])
  })
})

describe('a stranger who is dialled', () => {
  it.each(
    Object.entries({
      'noise for a challenge': [Uint8Array.of(1, 2, 3)],
      'a hello': [Uint8Array.of(0, 2, 1, 2, 3, 4, 5, 6, 7, 8)],
      'no proof': [Uint8Array.of(1, ...new Uint8Array(32)), new Uint8Array(33).fill(3)],
      'another challenge': [Uint8Array.of(1, ...new Uint8Array(32)), new Uint8Array(33).fill(1)],
      'too many bytes': [new Uint8Array(2_000)],
    }),
  )('[X2] is refused for %s', async (_title, frames) => {
    const other = await otherReplica({})
    const closes: number[] = []
    other.server.on('connection', (socket) => {
      for (const frame of frames) socket.send(frame)
      socket.on('close', (code) => closes.push(code))
    })
    const from = dialler([secret(1)], { closeMs: 300 })
    expect((await failure(from.transport.dial(other.address, LONG_MS))).code).toBe('wrong-secret')
    expect(from.rejections.map(({ code }) => code)).toEqual(['wrong-secret'])
    await until(() => closes.length > 0)
    expect([closes, from.wrong]).toEqual([[WRONG], [other.address]])
  })

  it('[X2] is refused for what a replica with the secret said to another', async () => {
    const to = await taker([secret(1)])
    const peer = await stranger(to)
    peer.socket.send(answerOf(present(peer.frames[0]), [secret(1)]))
    await until(() => peer.frames.length === 2)
    const other = await otherReplica({})
    other.server.on('connection', (socket) => {
      for (const frame of peer.frames) socket.send(frame)
    })
    const from = dialler([secret(1)])
    expect((await failure(from.transport.dial(other.address, LONG_MS))).code).toBe('wrong-secret')
  })

  it('[X3] and says nothing is given up at the deadline of the dial, or of the proof', async () => {
    const other = await otherReplica({})
    const patient = dialler([secret(1)])
    expect((await failure(patient.transport.dial(other.address, 50))).code).toBe('timeout')
    const brief = dialler([secret(1)], { provingMs: 50 })
    const error = await failure(brief.transport.dial(other.address, LONG_MS))
    expect(error).toMatchObject({ code: 'wrong-secret', message: /in 50 ms/ })
  })

  it('closing the transport ends a dial whose proof is still to come', async () => {
    const other = await otherReplica({})
    const connected = new Promise((resolve) => other.server.on('connection', resolve))
    const from = dialler([secret(1)])
    const dialled = failure(from.transport.dial(other.address, LONG_MS))
    await connected
    await from.transport.close()
    expect((await dialled).code).toBe('closed')
  })
})

describe('a stranger in between, through whom two prove themselves to each other', () => {
  /** Passes on what both say as long as they prove themselves, and then holds both ends. */
  async function relayed(): Promise<{
    readonly near: Watched
    readonly far: Watched
    readonly to: Taker
    readonly from: Dialler
    readonly sockets: readonly Peer['socket'][]
    readonly caught: Uint8Array[]
  }> {
    const to = await taker([secret(1)])
    const other = await otherReplica({})
    const from = dialler([secret(1)])
    const caught: Uint8Array[] = []
    const sockets: Peer['socket'][] = []
    other.server.on('connection', (socket) => {
      const onward = new Peer(to.url, [SECRET_PROTOCOL]).socket
      sockets.push(socket, onward)
      onward.on('message', (frame: Buffer) => socket.send(frame))
      socket.once('message', (frame: Buffer) => {
        onward.send(frame)
        socket.on('message', (tagged: Buffer) => caught.push(tagged))
      })
    })
    const near = new Watched(await from.transport.dial(other.address, LONG_MS))
    await until(() => to.links.length === 1)
    return { near, far: present(to.links[0]), to, from, sockets, caught }
  }

  it('[X2] can pass on what they say, and say nothing in the place of either', async () => {
    const { near, far, to, from, sockets, caught } = await relayed()
    near.link.send(Uint8Array.of(1))
    await until(() => caught.length === 1)
    const [toNear, toFar] = sockets
    toFar?.send(present(caught[0]))
    await until(() => far.frames.length === 1)
    // Once more, and back to where it came from.
    toFar?.send(present(caught[0]))
    toNear?.send(present(caught[0]))
    await until(() => near.closed !== undefined && far.closed !== undefined)
    expect([near.closed?.closeCode, far.closed?.closeCode]).toEqual([WRONG, WRONG])
    expect([near.frames, far.frames.map((frame) => [...frame])]).toEqual([[], [[1]]])
    expect(to.host.codes()).toEqual(['wrong-secret'])
    expect(from.rejections.map(({ code }) => code)).toEqual(['wrong-secret'])
  })

  it('[X2] can end a link, and not in the name of the other replica', async () => {
    const { near, far, sockets } = await relayed()
    for (const socket of sockets) socket.close(CLOSE_CODES.retired, 'Your id was removed.')
    await until(() => near.closed !== undefined && far.closed !== undefined)
    for (const { closed } of [near, far]) {
      expect(closed).toMatchObject({ closeCode: 1006, reason: /does not vouch/ })
    }
  })

  it('a replica itself can: its code arrives', async () => {
    const [near, far] = await checkLinks(dialler([secret(1)]), await taker([secret(1)]))
    far.link.close(CLOSE_CODES.retired, 'Your id was removed.')
    await until(() => near.closed !== undefined)
    expect(near.closed).toEqual({ closeCode: 4409, reason: 'Your id was removed.' })
  })
})

describe('rotation', () => {
  const [old, fresh, other] = [secret(1), secret(2), secret(3)]
  const steps = [[old], [old, fresh], [fresh, old], [fresh]]

  it('links every pair at every step, whichever of them has gone on already', async () => {
    for (const [at, here] of steps.entries()) {
      for (const there of steps.slice(Math.max(0, at - 1), at + 2)) {
        await checkLinks(dialler(here), await taker(there))
      }
    }
  })

  it('[X2] ends for the old secret when the last list has dropped it', async () => {
    await checkRefused(dialler([old]), await taker([fresh]))
    await checkRefused(dialler([fresh]), await taker([old]))
    await checkRefused(dialler([old, other]), await taker([fresh]))
  })

  it('leaves open links alone, and holds for the next one', async () => {
    const [from, to] = [dialler([old]), await taker([old])]
    const [near, far] = await checkLinks(from, to)
    to.transport.useSecrets([fresh])
    await checkRefused(from, to)
    await checkSpeaks(near, far)
    from.transport.useSecrets([fresh])
    await checkLinks(from, to)
    await checkSpeaks(near, far)
    expect(() => to.transport.useSecrets([])).toThrow(RangeError)
    await checkLinks(from, to)
  })
})
