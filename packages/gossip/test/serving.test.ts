import { LIMITS, type Range, type ReplicaId, type ReplicaMessage } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { GOSSIP_LIMITS } from '../src/limits.ts'
import { id, Rig } from './rig.ts'

const START = '0'.repeat(16)
const WINDOW = LIMITS.windowBytesMax
const CHUNK = GOSSIP_LIMITS.chunkBytesMax

/** A replica with a log, to which peer a asks for entries on link 1. */
function serving(lengths: Readonly<Record<string, number>>): Rig {
  const rig = new Rig()
  for (const [letter, seq] of Object.entries(lengths)) {
    rig.heads.set(id(letter), { seq, hash: '1'.repeat(16) })
  }
  rig.step({ type: 'linked', link: 1 })
  rig.hello(1, id('a'))
  rig.take('send')
  return rig
}

function want(...ranges: Range[]): ReplicaMessage {
  return { type: 'want', graft: false, ranges }
}

function rangeOf(letter: string, from: number, to: number): Range {
  return { origin: id(letter), from, to }
}

/** The log answers the read that is under way, if there is one, with entries of `bytesEach`. */
function read(rig: Rig, bytesEach: number): Range | undefined {
  const reads = rig.take('read')
  expect(reads.length).toBeLessThanOrEqual(1)
  const [effect] = reads
  if (effect === undefined) return undefined
  const { link, range, bytesMax } = effect
  const count = Math.min(range.to - range.from + 1, Math.max(1, Math.ceil(bytesMax / bytesEach)))
  const entries = Array.from({ length: count }, () => new Uint8Array(bytesEach))
  rig.step({ type: 'read', link, range, found: { previous: START, entries } })
  return { ...range, to: range.from + count - 1 }
}

/** Reads and sends until nothing more is to be read; answers the chunks that were sent. */
function serveAll(rig: Rig, bytesEach: number, chunksMax = 10_000): Range[] {
  const chunks: Range[] = []
  for (let chunk = read(rig, bytesEach); chunk !== undefined; chunk = read(rig, bytesEach)) {
    if (rig.take('serve').length === 1) chunks.push(chunk)
    rig.step({ type: 'served', link: 1 })
    if (chunks.length === chunksMax) break
  }
  return chunks
}

function bytesIn(chunks: readonly Range[], bytesEach: number): number {
  return chunks.reduce((sum, { from, to }) => sum + (to - from + 1) * bytesEach, 0)
}

describe('whoever asks for entries', () => {
  test('[L6] gets all of them in order for one want, chunk after chunk', () => {
    const rig = serving({ 5: 1_000 })
    rig.hears(1, want(rangeOf('5', 3, 1_000)))
    let next = 3
    for (const { from, to } of serveAll(rig, 4_000)) {
      expect(from).toBe(next)
      next = to + 1
    }
    expect(next).toBe(1_001)
  })

  test('[X3] is sent its window and a chunk at most, and later as much as it allows', () => {
    const rig = serving({ 5: 1_000_000 })
    rig.hears(1, want(rangeOf('5', 1, 1_000_000)))
    const first = bytesIn(serveAll(rig, 1_000), 1_000)
    expect(first).toBeGreaterThanOrEqual(WINDOW)
    expect(first).toBeLessThanOrEqual(WINDOW + CHUNK + 1_000)
    // What went over is taken off.
    rig.hears(1, { type: 'allow', bytes: first - WINDOW })
    expect(serveAll(rig, 1_000)).toEqual([])
    rig.hears(1, { type: 'allow', bytes: WINDOW / 2 })
    const second = bytesIn(serveAll(rig, 1_000), 1_000)
    expect(second).toBeGreaterThanOrEqual(WINDOW / 2)
    expect(second).toBeLessThanOrEqual(WINDOW / 2 + CHUNK + 1_000)
  })

  test('[X3] is sent no more than a window, whatever it allows', () => {
    const rig = serving({ 5: 1_000_000 })
    for (let times = 0; times < 10; times++) rig.hears(1, { type: 'allow', bytes: 2 ** 50 })
    rig.hears(1, want(rangeOf('5', 1, 1_000_000)))
    expect(bytesIn(serveAll(rig, 1_000), 1_000)).toBeLessThanOrEqual(WINDOW + CHUNK + 1_000)
  })

  test('[X3] and does not take it costs one chunk, however often it asks', () => {
    const rig = serving({ 5: 1_000_000 })
    for (let times = 0; times < 100; times++) rig.hears(1, want(rangeOf('5', 1 + times, 1_000_000)))
    expect(rig.take('read')).toHaveLength(1)
    const range = { ...rangeOf('5', 1, 10_000) }
    rig.step({ type: 'read', link: 1, range, found: { previous: START, entries: [] } })
    expect(read(rig, 1_000)).toMatchObject({ from: 100 })
    expect(rig.take('serve')).toHaveLength(1)
    for (let times = 0; times < 100; times++) rig.hears(1, want(rangeOf('5', 1 + times, 1_000_000)))
    rig.hears(1, { type: 'allow', bytes: WINDOW })
    expect(rig.take('read')).toEqual([])
    expect(rig.take('serve')).toEqual([])
  })

  test('[X3] has no more origins waiting than one want may name', () => {
    const rig = serving({})
    const origins = Array.from({ length: 3 * LIMITS.wantRangesMax }, (_, at) => {
      return at.toString(16).padStart(16, '0') as ReplicaId
    })
    for (const origin of origins) rig.heads.set(origin, { seq: 1, hash: '1'.repeat(16) })
    for (let at = 0; at < origins.length; at += 500) {
      const some = origins.slice(at, at + 500)
      rig.hears(1, want(...some.map((origin) => ({ origin, from: 1, to: 1 }))))
    }
    expect(serveAll(rig, 10)).toHaveLength(LIMITS.wantRangesMax)
  })

  test('[L6] gets of each origin its share of what is missing, whatever the sizes', () => {
    const lengths = { b: 40_000, c: 10_000, d: 2_000 }
    const rig = serving(lengths)
    rig.hears(1, want(...Object.entries(lengths).map(([letter, to]) => rangeOf(letter, 1, to))))
    const upTo = new Map(Object.keys(lengths).map((letter) => [id(letter), 0]))
    for (const { origin, from, to } of serveAll(rig, 50)) {
      expect(from).toBe((upTo.get(origin) ?? 0) + 1)
      upTo.set(origin, to)
      const shares = Object.entries(lengths).map(
        ([letter, all]) => (upTo.get(id(letter)) ?? 0) / all,
      )
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.1)
    }
    expect([...upTo.values()]).toEqual([40_000, 10_000, 2_000])
  })

  test('[L6] may take back what it asked for, also while that is being read', () => {
    const rig = serving({ 5: 1_000, b: 1_000 })
    rig.hears(1, want(rangeOf('5', 1, 1_000)))
    rig.hears(1, want(rangeOf('5', 8, 7)))
    expect(read(rig, 1_000)).toBeDefined()
    expect(rig.take('serve')).toEqual([])
    rig.hears(1, want(rangeOf('b', 1, 1_000)))
    expect(serveAll(rig, 1_000).every(({ origin }) => origin === id('b'))).toBe(true)
  })

  test('[L7] hears that what it asked for has left the log, also in the midst of it', () => {
    const rig = serving({ 5: 100_000 })
    rig.hears(1, want(rangeOf('5', 1, 100_000)))
    expect(serveAll(rig, 1_000, 3)).toHaveLength(3)
    rig.take('send')
    rig.floors.set(id('5'), { seq: 50_000, hash: '2'.repeat(16) })
    // What is being read may still be found.
    expect(serveAll(rig, 1_000).length).toBeLessThanOrEqual(1)
    expect(rig.sent(1)).toEqual(['behind'])
  })

  test('[L6] is pushed what is new once the last chunk is on its way, and not before', () => {
    const rig = serving({ 5: 0 })
    rig.hears(1, { type: 'have', heads: new Map(), members: new Map() })
    const sealed = Array.from({ length: 200 }, (_, at) => {
      const [dot, hash] = [{ replica: id('5'), seq: at + 1 }, String(at).padStart(16, '0')]
      return { dot, hash, deps: new Map(), changes: [], bytes: new Uint8Array(50) }
    })
    const publish = (from: number, to: number): void => {
      rig.heads.set(id('5'), { seq: to, hash: String(to - 1).padStart(16, '0') })
      rig.step({ type: 'advanced', own: sealed.slice(from - 1, to) })
    }
    publish(1, 100)
    rig.take('send')
    rig.hears(1, want(rangeOf('5', 1, 100)))
    expect(read(rig, 50)).toMatchObject({ from: 1, to: 100 })
    publish(101, 200)
    expect(rig.sent(1)).not.toContain('push')
    expect(rig.take('serve')).toHaveLength(1)
    rig.step({ type: 'served', link: 1 })
    const pushed = rig.messages(1).filter(({ type }) => type === 'push')
    expect(pushed).toMatchObject([{ series: [{ entries: { length: 100 } }] }])
    expect(rig.take('read')).toEqual([])
  })
})
