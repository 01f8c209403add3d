import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { bind, counter, CRDT_LIMITS, map, schema, type ElementId } from '../src/index.ts'
import { Everything, inUse, open, shown, stateOf, type Views } from './everything.ts'

const MAX = Number.MAX_SAFE_INTEGER

/** That something is refused with its code, and nothing is changed. */
function checkRefused(act: (views: Views) => unknown, code: string, copy = inUse()): void {
  const before = [stateOf(copy), shown(copy)]
  const updates: Uint8Array[] = []
  copy.doc.on('update', (update: Uint8Array) => updates.push(update))
  expect(() => act(copy.views)).toThrow(expect.objectContaining({ code }))
  expect(updates).toEqual([])
  expect([stateOf(copy), shown(copy)]).toEqual(before)
}

const never = (value: unknown): never => value as never
const topOf = (views: Views): ElementId => views.tree.childrenOf(null)[0] ?? ''

describe('[X2] refused with a code, and nothing is changed', () => {
  const noIntegers = [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null, {}, true]
  const noAmounts = [0, -1, ...noIntegers]

  test.each(noIntegers)('%s is nothing to count by', (amount) => {
    checkRefused((views) => views.count.increment(never(amount)), 'not-an-integer')
    checkRefused((views) => views.count.decrement(never(amount)), 'not-an-integer')
  })

  test.each(noAmounts)('%s is no amount of rights', (amount) => {
    checkRefused((views) => views.stock.create(never(amount)), 'not-an-integer')
    checkRefused((views) => views.stock.spend(never(amount)), 'not-an-integer')
    checkRefused((views) => views.stock.transfer(never(amount), 'bob'), 'not-an-integer')
  })

  test('an amount that has no text either', () => {
    checkRefused((views) => views.stock.create(never(Object.create(null))), 'not-an-integer')
  })

  test('counts and rights beyond their limits', () => {
    const digits = 10n ** BigInt(CRDT_LIMITS.counterDigitsMax)
    checkRefused((views) => views.count.increment(digits), 'too-large')
    const copy = inUse()
    copy.views.count.increment(digits - 8n)
    checkRefused((views) => views.count.increment(), 'too-large', copy)
    checkRefused((views) => views.stock.create(MAX), 'too-large')
  })

  test('a sum below 0 may have as many digits as one above', () => {
    const { count } = open().views
    const most = 10n ** BigInt(CRDT_LIMITS.counterDigitsMax) - 1n
    count.increment(most)
    expect(count.value).toBe(most)
    count.decrement(most)
    count.decrement(most)
    expect(count.value).toBe(-most)
  })

  test('rights that are not held, with those that hold some', () => {
    const rights = { held: 4, elsewhere: new Map([['bob', 3]]) }
    for (const act of [
      (views: Views) => views.stock.spend(5),
      (views: Views) => views.stock.transfer(5, 'bob'),
    ]) {
      checkRefused(act, 'not-enough-rights')
      expect(() => act(inUse().views)).toThrow(expect.objectContaining(rights))
    }
  })

  test.each(['', 'x'.repeat(65), '\ud800', 7, null])('no writer is named %j', (name) => {
    checkRefused((views) => views.stock.transfer(1, never(name)), 'bad-key')
    const named = { writer: never(name), now: Date.now }
    expect(() => bind(Everything, new Y.Doc(), named)).toThrow(
      expect.objectContaining({ code: 'bad-key' }),
    )
  })

  test('a register is not written without a clock', () => {
    const doc = new Y.Doc()
    const copy = { doc, views: bind(Everything, doc) }
    checkRefused((views) => views.register.set(1), 'no-clock', copy)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('by a clock that says %s', (nowMs) => {
    const doc = new Y.Doc()
    const copy = { doc, views: bind(Everything, doc, { now: () => nowMs }) }
    checkRefused((views) => views.register.set(1), 'no-clock', copy)
  })

  test.each<[string, (views: Views) => unknown]>([
    ['insert', ({ list: it }) => it.insert(3, 'x')],
    ['insert before the first', ({ list: it }) => it.insert(-1, 'x')],
    ['insert between indices', ({ list: it }) => it.insert(0.5, 'x')],
    ['insert nowhere', ({ list: it }) => it.insert(Number.NaN, 'x')],
    ['set', ({ list: it }) => it.set(2, 'x')],
    ['delete', ({ list: it }) => it.delete(-1)],
    ['move from', ({ list: it }) => it.move(2, 0)],
    ['move to', ({ list: it }) => it.move(0, 2)],
    ['move between', ({ list: it }) => it.move(0, 0.5)],
    ['create', ({ tree: it }) => it.create(null, 'x', 2)],
    ['create before the first', ({ tree: it }) => it.create(null, 'x', -1)],
    ['move below', (views) => views.tree.move(topOf(views), null, 2)],
    ['quantile', ({ times }) => times.quantile(1.5)],
  ])('an index that is not there: %s', (_, act) => checkRefused(act, 'out-of-range'))

  test.each<[string, (views: Views) => unknown]>([
    ['set', ({ list: it }) => it.set('x', 1)],
    ['delete', ({ list: it }) => it.delete('x')],
    ['move', ({ list: it }) => it.move('x', 0)],
    ['create under', ({ tree: it }) => it.create('x', 1)],
    ['create under nothing', ({ tree: it }) => it.create('', 1)],
    ['move of a node', ({ tree: it }) => it.move('x', null)],
    ['move under', (views) => views.tree.move(topOf(views), 'x')],
    ['set of a node', ({ tree: it }) => it.set('x', 1)],
    ['delete of a node', ({ tree: it }) => it.delete('x')],
  ])('what is gone: %s', (_, act) => checkRefused(act, 'gone'))

  test('a node under itself', () => {
    checkRefused((views) => views.tree.move(topOf(views), topOf(views)), 'cycle')
    const below = (views: Views): ElementId => views.tree.childrenOf(topOf(views))[0] ?? ''
    checkRefused((views) => views.tree.move(topOf(views), below(views)), 'cycle')
  })

  test.each<[string, string, (views: Views) => unknown]>([
    ['no times at all', 'not-an-integer', ({ hits }) => hits.add('x', 0)],
    ['half a time', 'not-an-integer', ({ top }) => top.add('x', 0.5)],
    ['text among numbers', 'not-json', ({ times }) => times.add(never('1'))],
    ['a number too far', 'too-large', ({ times }) => times.add(1e10)],
    ['a long item', 'too-large', ({ top }) => top.add('x'.repeat(2_000))],
    ['no item', 'not-json', ({ visitors }) => visitors.add(undefined)],
  ])('a summary: %s', (_, code, act) => checkRefused(act, code))

  test('nothing is taken from a set that only grows', () => {
    const copy = inUse()
    const before = stateOf(copy)
    expect(() => copy.views.grown.delete('in')).toThrow(TypeError)
    expect(() => copy.views.grown.clear()).toThrow(TypeError)
    expect(stateOf(copy)).toEqual(before)
  })
})

function nested(depth: number): unknown {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

function circle(): unknown {
  const value: { self?: unknown } = {}
  value.self = [value]
  return value
}

describe('[X2] what JSON does not carry exactly is refused by every type', () => {
  const noJson: Readonly<Record<string, unknown>> = {
    nothing: undefined,
    'nothing in a list': [1, undefined],
    'a gap in a list': Array.from({ length: 3 }).fill(1, 2),
    'a function': () => 1,
    'a symbol': Symbol('x'),
    'a bigint': 1n,
    'no number': Number.NaN,
    'infinity, inside': { a: [Number.NEGATIVE_INFINITY] },
    'a date': new Date(0),
    'a map': new Map(),
    'a set, inside': [new Set()],
    bytes: new Uint8Array(2),
    'a pattern': /x/,
    'an instance': new Y.ID(1, 2),
    'a Yjs type': new Y.Map(),
    'a circle': circle(),
    'a value 65 deep': nested(65),
    'a value 10,000 deep': nested(10_000),
    'a prototype of its own': JSON.parse('{"__proto__": {"admin": true}}'),
    'a prototype of its own, inside': JSON.parse('[{"a": {"__proto__": 1}}]'),
  }
  const tooLarge = {
    'long text': 'x'.repeat(CRDT_LIMITS.valueSizeMax),
    'a long key': { ['x'.repeat(CRDT_LIMITS.valueSizeMax)]: 1 },
    'a long list': Array.from({ length: CRDT_LIMITS.valueSizeMax }, () => 0),
  }
  const ways: Readonly<Record<string, (views: Views, value: unknown) => unknown>> = {
    'register.set': (views, value) => views.register.set(value),
    'values.set': (views, value) => views.values.set(value),
    'set.add': (views, value) => views.added.add(value),
    'set.has': (views, value) => views.added.has(value),
    'set.delete': (views, value) => views.removed.delete(value),
    'list.push': (views, value) => views.list.push(value),
    'list.insert, among others': (views, value) => views.list.insert(0, 1, value),
    'list.set': (views, value) => views.list.set(0, value),
    'tree.create': (views, value) => views.tree.create(null, value),
    'tree.set': (views, value) => views.tree.set(topOf(views), value),
    'top.add': (views, value) => views.top.add(value),
  }

  test.each(Object.entries(noJson))('%s', (_, value) => {
    for (const way of Object.values(ways)) {
      checkRefused((views) => way(views, value), 'not-json')
    }
  })

  test.each(Object.entries(tooLarge))('%s', (_, value) => {
    const copy = inUse()
    for (const way of Object.values(ways)) {
      checkRefused((views) => way(views, value), 'too-large', copy)
    }
  })

  test('and the rest is read by another copy as it was written', () => {
    const [one, other] = [open(), open('bob')]
    const values = [
      null,
      -0,
      1e300,
      '\ud800x',
      'ü𝄞',
      nested(64),
      { '': { constructor: 1, toString: 2 } },
    ]
    const bare = Object.assign(Object.create(null) as object, { a: undefined, b: 1 })
    one.views.list.push(...values, bare)
    Y.applyUpdate(other.doc, stateOf(one))
    expect(other.views.list.value).toEqual(one.views.list.value)
    expect(one.views.list.value.slice(0, 4)).toEqual([null, 0, 1e300, '\ufffdx'])
    expect(one.views.list.get(7)).toEqual({ b: 1 })
    const frozen = [one, other].flatMap(({ views }) => views.list.value.slice(5))
    expect(frozen.every((value) => Object.isFrozen(value))).toBe(true)
  })
})

describe('keys', () => {
  const odd = ['', '/', 'a/b', 'a', 'b', '~', '~0', '~1', '~01', 'a~1b', 'ü', '𝄞', ' ', '.', '\0']
  const inherited = ['__proto__', 'constructor', 'prototype', 'toString', 'then', 'rejoin', 'value']
  const keys = [...odd, ...inherited, 'x'.repeat(512), '/'.repeat(512)]

  test('[D1] any text of 512 units is a key, and no two are mixed', () => {
    const [one, other] = [open(), open('bob')]
    keys.forEach((key, at) => one.views.map.get(key).count.increment(at + 1))
    Y.applyUpdate(other.doc, stateOf(one))
    for (const { views } of [one, other]) {
      expect(views.map.keys()).toEqual(keys.toSorted())
      for (const [at, key] of keys.entries()) {
        expect([views.map.has(key), views.map.value.get(key)?.count]).toEqual([true, at + 1])
      }
    }
    for (const key of keys) {
      expect(other.views.map.delete(key)).toBe(true)
      expect(other.views.map.has(key)).toBe(false)
    }
    expect(other.views.map.size).toBe(0)
    expect(Object.getPrototypeOf({})).not.toHaveProperty('count')
  })

  test('[D1] and so are they where the map is all that is bound', () => {
    const doc = new Y.Doc()
    const whole = bind(map(counter()), doc)
    keys.forEach((key, at) => whole.get(key).increment(at + 1))
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    for (const { value } of [whole, bind(map(counter()), copy)]) {
      expect(Array.from(value.keys())).toEqual(keys.toSorted())
      expect(keys.map((key) => value.get(key))).toEqual(keys.map((_, at) => at + 1))
    }
  })

  test('half a surrogate pair is the key that other copies read', () => {
    const [one, other] = [open(), open('bob')]
    one.views.map.get('\ud800').count.increment()
    Y.applyUpdate(other.doc, stateOf(one))
    for (const { views } of [one, other]) {
      expect(views.map.keys()).toEqual(['\ufffd'])
      expect(views.map.get('\udfff').count.value).toBe(1)
    }
  })

  test.each(['x'.repeat(513), 7, null, undefined, {}])('[X2] no key: %j', (key) => {
    for (const act of ['get', 'has', 'ensure', 'delete'] as const) {
      checkRefused((views) => views.map[act](never(key)), 'bad-key')
    }
  })

  test('[X2] a path that gets too long is refused before anything is written', () => {
    const shelves = map(map(schema({ title: counter() })))
    const doc = new Y.Doc()
    const whole = bind(schema({ shelves }), doc)
    const shelf = whole.shelves.get('/'.repeat(512))
    for (const act of ['get', 'ensure'] as const) {
      const long = () => shelf[act]('/'.repeat(506))
      expect(long).toThrow(expect.objectContaining({ code: 'bad-key' }))
    }
    expect(Y.encodeStateAsUpdate(doc)).toEqual(Y.encodeStateAsUpdate(new Y.Doc()))
    expect(whole.value.shelves.size).toBe(0)
  })
})
