import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { undoScope, type Change, type Readable } from '../src/index.ts'
import { inUse, open, shown, stateOf, type Copy, type Views } from './everything.ts'

function sync(from: Copy, to: Copy): void {
  Y.applyUpdate(to.doc, stateOf(from), 'net')
}

const top = ({ tree: it }: Views): string => it.childrenOf(null)[0] ?? ''
const leaf = (views: Views): string => views.tree.childrenOf(top(views))[0] ?? ''

/** What changes each field of a document in use, and what is read of it then. */
const WRITES: Readonly<
  Record<string, [(views: Views) => unknown, (views: Views) => unknown, unknown]>
> = {
  register: [({ register: it }) => it.set('new'), ({ register: it }) => it.value, 'new'],
  values: [({ values: it }) => it.set('new'), ({ values: it }) => it.value, ['new']],
  count: [({ count: it }) => it.increment(3), ({ count: it }) => it.value, 10],
  stock: [({ stock: it }) => it.spend(4), ({ stock: it }) => [it.value, it.rights], [3, 0]],
  on: [({ on: it }) => it.disable(), ({ on: it }) => it.value, false],
  off: [({ off: it }) => it.enable(), ({ off: it }) => it.value, true],
  added: [
    ({ added: it }) => it.delete('in'),
    ({ added: it }) => [it.size, it.has('in')],
    [0, false],
  ],
  removed: [
    ({ removed: it }) => it.add('in'),
    ({ removed: it }) => [it.size, it.has('in')],
    [1, true],
  ],
  grown: [({ grown: it }) => it.add(1), ({ grown: it }) => Array.from(it.value), ['in', 1]],
  list: [({ list: it }) => it.insert(1, 1), ({ list: it }) => [it.length, it.get(1)], [3, 1]],
  tree: [(views) => views.tree.delete(top(views)), ({ tree: it }) => [it.size, it.value], [0, []]],
  map: [({ map: it }) => it.ensure('new'), ({ map: it }) => [it.size, it.has('new')], [2, true]],
  visitors: [({ visitors: it }) => it.add('bob'), ({ visitors: it }) => it.value, 2],
  hits: [({ hits: it }) => it.add('page', 4), ({ hits: it }) => it.count('page'), 5],
  times: [({ times: it }) => it.add(50), ({ times: it }) => it.value.count, 2],
  top: [({ top: it }) => it.add('page'), ({ top: it }) => it.value[0]?.count, 2],
}
const writes = Object.entries(WRITES) as [keyof Views['value'], (typeof WRITES)[string]][]

describe('[D1] what was just written is read, also inside a transaction', () => {
  test.each(writes)('%s', (name, [write, read, expected]) => {
    const { doc, views } = inUse()
    const before = views.value
    doc.transact(() => {
      write(views)
      expect(read(views)).toEqual(expected)
      expect(views.value[name]).not.toEqual(before[name])
    })
    expect(read(views)).toEqual(expected)
  })

  test('changes that build on each other', () => {
    const { doc, views } = inUse()
    doc.transact(() => {
      views.map.delete('key')
      expect(views.map.has('key')).toBe(false)
    })
    doc.transact(() => {
      const [a, b] = views.list.insert(1, 'a', 'b')
      views.list.move(a ?? '', 3)
      views.list.set(b ?? '', 'c')
      expect(views.list.value).toEqual(['two', 'c', 'one', 'a'])
      views.map.get('key').count.increment(4)
      expect(views.map.value.get('key')?.count).toBe(4)
      expect(views.map.delete('key')).toBe(true)
      expect(views.map.size).toBe(0)
      views.map.ensure('key')
      expect(views.map.keys()).toEqual(['key'])
      const node = views.tree.create(leaf(views), 'new')
      views.tree.move(node, null, 0)
      expect(views.tree.value.map(({ value }) => value)).toEqual(['new', 'root'])
    })
  })

  test('texts as well', () => {
    const { doc, views } = inUse()
    expect(views.value.text).toBe('text')
    doc.transact(() => {
      views.text.insert(0, 'new ')
      expect(views.text.toString()).toBe('new text')
      expect(views.value.text).toBe('new text')
    })
  })

  test('keys that a text alone makes be there as well', () => {
    const { doc, views } = inUse()
    doc.transact(() => {
      views.map.get('new').note.insert(0, 'note')
      expect(views.map.has('new')).toBe(true)
      expect(views.map.delete('key')).toBe(true)
      expect(views.map.has('key')).toBe(false)
      expect(views.map.delete('new')).toBe(true)
    })
    expect(views.map.keys()).toEqual([])
  })
})

describe('[D1] snapshots', () => {
  test('do not change, and can not be changed', () => {
    const copy = inUse()
    const other = open('bob')
    copy.views.register.set({ a: [{ b: 1 }] })
    copy.views.added.add({ a: [1] })
    copy.views.list.push([{ a: 1 }])
    copy.views.tree.set(leaf(copy.views), { a: 1 })
    sync(copy, other)
    for (const { views } of [copy, other]) {
      const before = views.value
      const plain = shown({ ...copy, views })
      checkFrozen(before)
      for (const [, [write]] of writes) if (views === copy.views) write(views)
      expect(JSON.stringify(before.list)).toBe('["two","one",[{"a":1}]]')
      expect(shown({ ...copy, views }) === plain).toBe(false)
    }
    checkFrozen(copy.views.map.keys())
  })

  test('keep nothing of what was passed in', () => {
    const { views } = open()
    const [value, list] = [{ inner: { at: 1 } }, [{ at: 1 }]]
    views.register.set(value)
    views.values.set(list)
    views.added.add(value)
    views.list.push(list)
    value.inner.at = 2
    list.push({ at: 2 })
    expect(views.register.value).toEqual({ inner: { at: 1 } })
    expect(views.values.value).toEqual([[{ at: 1 }]])
    expect(views.added.has({ inner: { at: 1 } })).toBe(true)
    expect(views.list.value).toEqual([[{ at: 1 }]])
  })

  test.each(writes)('all others stay the same ones when %s changes', (name, [write]) => {
    const copy = inUse()
    const other = open('bob')
    sync(copy, other)
    for (const { views } of [copy, other]) {
      const before = views.value
      expect(views.value).toBe(before)
      if (views === copy.views) write(views)
      else sync(copy, other)
      const after = views.value
      expect(after).not.toBe(before)
      expect(views.value).toBe(after)
      const changed = Object.keys(after).filter(
        (field) => !Object.is(after[field as never], before[field as never]),
      )
      expect(changed).toEqual([name])
    }
  })

  test('parts that did not change stay the same ones', () => {
    const [copy, other] = [inUse(), open('bob')]
    const { views } = copy
    views.list.push({ a: 1 }, { b: 2 }, { c: 3 })
    views.tree.set(leaf(views), { a: 1 })
    views.tree.create(null, { b: 2 })
    views.added.add({ a: 1 })
    views.map.get('other').lists.get('x').push({ a: 1 })
    sync(copy, other)
    const [list, tree] = [other.views.list.value, other.views.tree.value]
    const [added, keys] = [other.views.added.value, other.views.map.value]
    views.list.move(2, 0)
    views.list.set(1, 'new')
    views.tree.create(tree[1]?.id ?? '', 'new')
    views.added.add({ b: 2 })
    views.added.add({ a: 1 })
    views.map.get('key').count.increment()
    sync(copy, other)
    expect(other.views.list.value).toEqual([{ a: 1 }, 'new', 'one', { b: 2 }, { c: 3 }])
    const objects = (values: readonly unknown[]): unknown[] =>
      values.filter((value) => typeof value === 'object')
    for (const [at, value] of objects(other.views.list.value).entries()) {
      expect(value).toBe(objects(list)[at])
    }
    expect(other.views.tree.value[0]).toBe(tree[0])
    expect(other.views.tree.value[1]).not.toBe(tree[1])
    expect(Array.from(other.views.added.value)).toEqual(['in', { a: 1 }, { b: 2 }])
    expect(objects(Array.from(other.views.added.value))[0]).toBe(objects(Array.from(added))[0])
    expect(other.views.map.value.get('other')).toBe(keys.get('other'))
    expect(other.views.map.value.get('key')?.lists).toBe(keys.get('key')?.lists)
    expect(other.views.map.get('key')).toBe(other.views.map.get('key'))
  })

  test('what comes twice, or says the same, changes no snapshot', () => {
    const [copy, other] = [inUse(), open('bob')]
    sync(copy, other)
    const before = other.views.value
    sync(copy, other)
    expect(other.views.value).toBe(before)
  })
})

/** That nobody can change a value, at any depth. */
function checkFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  for (const change of changesOf(value)) expect(change).toThrow(TypeError)
  const isCollection = value instanceof Map || value instanceof Set
  for (const inner of isCollection ? value.values() : Object.values(value)) checkFrozen(inner)
}

function changesOf(value: object): (() => unknown)[] {
  if (value instanceof Map)
    return [() => value.set('x', 1), () => value.delete('key'), () => value.clear()]
  if (value instanceof Set)
    return [() => value.add('x'), () => value.delete('in'), () => value.clear()]
  return [() => Object.assign(value, { x: 1 })]
}

/** All fields but the texts, which are Yjs's own. */
function stores(views: Views): [string, Readable<unknown>][] {
  const fields: [string, object][] = Object.entries(views)
  return fields.filter((field): field is [string, Readable<unknown>] => 'subscribe' in field[1])
}

/** Calls that a value makes. */
function calls({ subscribe }: Pick<Readable<unknown>, 'subscribe'>): Change[] {
  const heard: Change[] = []
  subscribe((change) => heard.push(change))
  return heard
}

describe('[D1] subscribe', () => {
  test.each(writes)(
    'calls once for a transaction that changes %s, and only there',
    (name, [write]) => {
      const [copy, other] = [inUse(), open('bob')]
      sync(copy, other)
      const watched = [copy, other].map(({ views }) => {
        const fields = stores(views).map(([field, view]) => [field, calls(view)] as const)
        expect(views.value).toBeDefined()
        return [calls(views), fields] as const
      })
      copy.doc.transact(() => write(copy.views), 'me')
      sync(copy, other)
      const origins = [
        [true, 'me'],
        [false, 'net'],
      ]
      for (const [at, [whole, fields]] of watched.entries()) {
        expect(whole.map(({ local, origin }) => [local, origin])).toEqual([origins[at]])
        const heard = fields.filter(([, changes]) => changes.length > 0)
        expect(heard.map(([field, changes]) => [field, changes.length])).toEqual([[name, 1]])
      }
    },
  )

  test.each<[string, (views: Views) => unknown]>([
    ['register', ({ register: it }) => it.set('first')],
    ['multi-value register', ({ values: it }) => it.set({ a: 1 })],
    ['counter', ({ count: it }) => it.increment(0)],
    ['flag, enable wins', ({ on: it }) => it.enable()],
    ['flag, disable wins', ({ off: it }) => it.disable()],
    ['set, add wins', ({ added: it }) => it.add('in')],
    ['set, add wins: what is not in', ({ added: it }) => it.delete('out')],
    ['set, remove wins', ({ removed: it }) => it.delete('in')],
    ['set, grow only', ({ grown: it }) => it.add('in')],
    ['list: set', ({ list: it }) => it.set(0, 'two')],
    ['list: move', ({ list: it }) => it.move(1, 1)],
    ['tree: set', (views) => views.tree.set(leaf(views), 'leaf')],
    ['tree: move', (views) => views.tree.move(leaf(views), top(views), 0)],
    ['map', ({ map: it }) => it.ensure('key')],
    ['map: what is not there', ({ map: it }) => it.delete('none')],
    ['summary', ({ visitors: it }) => it.add('ann')],
    ['bounded counter', ({ stock: it }) => it.transfer(1, 'ann')],
    ['a transaction', () => undefined],
  ])('does not call for what changes no value: %s', (_, write) => {
    const [copy, other] = [inUse(), open('bob')]
    sync(copy, other)
    const before = [copy.views.value, other.views.value]
    const heard = [calls(copy.views), calls(other.views)]
    copy.doc.transact(() => write(copy.views))
    sync(copy, other)
    expect([copy.views.value, other.views.value]).toEqual(before)
    expect(heard).toEqual([[], []])
  })

  test('says by which keys each change is reached', () => {
    const { doc, views } = inUse()
    const key = views.map.get('key')
    const heard = [views, views.map, key, key.lists, key.lists.get('deep')].map((each) =>
      calls(each),
    )
    const paths = (): unknown[] =>
      heard.map((changes) => changes.splice(0).map((each) => each.paths))
    key.lists.get('deep').push(2)
    const [deep] = [['lists', 'deep']]
    expect(paths()).toEqual([
      [[['map', 'key', ...deep]]],
      [[['key', ...deep]]],
      [[deep]],
      [[['deep']]],
      [[[]]],
    ])
    key.note.insert(0, 'a ')
    expect(paths()).toEqual([[[['map', 'key', 'note']]], [[['key', 'note']]], [[['note']]], [], []])
    doc.transact(() => {
      views.count.increment()
      views.count.increment()
      views.map.get('a/b~').count.increment()
    })
    expect(paths()).toEqual([
      [[['count'], ['map', 'a/b~', 'count']]],
      [[['a/b~', 'count']]],
      [],
      [],
      [],
    ])
    key.lists.delete('deep')
    expect(paths()[0]).toEqual([[['map', 'key', 'lists', 'deep']]])
  })

  test('a listener that throws stops nobody, and nothing else breaks', () => {
    const copy = inUse()
    const { doc, views } = copy
    const updates: Uint8Array[] = []
    const first = calls(views)
    const stop = [views, views.count].map(({ subscribe }) =>
      subscribe(() => {
        throw new Error('listener')
      }),
    )
    const last = calls(views.count)
    const undo = new Y.UndoManager(undoScope(doc), { captureTimeout: 0 })
    const heard: string[] = []
    for (const event of ['afterTransaction', 'afterTransactionCleanup'] as const) {
      doc.on(event, () => heard.push(event))
    }
    doc.on('update', (update: Uint8Array) => updates.push(update))
    expect(() => views.count.increment()).toThrow('listener')
    expect([first.length, last.length, updates.length]).toEqual([1, 1, 1])
    expect(views.value.count).toBe(8)
    expect(heard).toEqual(['afterTransaction', 'afterTransactionCleanup'])
    expect(undo.canUndo()).toBe(true)
    expect(() => undo.undo()).toThrow('listener')
    expect(views.value.count).toBe(7)
    for (const each of stop) each()
    views.count.increment(2)
    expect([views.count.value, first.length, last.length, updates.length]).toEqual([9, 3, 3, 3])
    const other = open('bob')
    sync(copy, other)
    expect(shown(other)).toEqual(shown(copy))
  })

  test('a listener can write, and stop when there is nothing left to do', () => {
    const [copy, other] = [inUse(), open('bob')]
    const heard = calls(copy.views.count)
    copy.views.count.subscribe(() => {
      if (copy.views.count.value < 12) copy.views.count.increment()
      copy.views.register.set(`${copy.views.count.value}`)
    })
    copy.views.count.increment()
    expect([copy.views.count.value, copy.views.register.value, heard.length]).toEqual([12, '12', 5])
    sync(copy, other)
    expect(shown(other)).toEqual(shown(copy))
  })

  test('what an observer of Yjs writes is told as what it is', () => {
    const [copy, other] = [inUse(), open('bob')]
    sync(copy, other)
    other.views.text.observe(({ transaction }) => {
      if (!transaction.local) other.views.count.increment()
    })
    const [counted, typed] = [calls(other.views.count), calls(other.views)]
    copy.views.text.insert(0, 'new ')
    sync(copy, other)
    expect(other.views.value).toMatchObject({ text: 'new text', count: 8 })
    expect(counted.map(({ local }) => local)).toEqual([true])
    expect(typed.map(({ local, paths }) => [local, paths])).toEqual([
      [false, [['text']]],
      [true, [['count']]],
    ])
  })

  test('ends for the one that ends it, and no other', () => {
    const { views } = inUse()
    let count = 0
    const listener = (): void => void (count += 1)
    const [stop, again] = [views.count.subscribe(listener), views.count.subscribe(listener)]
    views.count.increment()
    expect(count).toBe(2)
    stop()
    stop()
    views.count.increment()
    expect(count).toBe(3)
    again()
    views.count.increment()
    views.map.get('none').lists.get('none').subscribe(listener)()
    expect([count, views.map.has('none')]).toEqual([3, false])
  })
})

/** What React's `useSyncExternalStore` asks of a store, and what it makes of it. */
class Reader<S> {
  readonly rendered: S[] = []
  readonly stop: () => void
  readonly #read: () => S

  constructor(subscribe: Readable<S>['subscribe'], read: () => S) {
    this.#read = read
    this.#render()
    this.stop = subscribe(() => {
      if (!Object.is(this.#read(), this.rendered.at(-1))) this.#render()
    })
    // It may have changed in between.
    if (!Object.is(read(), this.rendered.at(-1))) this.#render()
  }

  #render(): void {
    const value = this.#read()
    if (!Object.is(value, this.#read())) throw new Error('The snapshot is another each time.')
    this.rendered.push(value)
  }
}

test('[D1] every value is a store that React can watch', () => {
  const [copy, other] = [inUse(), open('bob')]
  const whole = new Reader(other.views.subscribe, () => other.views.value)
  const fields = stores(other.views).map(([, view]) => new Reader(view.subscribe, () => view.value))
  expect(whole.rendered).toHaveLength(1)
  sync(copy, other)
  expect(whole.rendered).toHaveLength(2)
  expect(whole.rendered[1]).toEqual(copy.views.value)
  expect(fields.map(({ rendered }) => rendered.length)).toEqual(
    fields.map(({ rendered }) => (rendered.length === 1 ? 1 : 2)),
  )
  for (const [, [write]] of writes) write(copy.views)
  sync(copy, other)
  expect(whole.rendered.at(-1)).toEqual(copy.views.value)
  expect(whole.rendered).toHaveLength(3)
  for (const each of [whole, ...fields]) each.stop()
  copy.views.count.increment()
  sync(copy, other)
  expect(whole.rendered).toHaveLength(3)
})
