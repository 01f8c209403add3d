import { parseTrace } from '@rejoin/server/trace'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { Replay, type Desk } from '../src/replay.ts'

const CLIENT = 4000

/** A live document whose updates reach the others only when the test delivers them. */
class FakeDesk implements Desk {
  readonly doc: Y.Doc = new Y.Doc()
  readonly outbox: Uint8Array[] = []

  constructor() {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'typed') this.outbox.push(update)
    })
  }

  get text(): string {
    return this.doc.getText('content').toJSON()
  }

  type(updates: readonly Uint8Array[]): void {
    this.doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.doc, update)
    }, 'typed')
  }
}

function deliver(from: FakeDesk, to: FakeDesk): void {
  for (const update of from.outbox.splice(0)) Y.applyUpdate(to.doc, update, 'network')
}

const ALONE = parseTrace({
  startContent: '',
  endContent: 'hey 👋!',
  txns: [{ patches: [[0, 0, 'hello']] }, { patches: [[2, 3, 'y 👋']] }, { patches: [[5, 0, '!']] }],
})

const TWO = parseTrace({
  kind: 'concurrent',
  numAgents: 2,
  endContent: 'one two, three',
  txns: [
    { agent: 0, parents: [], patches: [[0, 0, 'one ']] },
    { agent: 1, parents: [0], patches: [[4, 0, 'two']] },
    { agent: 0, parents: [0, 1], patches: [[7, 0, ', three']] },
  ],
})

describe('a replay', () => {
  test('types one author’s keystrokes, in code points, at the first desk', () => {
    const desks = [new FakeDesk(), new FakeDesk()]
    const replay = new Replay(ALONE, desks, CLIENT)
    expect(replay.advance(2)).toEqual({ typed: 2, total: 3, waiting: undefined })
    expect(desks[0]!.text).toBe('hey 👋')
    expect(replay.finished).toBe(false)
    replay.advance(100)
    expect(replay.finished).toBe(true)
    expect(desks[0]!.text).toBe(ALONE.endContent)
    expect(desks[1]!.text).toBe('')
  })

  test('types many keystrokes of a round as one edit', () => {
    const desk = new FakeDesk()
    new Replay(ALONE, [desk], CLIENT).advance(100)
    expect(desk.outbox).toHaveLength(1)
  })

  test('waits until what an author had seen has arrived at its desk', () => {
    const [a, b] = [new FakeDesk(), new FakeDesk()]
    const replay = new Replay(TWO, [a, b], CLIENT)
    expect(replay.advance(10)).toEqual({ typed: 1, total: 3, waiting: 1 })
    expect(b.text).toBe('')
    expect(replay.advance(10).waiting).toBe(1)
    deliver(a, b)
    expect(replay.advance(10)).toEqual({ typed: 2, total: 3, waiting: 0 })
    expect(a.text).toBe('one ')
    deliver(b, a)
    expect(replay.advance(10)).toEqual({ typed: 3, total: 3, waiting: undefined })
    deliver(a, b)
    expect([a.text, b.text]).toEqual([TWO.endContent, TWO.endContent])
  })

  test('needs no network where authors share a desk', () => {
    const desk = new FakeDesk()
    expect(new Replay(TWO, [desk], CLIENT).advance(10).typed).toBe(3)
    expect(desk.text).toBe(TWO.endContent)
  })

  test('types nothing when nothing is asked of it', () => {
    const desk = new FakeDesk()
    expect(new Replay(TWO, [desk], CLIENT).advance(0).typed).toBe(0)
    expect(desk.outbox).toHaveLength(0)
  })
})
