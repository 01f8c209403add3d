import * as A from '@automerge/automerge'
import { counter, list, map, register, text, tree } from '@rejoin/crdt'
import { LoroDoc, type LoroTreeNode } from 'loro-crdt'
import * as Y from 'yjs'

import { ours, type Open } from './cases/case.ts'
import { Random } from './random.ts'
import { rate } from './rate.ts'

const KEYS = 100
const CHANGES = 1_000
const BATCH = 1_000

/** Makes `changes` changes, `batch` in each transaction, and returns what is then there. */
type Run = (changes: number, batch: number) => unknown

/** One kind of change as each library is meant to be used for it; `undefined` where it has none. */
interface Contest {
  readonly name: string
  readonly ours: () => Run
  readonly yjs: (() => Run) | undefined
  readonly loro: (() => Run) | undefined
  readonly automerge: (() => Run) | undefined
  readonly expected: (done: unknown, changes: number) => boolean
}

/** Changes a second: alone in a transaction, and 1,000 in one. */
export interface Rates {
  readonly alone: number
  readonly batched: number
}

export function ratesOf(contest: Contest, library: Library): Rates | undefined {
  const make = contest[library]
  if (make === undefined) return undefined
  const measure = (batch: number): number =>
    rate(() => {
      const run = make()
      return () => {
        const done = run(CHANGES, batch)
        if (!contest.expected(done, CHANGES))
          throw new Error(`${contest.name}: ${library} is wrong.`)
        return CHANGES
      }
    })
  return { alone: measure(1), batched: measure(BATCH) }
}

export const LIBRARIES = ['ours', 'yjs', 'loro', 'automerge'] as const
type Library = (typeof LIBRARIES)[number]

export const CONTESTS: readonly Contest[] = [
  {
    name: 'counter, increment',
    ours: () => onYjs(ours(counter(), (view) => view.increment())),
    yjs: undefined,
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getCounter('it')
      return onLoro(
        doc,
        () => it.increment(1),
        () => it.value,
      )
    },
    automerge: () =>
      onAutomerge(
        { it: new A.Counter(0) },
        (doc) => doc.it.increment(1),
        (doc) => doc.it.value,
      ),
    expected: (done, changes) => done === changes,
  },
  {
    name: 'map, set one of 100 keys',
    ours: () => onYjs(ours(map(register(0)), (view, at) => view.get(`k${at % KEYS}`).set(at))),
    yjs: () =>
      onYjs((doc) => {
        const it = doc.getMap('it')
        return { act: (at) => it.set(`k${at % KEYS}`, at), read: () => it }
      }),
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getMap('it')
      return onLoro(
        doc,
        (at) => it.set(`k${at % KEYS}`, at),
        () => it,
      )
    },
    automerge: () =>
      onAutomerge(
        { it: noNumbers() },
        (doc, at) => {
          doc.it[`k${at % KEYS}`] = at
        },
        (doc) => ({ size: Object.keys(doc.it).length }),
      ),
    expected: (done) => (done as { readonly size: number }).size === KEYS,
  },
  {
    name: 'list, push',
    ours: () => onYjs(ours(list<number>(), (view, at) => view.push(at))),
    yjs: () =>
      onYjs((doc) => {
        const it = doc.getArray('it')
        return { act: (at) => it.push([at]), read: () => it }
      }),
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getMovableList('it')
      return onLoro(
        doc,
        (at) => it.push(at),
        () => it,
      )
    },
    automerge: () =>
      onAutomerge(
        { it: [] as number[] },
        (doc, at) => doc.it.push(at),
        (doc) => doc.it,
      ),
    expected: (done, changes) => (done as { readonly length: number }).length === changes,
  },
  {
    name: 'list, move one of 100',
    ours: () =>
      onYjs(
        ours(list<number>(), (view, at, random) => {
          if (view.length === 0) view.push(...Array.from({ length: KEYS }, () => at))
          view.move(random.below(KEYS), random.below(KEYS))
        }),
      ),
    yjs: undefined,
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getMovableList('it')
      for (let at = 0; at < KEYS; at++) it.push(at)
      const random = new Random(1)
      return onLoro(
        doc,
        () => it.move(random.below(KEYS), random.below(KEYS)),
        () => it,
      )
    },
    automerge: undefined,
    expected: (done) => (done as { readonly length: number }).length === KEYS,
  },
  {
    name: 'tree, move one of 100',
    ours: () => {
      let ids: readonly string[] = []
      return onYjs(
        ours(tree<number>(), (view, at, random) => {
          if (view.size === 0) ids = Array.from({ length: KEYS }, () => view.create(null, at))
          const [node, to] = twoOf(random)
          // Below the ten first, which themselves stay at the top.
          view.move(ids[node] as string, ids[to] as string)
        }),
      )
    },
    yjs: undefined,
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getTree('it')
      it.enableFractionalIndex(0)
      const nodes = Array.from({ length: KEYS }, () => it.createNode())
      const random = new Random(1)
      const move = (): void => {
        const [node, to] = twoOf(random)
        ;(nodes[node] as LoroTreeNode).move(nodes[to])
      }
      return onLoro(doc, move, () => it.roots())
    },
    automerge: undefined,
    expected: (done) => (done as readonly unknown[]).length === 10,
  },
  {
    name: 'text, type at the end',
    ours: () => onYjs(ours(text(), (view) => view.insert(view.length, 'x'))),
    yjs: () =>
      onYjs((doc) => {
        const it = doc.getText('it')
        return { act: () => it.insert(it.length, 'x'), read: () => it.toString() }
      }),
    loro: () => {
      const doc = new LoroDoc()
      const it = doc.getText('it')
      return onLoro(
        doc,
        (at) => it.insert(at, 'x'),
        () => it.toString(),
      )
    },
    automerge: () =>
      onAutomerge(
        { it: '' },
        (doc, at) => A.splice(doc, ['it'], at, 0, 'x'),
        (doc) => doc.it,
      ),
    expected: (done, changes) => (done as string).length === changes,
  },
]

function onYjs(open: Open): Run {
  const doc = new Y.Doc()
  let sent = 0
  doc.on('update', (update: Uint8Array) => (sent += update.length))
  const subject = open(doc, 'w0')
  const random = new Random(1)
  return (changes, batch) => {
    for (let from = 0; from < changes; from += batch) {
      doc.transact(() => {
        for (let at = from; at < from + batch; at++) subject.act(at, random)
      })
    }
    return sent > 0 && subject.read()
  }
}

function onLoro(doc: LoroDoc, act: (at: number) => unknown, read: () => unknown): Run {
  let sent = 0
  doc.subscribeLocalUpdates((update) => (sent += update.length))
  return (changes, batch) => {
    for (let from = 0; from < changes; from += batch) {
      for (let at = from; at < from + batch; at++) act(at)
      doc.commit()
    }
    return sent > 0 && read()
  }
}

function onAutomerge<T extends Record<string, unknown>>(
  initial: T,
  act: (doc: T, at: number) => unknown,
  read: (doc: A.Doc<T>) => unknown,
): Run {
  let doc = A.from(initial)
  let sent = 0
  return (changes, batch) => {
    for (let from = 0; from < changes; from += batch) {
      doc = A.change(doc, (draft) => {
        for (let at = from; at < from + batch; at++) act(draft, at)
      })
      sent += A.getLastLocalChange(doc)?.length ?? 0
    }
    return sent > 0 && read(doc)
  }
}

function noNumbers(): Record<string, number> {
  return {}
}

function twoOf(random: Random): [number, number] {
  return [10 + random.below(KEYS - 10), random.below(10)]
}
