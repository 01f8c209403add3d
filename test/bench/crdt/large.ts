import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { list, map, register, set, tree } from '@rejoin/crdt'
import * as Y from 'yjs'

import { ours, type Open, type Subject } from './cases/case.ts'
import { Random } from './random.ts'
import { median, rate } from './rate.ts'

/** A value of many parts, how it is filled, and what is then done to it again and again. */
interface Large {
  readonly name: string
  readonly tokens: number
  readonly fill: Open
  readonly open: Open
}

export interface LargeSpeed {
  readonly changes: number
  readonly changesRead: number
  readonly received: number
  readonly receivedPlain: number
}

export interface Loading {
  readonly bytes: number
  /** Of the whole as one update: into a plain document, into a bound one, and bound after it. */
  readonly plainMs: number
  readonly boundMs: number
  readonly openMs: number
  readonly readMs: number
  readonly plainHeapBytes: number
  readonly boundHeapBytes: number
}

const SIZES = [1_000, 10_000, 100_000]
const BATCH = 1_000
const CHANGES = 100

export const LARGE: readonly Large[] = [
  ...SIZES.map((tokens) => ({
    name: 'set, out and in again',
    tokens,
    fill: ours(set<string>(), (view, at) => view.add(`e${at}`)),
    open: ours(set<string>(), (view, _, random) => {
      const name = `e${random.below(tokens)}`
      if (!view.delete(name)) view.add(name)
    }),
  })),
  ...SIZES.map((tokens) => ({
    name: 'map of registers, set',
    tokens,
    fill: ours(map(register(0)), (view, at) => view.get(`k${at}`).set(at)),
    open: ours(map(register(0)), (view, at, random) =>
      view.get(`k${random.below(tokens)}`).set(at),
    ),
  })),
  ...SIZES.map((tokens) => ({
    name: 'list, move',
    tokens,
    fill: ours(list<number>(), (view, at) => view.push(at)),
    open: ours(list<number>(), (view, _, random) => {
      view.move(random.below(tokens), random.below(tokens))
    }),
  })),
  ...SIZES.slice(0, 2).map((tokens) => ({
    name: 'tree, create in one of 100',
    tokens,
    fill: ours(tree<number>(), (view, at) => {
      view.create(at < 100 ? null : (view.childrenOf(null)[at % 100] ?? null), at)
    }),
    open: ours(tree<number>(), (view, at, random) => {
      view.create(view.childrenOf(null)[random.below(100)] ?? null, at)
    }),
  })),
]

const collect = garbageCollector()

/** Of a document that is filled in batches of 1,000. */
export function filled({ fill, tokens }: Large): Uint8Array {
  const doc = new Y.Doc()
  const subject = fill(doc, 'w1')
  const random = new Random(1)
  for (let from = 0; from < tokens; from += BATCH) {
    doc.transact(() => {
      for (let at = from; at < from + BATCH; at++) subject.act(at, random)
    })
  }
  return Y.encodeStateAsUpdate(doc)
}

/** Of a document that stays as large as it is. */
export function largeSpeed({ open }: Large, update: Uint8Array): LargeSpeed {
  const random = new Random(1)
  let changes = 0
  const change = (subject: Subject, times: number, isRead = false): number => {
    for (let at = 0; at < times; at++) {
      subject.act(changes++, random)
      if (isRead) subject.read()
    }
    return times
  }
  const sender = loaded(update, open)
  let updates: Uint8Array[] = []
  sender.doc.on('update', (each: Uint8Array) => updates.push(each))
  const receiving = (doc: Y.Doc): number =>
    rate(() => {
      // What was not sent to this one, it would wait for.
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(sender.doc, Y.encodeStateVector(doc)), 'peer')
      updates = []
      change(sender.subject, CHANGES)
      return () => {
        for (const each of updates) Y.applyUpdate(doc, each, 'peer')
        return updates.length
      }
    })
  return {
    changes: rate(() => () => change(sender.subject, CHANGES)),
    changesRead: rate(() => () => change(sender.subject, CHANGES / 50, true)),
    received: receiving(loaded(update, open).doc),
    receivedPlain: receiving(loaded(update).doc),
  }
}

export function loading({ open }: Large, update: Uint8Array): Loading {
  const [plain, bound] = [heapOf(() => loaded(update)), heapOf(() => boundThenLoaded(update, open))]
  const loads = [1, 2, 3].map(() => {
    const [doc, plainMs] = timed(() => loaded(update).doc)
    const [, boundMs] = timed(() => boundThenLoaded(update, open))
    const [subject, openMs] = timed(() => open(doc, 'w0'))
    const [, readMs] = timed(() => subject.read())
    return { plainMs, boundMs, openMs, readMs }
  })
  const of = (key: keyof (typeof loads)[number]): number => median(loads.map((load) => load[key]))
  return {
    bytes: update.length,
    plainMs: of('plainMs'),
    boundMs: of('boundMs'),
    openMs: of('openMs'),
    readMs: of('readMs'),
    plainHeapBytes: plain,
    boundHeapBytes: bound,
  }
}

function loaded(update: Uint8Array, open?: Open): { doc: Y.Doc; subject: Subject } {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update, 'peer')
  const nothing = { act: () => undefined, read: () => undefined }
  const subject = open?.(doc, 'w0') ?? nothing
  subject.read()
  return { doc, subject }
}

function boundThenLoaded(update: Uint8Array, open: Open): { doc: Y.Doc; subject: Subject } {
  const doc = new Y.Doc()
  const subject = open(doc, 'w0')
  subject.read()
  Y.applyUpdate(doc, update, 'peer')
  return { doc, subject }
}

function timed<T>(act: () => T): [T, number] {
  const from = performance.now()
  const result = act()
  return [result, performance.now() - from]
}

/** What stays in memory while the result does. */
function heapOf(make: () => unknown): number {
  collect()
  const before = process.memoryUsage().heapUsed
  const kept = [make()]
  collect()
  const after = process.memoryUsage().heapUsed
  return kept.length * (after - before)
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
