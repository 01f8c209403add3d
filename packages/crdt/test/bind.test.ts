import { describe, expect, expectTypeOf, test } from 'vitest'
import * as Y from 'yjs'

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
  undoScope,
  type Counter,
  type CrdtError,
  type Distribution,
  type ElementId,
  type Exact,
  type ReplicatedMap,
  type TopItem,
  type TreeNode,
  type Type,
  type ValueOf,
} from '../src/index.ts'
import { Everything, inUse, open, shown, stateOf } from './everything.ts'

interface Todo {
  title: string
  tags?: string[]
}

const now = (): number => 1_700_000_000_000
const errorOf = (code: string): unknown => expect.objectContaining({ code })

describe('what a schema infers', () => {
  const Board = schema({
    owner: register<Todo | null>(null),
    title: register(''),
    drafts: multiValueRegister<Todo>(),
    votes: counter(),
    seats: boundedCounter({ max: 9 }),
    open: flag(),
    tags: set<string>(),
    todos: list<Todo>(),
    outline: tree<Todo>(),
    lists: map(schema({ todos: list<Todo>(), note: text() })),
    counts: map(map(counter())),
    body: richText(),
    visitors: hyperLogLog(),
    hits: countMinSketch(),
    times: quantiles(),
    words: topK<string>(),
  })
  const doc = new Y.Doc()
  const board = bind(Board, doc, { now })

  test('views, with interfaces as values', () => {
    expectTypeOf<Parameters<typeof board.owner.set>[0]>().toEqualTypeOf<Todo | null>()
    expectTypeOf<Parameters<typeof board.todos.push>[0]>().toEqualTypeOf<Todo>()
    expectTypeOf(board.todos.get(0)).toEqualTypeOf<Todo | undefined>()
    expectTypeOf(board.todos.idAt(0)).toEqualTypeOf<ElementId | undefined>()
    expectTypeOf(board.outline.create(null, { title: '' })).toEqualTypeOf<ElementId>()
    expectTypeOf(board.votes).toEqualTypeOf<Counter>()
    expectTypeOf(board.counts).toEqualTypeOf<
      ReplicatedMap<ReplicatedMap<Counter, Exact>, ReadonlyMap<string, Exact>>
    >()
    expectTypeOf(board.lists.get('a').note).toEqualTypeOf<Y.Text>()
    expectTypeOf(board.body).toEqualTypeOf<Y.XmlFragment>()
    expectTypeOf(undoScope(doc)).toExtend<Y.Array<unknown>>()
    board.owner.set({ title: 'mine' })
    board.todos.push({ title: 'one', tags: ['a'] }, { title: 'two' })
    expect([board.owner.value?.title, board.todos.get(0)?.tags]).toEqual(['mine', ['a']])
  })

  test('and snapshots', () => {
    const { value } = board
    expectTypeOf(value.owner).toEqualTypeOf<Todo | null>()
    expectTypeOf(value.title).toEqualTypeOf<string>()
    expectTypeOf(value.drafts).toEqualTypeOf<readonly Todo[]>()
    expectTypeOf(value.votes).toEqualTypeOf<number | bigint>()
    expectTypeOf(value.seats).toEqualTypeOf<number>()
    expectTypeOf(value.open).toEqualTypeOf<boolean>()
    expectTypeOf(value.tags).toEqualTypeOf<ReadonlySet<string>>()
    expectTypeOf(value.todos).toEqualTypeOf<readonly Todo[]>()
    expectTypeOf(value.outline).toEqualTypeOf<readonly TreeNode<Todo>[]>()
    expectTypeOf(value.counts).toEqualTypeOf<ReadonlyMap<string, ReadonlyMap<string, Exact>>>()
    expectTypeOf(value.lists.get('a')?.todos).toEqualTypeOf<readonly Todo[] | undefined>()
    expectTypeOf(value.body).toEqualTypeOf<string>()
    expectTypeOf(value.visitors).toEqualTypeOf<number>()
    expectTypeOf(value.times).toEqualTypeOf<Distribution>()
    expectTypeOf(value.words).toEqualTypeOf<readonly TopItem<string>[]>()
    expectTypeOf<ValueOf<typeof Board>>().toEqualTypeOf<typeof value>()
    expect(value.words).toEqual([])
  })

  test('what does not fit is no program', () => {
    // @ts-expect-error: a number is no Todo.
    expect(() => board.todos.push(1)).not.toThrow()
    // @ts-expect-error: a snapshot is read only.
    expect(() => (board.value.title = 'x')).toThrow(TypeError)
    // @ts-expect-error: the fields are what they are.
    expect(() => (board.votes = bind(counter(), new Y.Doc()))).toThrow(TypeError)
  })

  test('any type can be bound alone, and at any depth', () => {
    const alone = bind(list<Todo>(), new Y.Doc())
    alone.push({ title: 'alone' })
    expect(alone.value).toEqual([{ title: 'alone' }])
    let deep: Type<unknown, unknown> = counter()
    for (let level = 0; level < 32; level++) deep = schema({ in: deep })
    expect(() => bind(deep, new Y.Doc())).not.toThrow()
    expect(() => bind(schema({ in: deep }), new Y.Doc())).toThrow(errorOf('bad-key'))
  })
})

describe('[X2] schemas that can not be', () => {
  const reserved = ['value', 'subscribe', 'then', '__proto__', 'constructor', 'prototype', '']

  test.each([...reserved, 'rejoin', 'rejoin:lasting'])('a field named %j', (name) => {
    expect(() => schema({ [name]: counter() })).toThrow(errorOf('bad-schema'))
  })

  test('a name that is too long', () => {
    expect(() => schema({ ['x'.repeat(513)]: counter() })).toThrow(errorOf('bad-key'))
  })

  test('a name that other copies would read otherwise', () => {
    expect(() => schema({ '\ud800': counter() })).toThrow(errorOf('bad-schema'))
  })

  test.each<[string, () => unknown]>([
    ['a bound that is none', () => boundedCounter({ min: 0.5 })],
    ['two bounds', () => boundedCounter({ min: 0, max: 9 } as never)],
    ['no bound', () => boundedCounter({} as never)],
    ['a winner where nothing is removed', () => set({ growOnly: true, wins: 'add' })],
    ['half a precision', () => hyperLogLog({ precision: 4.5 })],
    ['no error', () => countMinSketch({ epsilon: 0 })],
    ['more accuracy than there is', () => quantiles({ accuracy: 0 })],
    ['more items than are kept', () => topK({ k: 10, capacity: 9 })],
  ])('%s', (_, make) => expect(make).toThrow(errorOf('bad-schema')))

  test('an initial value that is no JSON', () => {
    expect(() => register(new Date(0))).toThrow(errorOf('not-json'))
    expect(() => register(undefined)).toThrow(errorOf('not-json'))
  })
})

describe('[D1] when a document is bound', () => {
  test('nothing is written, and nothing by reading', () => {
    const copy = open()
    shown(copy)
    copy.views.map.get('key').lists.get('deep').get(0)
    expect(stateOf(copy)).toEqual(Y.encodeStateAsUpdate(new Y.Doc()))
  })

  test.each([true, false])('before or after the sync, it is the same (gc: %j)', (gc) => {
    const source = inUse()
    source.views.list.delete(0)
    source.views.map.delete('key')
    const before = open('ben', new Y.Doc({ gc }))
    Y.applyUpdate(before.doc, stateOf(source))
    const doc = new Y.Doc({ gc })
    Y.applyUpdate(doc, stateOf(source))
    const after = open('ada', doc)
    for (const copy of [before, after]) {
      expect(shown(copy)).toEqual(shown(source))
      copy.views.list.push('more')
      expect(copy.views.list.value).toEqual(['one', 'more'])
    }
  })

  test('in the transaction that brings the document', () => {
    const source = inUse()
    const doc = new Y.Doc()
    const copy = doc.transact(() => {
      Y.applyUpdate(doc, stateOf(source))
      return open('bob', doc)
    })
    expect(shown(copy)).toEqual(shown(source))
  })

  test('and whatever other roots are first used in the transaction that brings them', () => {
    const [source, copy] = [new Y.Doc(), open()]
    source.getMap('settings').set('dark', true)
    const read = copy.doc.transact(() => {
      Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(source))
      return copy.doc.getMap('settings').get('dark')
    })
    expect(read).toBe(true)
  })

  test('gc: false keeps what was deleted, and the values are the same', () => {
    const copy = open('ann', new Y.Doc({ gc: false }))
    const collected = open('bob')
    copy.doc.on('update', (update: Uint8Array) => Y.applyUpdate(collected.doc, update))
    const snapshot = (): Y.Snapshot => Y.snapshot(copy.doc)
    copy.views.list.push('one', 'two')
    const then = snapshot()
    copy.views.list.delete(0)
    copy.views.list.set(0, 'three')
    copy.views.map.ensure('key')
    copy.views.map.clear()
    expect(shown(collected)).toEqual(shown(copy))
    const past = open('cem', Y.createDocFromSnapshot(copy.doc, then))
    expect(past.views.list.value).toEqual(['one', 'two'])
  })

  test('two bindings of one document are one copy with two writers', () => {
    const doc = new Y.Doc()
    const [ann, bob] = [open('ann', doc).views, open('bob', doc).views]
    ann.list.push('one')
    bob.list.push('two')
    expect(ann.list.value).toEqual(['one', 'two'])
    ann.stock.create(5)
    ann.stock.transfer(2, 'bob')
    bob.stock.spend(2)
    expect(() => bob.stock.spend(1)).toThrow(errorOf('not-enough-rights'))
    expect([ann.stock.rights, bob.stock.rights, bob.stock.value]).toEqual([3, 0, 3])
    for (let round = 0; round < 10; round++) {
      ann.count.increment()
      bob.count.increment()
      ann.added.add(round)
      bob.added.delete(round)
    }
    expect([ann.count.value, ann.added.size]).toEqual([20, 0])
    const other = open('cem')
    Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(doc))
    expect(shown(other)).toEqual(shown({ doc, views: ann }))
  })

  test('without a writer it has one of its own', () => {
    const [one, other] = [new Y.Doc(), new Y.Doc()].map((doc) => bind(Everything, doc, { now }))
    one?.stock.create(1)
    other?.stock.create(1)
    const [holder] = one?.stock.holders().keys() ?? []
    expect(holder).not.toBe(Array.from(other?.stock.holders().keys() ?? [])[0])
  })
})

describe('[D1] schemas that grow', () => {
  const Old = schema({ title: register(''), carts: map(schema({ count: counter() })) })
  const New = schema({
    title: register(''),
    carts: map(
      schema({ count: counter(), lines: list<string>(), tags: set<string>(), note: text() }),
    ),
    done: flag(),
  })
  const both = () => {
    const [one, other] = [new Y.Doc(), new Y.Doc()]
    const sync = (): void => {
      Y.applyUpdate(one, Y.encodeStateAsUpdate(other))
      Y.applyUpdate(other, Y.encodeStateAsUpdate(one))
    }
    return { old: bind(Old, one, { now }), grown: bind(New, other, { now }), sync }
  }

  test('an old version leaves alone what it does not know', () => {
    const { old, grown, sync } = both()
    grown.done.enable()
    grown.carts.get('a').lines.push('line')
    sync()
    old.title.set('by the old')
    old.carts.get('a').count.increment(2)
    old.carts.get('b').count.increment(1)
    sync()
    expect(grown.value).toMatchObject({ title: 'by the old', done: true })
    expect(grown.value.carts.get('a')).toMatchObject({ count: 2, lines: ['line'], note: '' })
    expect(grown.value.carts.get('b')).toMatchObject({ count: 1, lines: [] })
    expect(old.value.carts.get('a')).toEqual({ count: 2 })
    expect(Object.keys(old.value)).toEqual(['title', 'carts'])
  })

  test('both versions know that a key is there, by whatever is in it', () => {
    const { old, grown, sync } = both()
    grown.carts.get('a').lines.push('line')
    grown.carts.get('b').note.insert(0, 'note')
    sync()
    expect(old.carts.keys()).toEqual(['a', 'b'])
  })

  test('a removal by the old takes away what the new put there, and no more', () => {
    const { old, grown, sync } = both()
    grown.carts.get('a').lines.push('line')
    grown.carts.get('a').tags.add('tag')
    grown.carts.get('b').lines.push('line')
    sync()
    old.carts.delete('a')
    old.carts.clear()
    grown.carts.get('b').tags.add('meanwhile')
    sync()
    expect(grown.carts.keys()).toEqual(['b'])
    expect(grown.value.carts.get('b')).toMatchObject({ lines: [], tags: new Set(['meanwhile']) })
    grown.carts.get('a').count.increment()
    expect(grown.value.carts.get('a')).toMatchObject({ count: 1, lines: [] })
  })

  test('also a text that the old does not know', () => {
    const { old, grown, sync } = both()
    grown.carts.get('a').note.insert(0, 'note')
    sync()
    expect(old.carts.delete('a')).toBe(true)
    expect(old.carts.has('a')).toBe(false)
    sync()
    expect(grown.carts.has('a')).toBe(false)
    expect(grown.carts.get('a').note.toString()).toBe('')
  })
})

describe('[X2] another type at a name', () => {
  const inDocument = (act: (doc: Y.Doc) => void): Y.Doc => {
    const doc = new Y.Doc()
    act(doc)
    return doc
  }
  const likes = (doc: Y.Doc): unknown => bind(schema({ likes: counter() }), doc)

  test.each<[string, (doc: Y.Doc) => void]>([
    ['register', (doc) => bind(schema({ likes: register(0) }), doc, { now }).likes.set(1)],
    ['set (add wins)', (doc) => bind(schema({ likes: set() }), doc).likes.add(1)],
    ['list', (doc) => void bind(schema({ likes: list() }), doc).likes.push(1)],
    [
      'map',
      (doc) =>
        bind(schema({ likes: map(counter()) }), doc)
          .likes.get('a')
          .increment(),
    ],
    ['map', (doc) => bind(schema({ likes: schema({ a: flag() }) }), doc).likes.a.enable()],
    ['text', (doc) => doc.getText('likes').insert(0, 'x')],
    ['hyperLogLog', (doc) => bind(schema({ likes: hyperLogLog() }), doc).likes.add(1)],
  ])('is told when a document is bound: %s for a counter', (kind, act) => {
    const message = new RegExp(`'likes' is a ${kind.replace(/[()]/g, '.')} .* a counter in`)
    expect(() => likes(inDocument(act))).toThrow(errorOf('wrong-type'))
    expect(() => likes(inDocument(act))).toThrow(message)
  })

  test.each<[string, Type<unknown, unknown>]>([
    ['set (remove wins)', set({ wins: 'remove' })],
    ['map', map(set())],
    ['text', text()],
  ])('and the other way about: a set for a %s', (kind, type) => {
    const doc = inDocument((it) => bind(schema({ likes: set() }), it).likes.add(1))
    const message = `'likes' is a set (add wins) in this document, and a ${kind} in the schema`
    expect(() => bind(schema({ likes: type }), doc)).toThrow(message)
  })

  test('is told when it comes later, once, and the value goes on', () => {
    const problems: CrdtError[] = []
    const doc = new Y.Doc()
    const onProblem = (error: CrdtError): void => void problems.push(error)
    const bound = bind(schema({ in: schema({ likes: counter() }) }), doc, { onProblem })
    bound.in.likes.increment()
    expect(problems).toEqual([])
    const other = inDocument((it) => {
      bind(schema({ in: schema({ likes: flag() }) }), it).in.likes.enable()
    })
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
    bound.in.likes.increment()
    expect(bound.value.in.likes).toBe(2)
    expect(problems).toEqual([errorOf('wrong-type')])
    expect(problems[0]?.message).toMatch(/'in\/likes' is a flag \(enable wins\) .* a counter/)
  })

  test('a root that the application uses otherwise', () => {
    for (const name of ['rejoin', 'rejoin:lasting']) {
      const doc = inDocument((it) => void it.getMap(name).set('a', 1))
      expect(() => bind(Everything, doc)).toThrow(errorOf('wrong-type'))
      expect(() => bind(Everything, doc)).toThrow(`'${name}' is Rejoin's own array, and YMap in`)
      expect(doc.getMap(name).toJSON()).toEqual({ a: 1 })
    }
    const typed = inDocument((it) => void it.getMap('body').set('a', 1))
    expect(() => bind(schema({ body: text() }), typed)).toThrow(/'body' is YMap .*, and text here/)
  })
})
