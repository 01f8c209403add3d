import {
  bind,
  boundedCounter,
  counter,
  countMinSketch,
  flag,
  hyperLogLog,
  list,
  map,
  multiValueRegister,
  quantiles,
  register,
  richText,
  schema,
  set,
  text,
  topK,
  tree,
  type ViewOf,
} from '@rejoin/crdt'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

import { threeReplicas, type ReplicaProcess } from '../real/replica-process.ts'
import { until } from '../real/until.ts'

const Everything = schema({
  register: register(''),
  values: multiValueRegister<string>(),
  count: counter(),
  stock: boundedCounter({ min: 0 }),
  on: flag(),
  off: flag({ wins: 'disable' }),
  added: set<string>(),
  removed: set<string>({ wins: 'remove' }),
  grown: set<string>({ growOnly: true }),
  list: list<string>(),
  tree: tree<string>(),
  map: map(schema({ count: counter(), tags: set<string>(), note: text() })),
  text: text(),
  rich: richText(),
  visitors: hyperLogLog(),
  hits: countMinSketch(),
  times: quantiles(),
  words: topK<string>(),
})
type Views = ViewOf<typeof Everything>

/** A tab with the stock provider. */
class Tab {
  readonly doc = new Y.Doc()
  readonly views: Views
  readonly provider: WebsocketProvider

  constructor(replica: ReplicaProcess, writer: string, nowMs: number) {
    this.views = bind(Everything, this.doc, { writer, now: () => nowMs })
    const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
    this.provider = new WebsocketProvider(replica.socketUrl, 'shared', this.doc, options)
    onTestFinished(() => this.provider.destroy())
  }
}

interface Case {
  /** What both have before they are cut from each other. */
  readonly begin: (views: Views) => void
  readonly ann: (views: Views) => void
  readonly bob: (views: Views) => void
  /** What is read, and what it must be then at both. */
  readonly read: (views: Views) => unknown
  readonly expected: unknown
}

const sets = (name: 'added' | 'removed' | 'grown', ann: Case['ann'], expected: string[]): Case => ({
  begin: ({ [name]: it }) => it.add('x'),
  ann: (views) => {
    views[name].add('ann')
    ann(views)
  },
  bob: ({ [name]: it }) => {
    it.add('x')
    it.add('bob')
  },
  read: ({ [name]: it }) => Array.from(it.value),
  expected,
})

const CASES: Readonly<Record<string, Case>> = {
  'register: the later write': {
    begin: ({ register: it }) => it.set('old'),
    ann: ({ register: it }) => it.set('ann'),
    bob: ({ register: it }) => it.set('bob'),
    read: ({ register: it }) => it.value,
    expected: 'bob',
  },
  'multi-value register: both writes': {
    begin: ({ values: it }) => it.set('old'),
    ann: ({ values: it }) => it.set('ann'),
    bob: ({ values: it }) => it.set('bob'),
    read: ({ values: it }) => it.value,
    expected: ['ann', 'bob'],
  },
  'counter: the sum': {
    begin: ({ count: it }) => it.increment(10),
    ann: ({ count: it }) => it.increment(2n ** 60n),
    bob: ({ count: it }) => it.decrement(3),
    read: ({ count: it }) => it.value,
    expected: 2n ** 60n + 7n,
  },
  'bounded counter: all is spent, and no more': {
    begin: ({ stock: it }) => {
      it.create(10)
      it.transfer(4, 'bob')
    },
    ann: ({ stock: it }) => {
      it.spend(6)
      expect(() => it.spend(1)).toThrow(expect.objectContaining({ code: 'not-enough-rights' }))
    },
    bob: ({ stock: it }) => {
      it.spend(3)
      it.transfer(1, 'ann')
    },
    read: ({ stock: it }) => [it.value, Array.from(it.holders())],
    expected: [1, [['ann', 1]]],
  },
  'flag: enabling wins': {
    begin: ({ on: it }) => it.enable(),
    ann: ({ on: it }) => it.disable(),
    bob: ({ on: it }) => it.enable(),
    read: ({ on: it }) => it.value,
    expected: true,
  },
  'flag: disabling wins': {
    begin: ({ off: it }) => it.enable(),
    ann: ({ off: it }) => it.disable(),
    bob: ({ off: it }) => it.enable(),
    read: ({ off: it }) => it.value,
    expected: false,
  },
  'set: adding wins': sets('added', ({ added: it }) => void it.delete('x'), ['ann', 'bob', 'x']),
  'set: removing wins': sets('removed', ({ removed: it }) => void it.delete('x'), ['ann', 'bob']),
  'set: it only grows': sets('grown', () => undefined, ['ann', 'bob', 'x']),
  'list: a move and a change of one element': {
    begin: ({ list: it }) => void it.push('one', 'two', 'three'),
    ann: ({ list: it }) => it.move(0, 2),
    bob: ({ list: it }) => {
      it.set(0, 'ONE')
      it.insert(0, 'zero')
    },
    read: ({ list: it }) => it.value,
    expected: ['zero', 'two', 'three', 'ONE'],
  },
  'tree: each under the other, and both are there once': {
    begin: ({ tree: it }) => {
      it.create(null, 'one')
      it.create(null, 'two')
    },
    ann: ({ tree: it }) => it.move(it.childrenOf(null)[0] ?? '', it.childrenOf(null)[1] ?? ''),
    bob: ({ tree: it }) => it.move(it.childrenOf(null)[1] ?? '', it.childrenOf(null)[0] ?? ''),
    read: ({ tree: { size, value } }) => [size, value.map(({ children }) => children.length)],
    expected: [2, [1]],
  },
  'map: what is removed goes, and what is changed meanwhile stays': {
    begin: ({ map: it }) => {
      it.get('key').count.increment(5)
      it.get('key').tags.add('old')
      it.get('key').note.insert(0, 'old')
      it.ensure('gone')
    },
    ann: ({ map: it }) => it.clear(),
    bob: ({ map: it }) => it.get('key').count.increment(3),
    read: ({ map: it }) => Array.from(it.value),
    expected: [['key', { count: 3, tags: new Set(), note: '' }]],
  },
  'text: both insertions': {
    begin: ({ text: it }) => it.insert(0, 'hello'),
    ann: ({ text: it }) => it.insert(0, 'ann, '),
    bob: ({ text: it }) => it.insert(5, ', bob'),
    read: ({ text: it }) => it.toString(),
    expected: 'ann, hello, bob',
  },
  'rich text: both insertions': {
    begin: ({ rich: it }) => it.insert(0, [new Y.XmlElement('p')]),
    ann: ({ rich: it }) => it.insert(0, [new Y.XmlElement('h1')]),
    bob: ({ rich: it }) => it.insert(1, [new Y.XmlElement('h2')]),
    read: ({ rich: it }) => it.toString(),
    expected: '<h1></h1><p></p><h2></h2>',
  },
  'summaries: all additions, once each': {
    begin: (views) => addAll(views, 0, 50),
    ann: (views) => addAll(views, 30, 130),
    bob: (views) => addAll(views, 30, 100),
    read: summaries,
    expected: addedAlone([0, 50], [30, 130], [30, 100]),
  },
}

function addAll({ visitors, hits, times, words }: Views, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    visitors.add(at)
    hits.add(at % 7)
    times.add(at)
    words.add(`word ${at % 5}`)
  }
}

function summaries({ visitors, hits, times, words }: Views): unknown {
  return [visitors.value, hits.value, hits.count(3), times.value, words.value]
}

/** What one copy reads that was given everything. */
function addedAlone(...ranges: readonly [number, number][]): unknown {
  const views = bind(Everything, new Y.Doc())
  for (const range of ranges) addAll(views, ...range)
  return summaries(views)
}

test.each(Object.entries(CASES))(
  '[X4] [D1] in two tabs with the stock provider, one of them away: %s',
  async (_, { begin, ann: act, bob: actToo, read, expected }) => {
    const [a, b, c] = (await threeReplicas()) as [ReplicaProcess, ReplicaProcess, ReplicaProcess]
    const [ann, bob] = [new Tab(a, 'ann', 1_700_000_000_000), new Tab(b, 'bob', 1_700_000_000_001)]
    const same = (): boolean => isSame(ann.doc, bob.doc)
    begin(ann.views)
    await until(() => ann.provider.synced && same(), 'both have it')
    expect(read(bob.views)).toEqual(read(ann.views))
    ann.provider.disconnect()
    act(ann.views)
    actToo(bob.views)
    expect(same()).toBe(false)
    ann.provider.connect()
    await until(() => ann.provider.synced && same(), 'both have all')
    for (const { views } of [ann, bob]) expect(read(views)).toEqual(expected)
    // And so has a replica that neither of them knows.
    await until(async () => isSame(await c.document('shared'), ann.doc), 'the third has all')
    const late = bind(Everything, await c.document('shared'))
    expect(read(late)).toEqual(expected)
  },
)

function isSame(one: Y.Doc, other: Y.Doc): boolean {
  return Buffer.from(Y.encodeStateAsUpdate(one)).equals(Y.encodeStateAsUpdate(other))
}
