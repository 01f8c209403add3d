import assert from 'node:assert/strict'

import { LIMITS, RejoinError } from '@rejoin/protocol'

import type { Link, LinkListener, Transport } from '../ports/transport.ts'

/**
 * What every transport must pass: each sentence of the port's comment as a case, run over two
 * transports that the adapter's own test opens. It needs no test runner of its own: it is given
 * `describe` and `it`. Nothing in it sleeps; what must come is waited for with a deadline.
 */
export interface TransportUnderTest {
  readonly here: Transport
  /** Has an address; `here` dials it. */
  readonly there: Transport
  /** An address at which nobody listens, so that a dial fails at once. */
  readonly nowhere: string
  /** An address that takes a dial and never answers it. */
  readonly silent: string
  close(): Promise<void>
}

export interface TestRunner {
  readonly describe: (title: string, body: () => void) => void
  readonly it: (title: string, body: () => Promise<void>) => void
}

export function transportConformance(
  { describe, it }: TestRunner,
  name: string,
  open: () => Promise<TransportUnderTest>,
): void {
  describe(`${name} is a transport`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      it(title, async () => {
        const under = await open()
        try {
          await check(new Bench(under))
        } finally {
          await under.close()
        }
      })
    }
  })
}

type Check = (bench: Bench) => Promise<void>

const PATIENCE_MS = 20_000

const CASES: Readonly<Record<string, Check>> = {
  'frames arrive whole, once and in order, both ways': async (bench) => {
    const [near, far] = await bench.connect()
    const sent = Array.from({ length: 2_000 }, (_, at) => frameOf(at, (at * 7) % 300))
    for (const frame of sent) {
      near.link.send(frame)
      far.link.send(frame)
    }
    await until(() => near.frames.length >= sent.length && far.frames.length >= sent.length)
    for (const end of [near, far]) assert.ok(equalFrames(end.frames, sent))
  },

  'an empty frame is a frame': async (bench) => {
    const [near, far] = await bench.connect()
    for (const length of [0, 3, 0]) near.link.send(frameOf(1, length))
    await until(() => far.frames.length === 3)
    assert.deepEqual(lengths(far.frames), [0, 3, 0])
  },

  'a frame of 16 MiB arrives whole, between small ones': async (bench) => {
    const [near, far] = await bench.connect()
    const sent = [frameOf(1, 1), frameOf(2, LIMITS.frameBytesMax), frameOf(3, 1)]
    for (const frame of sent) near.link.send(frame)
    await until(() => far.frames.length === 3)
    assert.ok(equalFrames(far.frames, sent))
  },

  'what was sent before close arrives, then closed, at both ends, with the code and the reason':
    async (bench) => {
      const [near, far] = await bench.connect()
      near.link.send(frameOf(1, 1_000_000))
      near.link.send(frameOf(2, 10))
      near.link.close(4400, 'The reason — as it was given.')
      await until(() => near.closes.length > 0 && far.closes.length > 0)
      assert.deepEqual(lengths(far.frames), [1_000_000, 10])
      assert.deepEqual(far.closes, [[4400, 'The reason — as it was given.']])
      assert.deepEqual(near.closes, far.closes)
    },

  'closed comes once, and nothing after it, when both ends close': async (bench) => {
    const [near, far] = await bench.connect()
    near.link.close(4400, 'here')
    far.link.close(4401, 'there')
    near.link.close(4402, 'again')
    await until(() => near.closes.length > 0 && far.closes.length > 0)
    near.link.close(4403, 'late')
    near.link.send(frameOf(1, 1))
    far.link.send(frameOf(1, 1))
    // A second link's round trip gives whatever might still come the time to come.
    await bench.roundTrip()
    assert.deepEqual([near.closes.length, far.closes.length], [1, 1])
    assert.deepEqual([near.late, far.late], [0, 0])
  },

  'a long reason does not keep a link from closing': async (bench) => {
    const [near, far] = await bench.connect()
    near.link.close(4400, '很长的理由'.repeat(100))
    await until(() => far.closes.length > 0)
    const [closeCode, reason] = far.closes[0] ?? []
    assert.equal(closeCode, 4400)
    assert.ok('很长的理由'.repeat(100).startsWith(reason ?? 'another'))
  },

  'send does nothing on a link that has ended': async (bench) => {
    const [near, far] = await bench.connect()
    near.link.close(4400, 'over')
    near.link.send(frameOf(1, 5))
    await until(() => near.closes.length > 0 && far.closes.length > 0)
    near.link.send(frameOf(2, 5))
    far.link.send(frameOf(3, 5))
    await bench.roundTrip()
    assert.deepEqual([near.frames, far.frames], [[], []])
  },

  'no listener is called inside send or close': async (bench) => {
    const [near, far] = await bench.connect()
    for (let at = 0; at < 100; at++) near.calmly(() => near.link.send(frameOf(at, 100_000)))
    near.calmly(() => near.link.close(4400, 'done'))
    await until(() => far.closes.length > 0 && near.closes.length > 0)
    assert.equal(near.inside, 0)
  },

  'queuedBytes rises with a burst, falls to 0, and drained says so': async (bench) => {
    const [near, far] = await bench.connect()
    for (let at = 0; at < 8; at++) near.link.send(frameOf(at, 4_194_304))
    assert.ok(near.link.queuedBytes > 0)
    await until(() => far.frames.length === 8 && near.drains > 0 && near.link.queuedBytes === 0)
  },

  'dial rejects clearly where nobody listens': async ({ here, nowhere }) => {
    const error = await rejectionOf(here.dial(nowhere, PATIENCE_MS))
    assert.ok(error.message.includes(nowhere), error.message)
  },

  'dial rejects what is no address': async ({ here }) => {
    const error = await rejectionOf(here.dial('what is this?', PATIENCE_MS))
    assert.ok(error.message.includes('what is this?'), error.message)
  },

  'dial gives up at its deadline': async ({ here, silent }) => {
    const error = await rejectionOf(here.dial(silent, 50))
    assert.ok(error instanceof RejoinError && error.code === 'timeout', error.message)
    assert.match(error.message, /50 ms/)
  },

  'close ends all links with 1001 and the dials under way, and dials no more': async (bench) => {
    const [near, far] = await bench.connect()
    const dialling = rejectionOf(bench.here.dial(bench.silent, PATIENCE_MS))
    await bench.here.close()
    assert.equal(near.closes.length, 1)
    await dialling
    await until(() => far.closes.length > 0)
    assert.equal(far.closes[0]?.[0], 1001)
    await rejectionOf(bench.here.dial(bench.there.address ?? '', PATIENCE_MS))
  },

  'listen is called once': async ({ there }) => assert.throws(() => there.listen(() => {})),

  'every link is its own': async (bench) => {
    const [near, far] = await bench.connect()
    const [otherNear, otherFar] = await bench.roundTrip()
    otherNear.link.close(4400, 'over')
    await until(() => otherFar.closes.length > 0)
    near.link.send(frameOf(1, 1))
    await until(() => far.frames.length === 1)
    assert.deepEqual([near.closes, far.closes], [[], []])
  },
}

/** The two transports, and links between them whose ends are recorded. */
class Bench {
  readonly here: Transport
  readonly there: Transport
  readonly nowhere: string
  readonly silent: string
  readonly #accepted: Recorder[] = []

  constructor({ here, there, nowhere, silent }: TransportUnderTest) {
    this.here = here
    this.there = there
    this.nowhere = nowhere
    this.silent = silent
    there.listen((link) => this.#accepted.push(new Recorder(link)))
  }

  async connect(): Promise<[near: Recorder, far: Recorder]> {
    const before = this.#accepted.length
    const near = new Recorder(await this.here.dial(this.there.address ?? '', PATIENCE_MS))
    await until(() => this.#accepted.length > before)
    const far = this.#accepted[before]
    assert.ok(far !== undefined)
    return [near, far]
  }

  /** A new link, and a frame there and back: whatever else was under way has come meanwhile. */
  async roundTrip(): Promise<[near: Recorder, far: Recorder]> {
    const [near, far] = await this.connect()
    near.link.send(frameOf(1, 1))
    await until(() => far.frames.length === 1)
    far.link.send(frameOf(1, 1))
    await until(() => near.frames.length === 1)
    return [near, far]
  }
}

/** One end of a link, and all that its listener heard. */
class Recorder implements LinkListener {
  readonly link: Link
  readonly frames: Uint8Array[] = []
  readonly closes: [closeCode: number, reason: string][] = []
  drains = 0
  /** Calls after the first `closed`. */
  late = 0
  /** Calls while `calmly` ran something. */
  inside = 0
  #calm = false

  constructor(link: Link) {
    this.link = link
    link.attach(this)
  }

  calmly(run: () => void): void {
    this.#calm = true
    run()
    this.#calm = false
  }

  frame(frame: Uint8Array): void {
    this.#called()
    this.frames.push(frame)
  }

  drained(): void {
    this.#called()
    this.drains++
  }

  closed(closeCode: number, reason: string): void {
    this.#called()
    this.closes.push([closeCode, reason])
  }

  #called(): void {
    if (this.closes.length > 0) this.late++
    if (this.#calm) this.inside++
  }
}

/** `length` bytes that differ from those of another `seed`. */
function frameOf(seed: number, length: number): Uint8Array {
  const frame = new Uint8Array(length)
  for (let at = 0; at < length; at++) frame[at] = (seed * 31 + at * 7 + (at >> 8)) & 0xff
  return frame
}

function lengths(frames: readonly Uint8Array[]): number[] {
  return frames.map((frame) => frame.length)
}

function equalFrames(got: readonly Uint8Array[], sent: readonly Uint8Array[]): boolean {
  return (
    got.length === sent.length &&
    got.every((frame, at) => Buffer.compare(frame, sent[at] ?? new Uint8Array()) === 0)
  )
}

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(outcome instanceof Error, 'the promise should have been rejected with an Error')
  return outcome
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!condition()) {
    assert.ok(
      performance.now() < deadline,
      `still not so after ${PATIENCE_MS} ms: ${String(condition)}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
