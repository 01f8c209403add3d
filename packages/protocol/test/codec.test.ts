import { crc32 as zlibCrc32 } from 'node:zlib'

import {
  CHECKSUM_BYTES,
  CLOSE_CODES,
  crc32,
  decodeClientMessage,
  decodeEntry,
  decodePresence,
  decodeReplicaMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeEntry,
  encodePresence,
  encodeReplicaMessage,
  encodeServerMessage,
  FINGERPRINT_BYTES,
  LIMITS,
  MEMBER_STATES,
  rejectionOfClose,
  seal,
  WISHES,
  type ClientMessage,
  type Entry,
  type Heads,
  type MemberRecord,
  type ReplicaId,
  type ReplicaMessage,
  type Result,
  type ServerMessage,
} from '@rejoin/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const hex = fc.stringMatching(/^[0-9a-f]{16}$/)
const replica = hex.map((text) => text as ReplicaId)
const bytes = fc.uint8Array({ maxLength: 40 })
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const version = fc
  .dictionary(hex, seq, { maxKeys: 4 })
  .map(
    (each) =>
      new Map(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) as Map<
        ReplicaId,
        number
      >,
  )
const name = fc.constantFrom('notes', 'a/b c', '../x', 'é漢😀', 'n'.repeat(1_024))
const change = fc.record({ document: name, update: bytes })

const entry: fc.Arbitrary<Entry> = fc.record({
  dot: fc.record({ replica, seq }),
  deps: version,
  changes: fc.array(change, { maxLength: 3 }),
})

const heads: fc.Arbitrary<Heads> = version.chain((origins) =>
  hex.map((hash) => new Map([...origins].map(([id, each]) => [id, { seq: each, hash }]))),
)

const fingerprint = fc.uint8Array({ minLength: FINGERPRINT_BYTES, maxLength: FINGERPRINT_BYTES })
const tags = fc
  .dictionary(fc.constantFrom('region', 'role', 'zone'), fc.constantFrom('', 'eu', 'voter'))
  .map((each) => new Map(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))))
const contact = fc.record({ replica, address: fc.constantFrom('ws://a', 'ws://b:1', '') })
const contacts = fc.array(contact, { maxLength: 4 })
const memberRecord: fc.Arbitrary<MemberRecord> = fc
  .record({
    replica,
    incarnation: fc.nat(),
    state: fc.constantFrom(...MEMBER_STATES),
    address: fc.constantFrom('ws://a', ''),
    tags,
    by: replica,
  })
  .map(({ by, ...record }) => (record.state === 'suspect' ? { ...record, by } : record))

const replicaMessage: fc.Arbitrary<ReplicaMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    protocol: fc.nat(9),
    replica,
    run: hex,
    address: fc.string({ unit: 'grapheme', maxLength: 20 }),
    incarnation: fc.nat(),
    tags,
    wish: fc.constantFrom(...WISHES),
    members: fc.nat(),
    beliefs: fingerprint,
    holds: fc.nat(),
  }),
  fc.record({
    type: fc.constant('have' as const),
    heads,
    position: fc.record({ root: replica, term: fc.nat(), seq: fc.nat(), distance: fc.nat() }),
    sum: fingerprint,
    members: fc.tuple(replica, version).map(([id, each]) => new Map([[id, each]])),
  }),
  fc.record({
    type: fc.constant('want' as const),
    graft: fc.boolean(),
    ranges: fc.array(
      fc.record({
        origin: replica,
        from: fc.integer({ min: 1, max: 100 }),
        to: fc.integer({ min: 99, max: 200 }),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({ type: fc.constant('allow' as const), bytes: fc.nat() }),
  fc.record({
    type: fc.constant('entries' as const),
    previous: hex,
    entries: fc.array(bytes, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('members' as const),
    members: fc.array(memberRecord, { maxLength: 4 }),
    addresses: fc.array(
      fc.record({
        address: fc.constantFrom('ws://a', 'ws://b:1'),
        replica: fc.option(replica, { nil: undefined }),
      }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    type: fc.constant('push' as const),
    series: fc.array(
      fc.record({
        previous: hex,
        entries: fc.array(bytes, { maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ type: fc.constant('prune' as const) }),
  fc.record({
    type: fc.constant('compare' as const),
    ranges: bytes,
    asks: fc.array(replica, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('contacts' as const), contacts }),
  fc.record({ type: fc.constant('forward-join' as const), newcomer: contact, ttl: fc.nat(9) }),
  fc.record({
    type: fc.constant('shuffle' as const),
    isAnswer: fc.boolean(),
    path: fc.array(replica, { maxLength: 8 }),
    contacts,
  }),
  fc.record({ type: fc.constantFrom('ping' as const, 'ack' as const, 'nack' as const), seq }),
  fc.record({ type: fc.constant('ping-req' as const), seq, target: replica }),
  fc.record({
    type: fc.constant('census' as const),
    round: fc.nat(),
    electorate: fingerprint,
    counted: bytes,
    base: fingerprint,
    low: version,
    high: version,
  }),
  fc.record({
    type: fc.constant('message' as const),
    origin: replica,
    run: hex,
    number: fc.nat(),
    hopsLeft: fc.nat(LIMITS.messageHopsMax),
    topic: fc.constantFrom('deploy', 'a/b', '世 😀', 'x'.repeat(LIMITS.messageTopicBytesMax)),
    payload: bytes,
  }),
  fc.record({ type: fc.constant('behind' as const), floors: heads }),
  fc.record({ type: fc.constant('forked' as const), head: fc.record({ seq, hash: hex }) }),
  fc.record({
    type: fc.constant('fetch' as const),
    only: fc.boolean(),
    document: fc.oneof(fc.constant(''), name),
    skip: fc.nat(),
  }),
  fc.record({
    type: fc.constant('documents' as const),
    base: heads,
    upTo: version,
    pieces: fc.array(fc.record({ document: name, bytes, left: fc.nat(), last: fc.boolean() }), {
      maxLength: 4,
    }),
    done: fc.boolean(),
  }),
  fc.record({ type: fc.constant('presence' as const), document: name, update: bytes }),
)

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constant('open' as const), document: name, stateVector: bytes }),
  fc.record({ type: fc.constant('leave' as const), document: name }),
  fc.record({ type: fc.constant('edit' as const), document: name, ref: fc.nat(), update: bytes }),
  fc.record({ type: fc.constant('presence' as const), document: name, update: bytes }),
)

const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ type: fc.constant('welcome' as const), replica }),
  fc.record({
    type: fc.constant('opened' as const),
    document: name,
    stateVector: bytes,
    update: bytes,
  }),
  fc.record({ type: fc.constant('update' as const), document: name, update: bytes }),
  fc.record({ type: fc.constant('ack' as const), document: name, ref: fc.nat(), replica, seq }),
  fc.record({ type: fc.constant('ask' as const), document: name, stateVector: bytes }),
  fc.record({
    type: fc.constant('refused' as const),
    document: name,
    ref: fc.nat(),
    code: fc.constantFrom('bad-name' as const, 'too-large' as const),
    reason: fc.string({ unit: 'grapheme', maxLength: 30 }),
  }),
  fc.record({ type: fc.constant('presence' as const), document: name, update: bytes }),
)

interface Codec<T> {
  readonly arbitrary: fc.Arbitrary<T>
  readonly encode: (value: T) => Uint8Array
  readonly decode: (frame: Uint8Array) => Result<T>
}

function sealed(content: Uint8Array): Uint8Array {
  return seal(Uint8Array.of(...content, ...new Uint8Array(CHECKSUM_BYTES)))
}

function laws<T>(what: string, { arbitrary, encode, decode }: Codec<T>): void {
  describe(`[X2] ${what}`, () => {
    test('what is encoded is what is decoded', () => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          expect(decode(encode(value))).toEqual({ ok: true, value })
        }),
        { seed: 1, numRuns: 300 },
      )
    })

    test('every truncation, and bytes after the end, are refused', () => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          const frame = encode(value)
          for (let length = 0; length < Math.min(frame.length, 80); length++) {
            expect(decode(frame.subarray(0, length)).ok, `${length} bytes`).toBe(false)
          }
          expect(decode(Uint8Array.of(...frame, 0)).ok).toBe(false)
        }),
        { seed: 2, numRuns: 60 },
      )
    })

    test('no bytes make it throw', () => {
      fc.assert(
        fc.property(arbitrary, fc.nat(), fc.nat(255), (value, at, byte) => {
          const frame = encode(value)
          frame[at % frame.length] = byte
          expect(typeof decode(frame).ok).toBe('boolean')
        }),
        { seed: 3, numRuns: 2_000 },
      )
    })
  })
}

laws('messages between replicas', {
  arbitrary: replicaMessage,
  encode: encodeReplicaMessage,
  decode: decodeReplicaMessage,
})
laws('messages between replicas, from one that knows how to write a checksum', {
  arbitrary: replicaMessage,
  encode: (message) => encodeReplicaMessage(message).slice(0, -CHECKSUM_BYTES),
  decode: (content) => decodeReplicaMessage(sealed(content)),
})
laws('messages of clients', {
  arbitrary: clientMessage,
  encode: encodeClientMessage,
  decode: decodeClientMessage,
})
laws('messages to clients', {
  arbitrary: serverMessage,
  encode: encodeServerMessage,
  decode: decodeServerMessage,
})
laws('entries', { arbitrary: entry, encode: encodeEntry, decode: decodeEntry })

test('[X2] a frame of which any bit was flipped on its way is refused as that', () => {
  fc.assert(
    fc.property(replicaMessage, fc.nat(), (message, at) => {
      const frame = encodeReplicaMessage(message)
      const bit = at % (frame.length * 8)
      frame[bit >>> 3] = (frame[bit >>> 3] as number) ^ (1 << (bit & 7))
      expect(decodeReplicaMessage(frame)).toMatchObject({ rejection: { code: 'corrupt' } })
    }),
    { seed: 4, numRuns: 2_000 },
  )
})

test('[X2] the checksum is the one that zlib computes, in one go or in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array(), (first, second) => {
      expect(crc32(first)).toBe(zlibCrc32(first))
      expect(crc32(second, crc32(first))).toBe(zlibCrc32(Buffer.concat([first, second])))
    }),
    { seed: 5 },
  )
})

test('[L1] an entry has one encoding, whatever the order of its deps in memory', () => {
  const [a, b] = ['a'.repeat(16) as ReplicaId, 'b'.repeat(16) as ReplicaId]
  const dot = { replica: a, seq: 1 }
  const one = encodeEntry({
    dot,
    deps: new Map([
      [a, 1],
      [b, 2],
    ]),
    changes: [],
  })
  const other = encodeEntry({
    dot,
    deps: new Map([
      [b, 2],
      [a, 1],
    ]),
    changes: [],
  })
  expect(one).toEqual(other)
})

test('[X2] a frame that claims more than it has is refused before anything is made for it', () => {
  const claims = [
    Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 3, 1),
    Uint8Array.of(1, 255, 255, 255, 255, 15),
    Uint8Array.of(5, 5, 255, 255, 255, 255, 15),
  ]
  for (const claim of claims) expect(decodeReplicaMessage(sealed(claim)).ok).toBe(false)
})

test('[X2] a place in the tree to which nothing could be added is refused', () => {
  const most = LIMITS.treePositionMax
  const places = [
    { term: most + 1, seq: 1, distance: 0 },
    { term: 1, seq: most + 1, distance: 0 },
    { term: 1, seq: 1, distance: most },
  ]
  for (const place of places) {
    const position = { root: '0123456789abcdef' as ReplicaId, ...place }
    const have = { type: 'have', heads: new Map(), position, members: new Map() } as const
    const decoded = decodeReplicaMessage(encodeReplicaMessage(have))
    expect(decoded).toMatchObject({ ok: false, rejection: { code: 'too-large' } })
  }
})

test('[X2] presence: bounded, and JSON or nothing', () => {
  const states = [
    { client: 1, clock: 2, state: '{"name":"ann"}' },
    { client: 3, clock: 1, state: 'null' },
  ]
  expect(decodePresence(encodePresence(states))).toEqual({ ok: true, value: states })
  const bad = encodePresence([{ client: 1, clock: 2, state: '{"name":' }])
  expect(decodePresence(bad)).toMatchObject({ rejection: { code: 'malformed' } })
  const large = encodePresence([{ client: 1, clock: 2, state: `"${'x'.repeat(20_000)}"` }])
  expect(decodePresence(large)).toMatchObject({ rejection: { code: 'too-large' } })
})

test('[X2] every rejection has a close code of its own', () => {
  const codes = Object.values(CLOSE_CODES)
  expect(new Set(codes).size).toBe(codes.length)
  for (const [code, number] of Object.entries(CLOSE_CODES))
    expect(rejectionOfClose(number)).toBe(code)
  expect(rejectionOfClose(1000)).toBeUndefined()
})
