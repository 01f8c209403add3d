import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import {
  bind,
  boundedCounter,
  counter,
  flag,
  list,
  map,
  multiValueRegister,
  register,
  schema,
  set,
  text,
  tree,
  type FieldViews,
} from '../src/index.ts'

const fields = {
  register: register(''),
  multi: multiValueRegister<string>(),
  counter: counter(),
  stock: boundedCounter({ min: 0 }),
  enabled: flag(),
  disabled: flag({ wins: 'disable' }),
  adds: set<string>(),
  removes: set<string>({ wins: 'remove' }),
  grows: set<number>({ growOnly: true }),
  list: list<number>(),
  tree: tree<number>(),
  carts: map(counter()),
  typed: text(),
}
type Views = FieldViews<typeof fields>

/** Each leaves no more than a few live values, however often it is done. */
const CHANGES: Record<string, (views: Views, round: number) => void> = {
  register: ({ register: it }, round) => it.set(`v${round % 10}`),
  multiValueRegister: ({ multi: it }, round) => it.set(`v${round % 10}`),
  counter: ({ counter: it }, round) => it.increment(round % 7),
  boundedCounter: ({ stock: it }) => {
    it.create(2)
    it.spend(1)
  },
  'flag, enable wins': ({ enabled: it }, round) => it.set(round % 2 === 0),
  'flag, disable wins': ({ disabled: it }, round) => it.set(round % 2 === 0),
  'set, add wins': ({ adds: it }, round) => {
    it.add(`e${round}`)
    it.delete(`e${round - 5}`)
  },
  'set, remove wins': ({ removes: it }, round) => {
    if (round % 2 === 0) it.add(`e${round % 5}`)
    else it.delete(`e${round % 5}`)
  },
  'set, grow only': ({ grows: it }, round) => it.add(round % 5),
  'list, moved': ({ list: it }, round) => {
    if (it.length < 5) it.push(round)
    else it.move(round % 5, (round * 3) % 5)
  },
  'list, in and out': ({ list: it }, round) => {
    it.insert(round % (it.length + 1), round)
    if (it.length > 5) it.delete(round % 5)
  },
  tree: ({ tree: it }, round) => {
    const [first, second] = it.childrenOf(null)
    if (second === undefined) it.create(null, round)
    else if (it.childrenOf(first ?? null).length === 0) it.move(second, first ?? null)
    else it.move(it.childrenOf(first ?? null)[0] ?? '', null, round % 2)
  },
  'map whose keys come and go': ({ carts: it }, round) => {
    it.get(`k${round}`).increment()
    it.get(`k${round - 1}`).increment()
    it.delete(`k${round - 5}`)
  },
}

/** Copies that take turns, each after hearing of the last; so every change has seen all before it. */
function bytesAfter(rounds: number, change: (views: Views, round: number) => void): number {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  const shops = docs.map((doc, at) =>
    bind(schema(fields), doc, { writer: `w${at}`, now: () => 1_700_000_000_000 }),
  )
  docs.forEach((doc, from) => {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'peer') return
      docs.forEach((other, to) => to !== from && Y.applyUpdate(other, update, 'peer'))
    })
  })
  for (let round = 0; round < rounds; round++) change(shops[round % 3] as Views, round)
  return Y.encodeStateAsUpdate(docs[0] as Y.Doc).length
}

describe('[D2] how often a value is changed makes no document grow', () => {
  test.each(Object.entries(CHANGES))('%s', (_, change) => {
    const [few, many] = [bytesAfter(600, change), bytesAfter(3_000, change)]
    // Clocks and counts take a byte more here and there.
    expect(many - few).toBeLessThan(60)
    expect(few).toBeLessThan(1_200)
  })
})

test('[D2] nor does what is typed meanwhile: it costs its characters', () => {
  const mixed = bytesAfter(3_000, (views, round) => {
    views.counter.increment()
    if (round % 3 === 0) views.typed.insert(views.typed.length, 'x')
    views.register.set(`v${round % 10}`)
  })
  expect(mixed).toBeLessThan(1_000 + 600)
})
