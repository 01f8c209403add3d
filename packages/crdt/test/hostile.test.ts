import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { bind, counter, map, schema } from '../src/index.ts'
import { Ledger } from '../src/ledger/ledger.ts'
import { checkSame, checkUsable, forged, LEDGERS, plain } from './enemy.ts'
import { inUse, open, shown, spendIfHeld, stateOf, type Copy } from './everything.ts'

// A client can put anything into a document. None of it may throw out of Yjs or out of reading a
// value, or show two copies different values; and honest use goes on.

const MAX = Number.MAX_SAFE_INTEGER
const MIN = Number.MIN_SAFE_INTEGER

const element = (code: string, id: string, parent: string, ...rest: unknown[]): unknown[] => [
  code === 'l' ? 'llist' : 'ttree',
  id,
  `value of ${id}`,
  parent,
  ...rest,
]
const node = (id: string, parent: string, ...rest: unknown[]): unknown[] =>
  element('t', id, parent, [0, 0], ...rest)
const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`)
const ring = (count: number, ...rest: unknown[]): unknown[][] =>
  ids(count).map((id, at) => node(id, `n${(at + 1) % count}`, ...rest))

/** Documents that only an enemy writes: each a list of updates. */
const HOSTILE: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  'map entries on the arrays': () =>
    LEDGERS.map((root, at) =>
      plain((doc) => void doc.getMap(root).set('c', ['ccount', 1]), 20 + at),
    ),
  'shared types in the arrays': () =>
    LEDGERS.map((root, at) =>
      plain((doc) => {
        const inner = new Y.Array()
        doc.getArray(root).insert(0, [new Y.Map(), inner, new Y.Text('c'), new Y.XmlElement('c')])
        inner.insert(0, ['ccount', 1, 1, 1, 1])
      }, 20 + at),
    ),
  'a text for an array': () => [plain((doc) => doc.getText('rejoin').insert(0, 'ccount'))],
  'arrays and maps for texts': () => [
    plain((doc) => doc.getArray('text').insert(0, [1, [2]])),
    plain((doc) => void doc.getMap('rich').set('a', new Y.Map()), 12),
    plain((doc) => doc.getArray('map/key/note').insert(0, [{ a: 1 }]), 13),
  ],
  'texts at the names of other types': () => [
    plain((doc) => {
      for (const name of ['count', 'list', 'map', 'map/a', 'map/a/count', 'map/a/b/c', 'nobody']) {
        doc.getText(name).insert(0, 'text')
      }
    }),
  ],
  'an empty name': () => [
    plain((doc) => doc.getText('').insert(0, 'x')),
    forged([['+'], ['c', 1]]),
  ],
  'a key over its limit': () => [forged([[`+map/${'x'.repeat(600)}`]])],
  'a text under a key over its limit': () => [
    plain((doc) => doc.getText(`map/${'x'.repeat(600)}/note`).insert(0, 'text')),
  ],
  'a key that leaves no room for what is in it': () => [forged([[`+map/${'~1'.repeat(1_020)}`]])],
  'a key within a key, without room': () => [
    forged([[`+map/${'x'.repeat(512)}/lists/${'~1'.repeat(512)}`, 1]]),
    forged([[`+map/${'~1'.repeat(512)}/lists/${'~1'.repeat(505)}`, 1]], 'rejoin', 12),
  ],
  'a path over its limit': () => [forged([[`+map/${'x/'.repeat(1_100)}`]])],
  'a path that is too deep': () => [forged([[`+map/${'x/'.repeat(40)}`]])],
  'a root name 20,000 deep': () => [plain((doc) => doc.getText('/'.repeat(20_000)).insert(0, 'x'))],
  'a root name of 100,000 units': () => [
    plain((doc) => doc.getText(`map/${'x'.repeat(100_000)}`).insert(0, 'x')),
  ],
  'values that nest 3,000 deep': () => {
    let value: unknown = 0
    for (let level = 0; level < 3_000; level++) value = [value]
    return [forged([['rregister', 1, 'x', value], ['aadded', value], node('a', value as never)])]
  },
  'a prototype in a value': () => {
    const value = JSON.parse('{"a": 1, "__proto__": {"admin": true}}') as unknown
    return [
      forged([
        ['rregister', 1, 'x', value],
        ['aadded', value],
        ['mvalues', [value]],
      ]),
    ]
  },
  'values equal as JSON, and written otherwise': () => {
    const [one, other] = [
      { a: 1, b: [-0] },
      { b: [0], a: 1 },
    ]
    return [one, other].map((value, at) =>
      forged(
        [
          ['aadded', value],
          ['xremoved', value],
          ['ggrown', value],
          ['mvalues', value],
        ],
        'rejoin',
        20 + at,
      ),
    )
  },
  'sums of over a thousand digits': () => [
    forged(['9', '-8', '7'].map((first, at) => ['ccount', at, 1, 1, first + '9'.repeat(999)])),
  ],
  'counts and resets that contradict each other': () =>
    [1, 2, 3].map((by) =>
      forged(
        [
          ['ccount', 5, 1, 9, by],
          ['Ccount', 5, 1, 8, by * 10],
          ['Ccount', 5, 1, 8, by],
        ],
        'rejoin',
        20 + by,
      ),
    ),
  'writes with equal stamps, and of the end of time': () =>
    [1, 2].map((by) =>
      forged(
        [
          ['rregister', MAX, 'x', by],
          ['rregister', MAX, 'x', by + 2],
        ],
        'rejoin',
        20 + by,
      ),
    ),
  'rights that contradict each other': () =>
    [1, 2].map((by) =>
      forged([['bstock', 'x', 5, 9, by * 10, by, 'ann', by]], LEDGERS[1], 20 + by),
    ),
  'more spent than was ever there': () => [
    forged(
      [
        ['bstock', 'x', 5, 9, 0, MAX],
        ['bstock', 'y', 6, 9, 5, 0, 'z', MAX],
      ],
      LEDGERS[1],
    ),
  ],
  'rights beyond all numbers': () =>
    [MAX, 1, MAX, 1, MAX - 1, 3, 1, 1].map((created, at) =>
      forged([['bstock', `w${at}`, at, 1, created, 0, 'x', MAX - at]], LEDGERS[1], 20 + at),
    ),
  'elements at the ends of all positions': () => [
    forged([MIN, MIN + 1, -1, 0, MAX - 1, MAX].map((at) => element('l', `e${at}`, '', [at, at]))),
    forged(
      [MIN, MAX].map((at) => element('t', `e${at}`, '', [at, at])),
      'rejoin',
      12,
    ),
  ],
  'elements at one position': () => [
    forged(ids(5).map((id) => element('l', id, '', [1, 1]))),
    forged(
      ids(5).map((id) => element('t', id, '', [1, 1])),
      'rejoin',
      12,
    ),
  ],
  'elements that were set and moved for the last time': () => [
    forged(['l', 't'].map((code) => element(code, 'e', '', [0, 0], MAX, MAX, MAX, MAX, MAX, MAX))),
    forged(
      ['l', 't'].map((code) => element(code, 'o', '', [1, 0], MAX, 1, 1, MAX - 1, 1, 1)),
      'rejoin',
      12,
    ),
  ],
  'elements of equal turns and other content': () =>
    [1, 2, 3].map((by) =>
      forged(
        ['l', 't'].flatMap((code) => [
          element(code, 'e', '', [by, 0], 3, 7, 7, 4_096, 7, 7).with(2, `by ${by}`),
          element(code, `${by}`, 'e', [by, 0], 0, by, 0, 0, 9, 9),
        ]),
        'rejoin',
        20 + by,
      ),
    ),
  'long positions': () => [
    forged(
      ids(9).map((id, at) =>
        element(
          'l',
          id,
          '',
          Array.from({ length: 64 }, () => at % 3),
        ),
      ),
    ),
  ],
  'a node under itself': () => [forged([node('n', 'n')]), forged([node('m', 'n')], 'rejoin', 12)],
  'nodes under each other': () => [
    forged([node('a', 'b')]),
    forged([node('b', 'a')], 'rejoin', 12),
  ],
  'nodes under each other before and now': () =>
    ids(6).map((id, at) =>
      forged(
        [node(id, `n${(at + 1) % 6}`, 0, 0, 0, at % 2, 1, 1, `n${(at + 4) % 6}`, [0, 0])],
        'rejoin',
        20 + at,
      ),
    ),
  'nodes under nothing': () => [forged([node('a', 'gone'), node('b', 'a'), node('c', 'x')])],
  'a circle of 20,000 nodes': () => [forged(ring(20_000))],
  'a circle now and before of 20,000 nodes': () => [
    forged(ring(20_000, 0, 0, 0, 1, 1, 1, 'n7', [0, 0])),
  ],
  'a chain of 20,000 nodes': () => [
    forged(ids(20_000).map((id, at) => node(id, at === 0 ? '' : `n${at - 1}`))),
  ],
  'a chain of 20,000 nodes, from its end': () => {
    const chain = ids(20_000).map((id, at) => node(id, at === 0 ? '' : `n${at - 1}`))
    return [forged(chain.slice(9_000).toReversed()), forged(chain.slice(0, 9_000), 'rejoin', 12)]
  },
}

describe('[X2] [D1] documents of an enemy', () => {
  test.each(Object.entries(HOSTILE))('%s', (_, updates) => checkSame(...updates()))

  test('200,000 nodes and elements side by side', () => {
    const side = ids(200_000)
    const updates = ['l', 't'].map((code, at) =>
      forged(
        side.map((id, rank) => element(code, id, '', [rank, 0])),
        'rejoin',
        20 + at,
      ),
    )
    const copy = open()
    for (const update of updates) Y.applyUpdate(copy.doc, update)
    expect(copy.views.list.value).toHaveLength(side.length)
    expect(copy.views.tree.value).toHaveLength(side.length)
  })

  test('deletions of all that there is, and of what is yet to come', () => {
    const honest = inUse()
    const before = stateOf(honest)
    const enemy = new Y.Doc()
    Y.applyUpdate(enemy, before)
    for (const root of LEDGERS) enemy.getArray(root).delete(0, enemy.getArray(root).length)
    honest.views.list.push('three')
    checkSame(before, Y.encodeStateAsUpdate(enemy), stateOf(honest))
    Y.applyUpdate(honest.doc, Y.encodeStateAsUpdate(enemy))
    expect(honest.views.list.value).toEqual(['three'])
    checkUsable(honest)
  })

  test('deletions of every second token', () => {
    const before = stateOf(inUse())
    for (const first of [0, 1]) {
      const enemy = new Y.Doc()
      Y.applyUpdate(enemy, before)
      for (const root of LEDGERS) {
        const array = enemy.getArray(root)
        for (let at = array.length - 1 - first; at >= 0; at -= 2) array.delete(at, 1)
      }
      checkSame(before, Y.encodeStateAsUpdate(enemy))
    }
  })

  test('a second writing of a path, which then goes', () => {
    for (const address of ['+map/~x', '+map/a~2', '+map/~']) {
      const [copy, enemy] = [open(), new Y.Doc()]
      const key = address.slice(5)
      copy.views.map.get(key).count.increment()
      enemy.getArray('rejoin').insert(0, [[address]])
      Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(enemy))
      enemy.getArray('rejoin').delete(0, 1)
      Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(enemy))
      expect(copy.views.map.keys()).toEqual([key])
      checkSame(stateOf(copy))
    }
  })

  test('a key that leaves no room for fields whose names are escaped', () => {
    const doc = new Y.Doc()
    const whole = bind(schema({ m: map(map(schema({ 'a/b': counter() }))) }), doc)
    const path = `m/${'~1'.repeat(512)}/${'~1'.repeat(507)}`
    for (let length = path.length; length <= path.length + 5; length++) {
      Y.applyUpdate(doc, forged([[`+${path.padEnd(length, 'x')}`]], LEDGERS[0], length))
    }
    expect(() => whole.value).not.toThrow()
  })

  test('a path that begins with no key, where the map is all that is bound', () => {
    const [doc, enemy] = [new Y.Doc(), new Y.Doc()]
    const whole = bind(map(counter()), doc)
    whole.get('x').increment()
    enemy.getArray('rejoin').insert(0, [['+/x']])
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(enemy))
    enemy.getArray('rejoin').delete(0, 1)
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(enemy))
    expect(whole.has('x')).toBe(true)
  })

  test('nodes that come while the tree is being read', () => {
    for (const [id, parent] of [
      ['n', 'n'],
      ['n', 'gone'],
    ] as const) {
      const [copy, later] = [open(), open('bob')]
      const top = copy.views.tree.create(null, 'honest')
      shown(copy)
      Y.applyUpdate(copy.doc, forged([node(id, parent)]))
      Y.applyUpdate(later.doc, stateOf(copy))
      expect(shown(copy)).toEqual(shown(later))
      copy.views.tree.move(top, 'n')
      expect(copy.views.tree.parentOf(top)).toBe('n')
    }
  })
})

test.each(Object.keys(open().views))(
  '[X2] a token of another type at %s does not lock everybody out of a document in use',
  (name) => {
    const copy = inUse()
    const code = name === 'register' ? 'c' : 'r'
    const before = shown(copy)
    Y.applyUpdate(copy.doc, forged([[code + name, 1, 1, 1, 1]]))
    expect(shown(copy)).toEqual(before)
    const late = new Y.Doc()
    Y.applyUpdate(late, stateOf(copy))
    expect(() => open('cem', late)).not.toThrow()
  },
)

describe('[X2] a writer never spends a right twice', () => {
  /** Everything that others do to the rows of a writer between two of its spends. */
  const attacks: Readonly<Record<string, (copy: Copy) => void>> = {
    'its row is deleted': ({ doc }) => {
      const enemy = new Y.Doc()
      Y.applyUpdate(enemy, Y.encodeStateAsUpdate(doc))
      const rows = enemy.getArray<unknown[]>(LEDGERS[1])
      for (let at = rows.length - 1; at >= 0; at--) {
        if (rows.get(at)[0] === 'bstock') rows.delete(at, 1)
      }
      rows.insert(0, [['bstock', 'bob', 99, 1, 10, 0, 'ann', 10]])
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(enemy))
    },
    'its row is put again, as of the end of time': ({ doc }) => {
      const rows = doc.getArray<unknown[]>(LEDGERS[1]).toArray()
      const own = rows.find(([address]) => address === 'bstock') ?? []
      Y.applyUpdate(doc, forged([own.with(3, MAX)], LEDGERS[1]))
    },
  }

  test.each(Object.entries(attacks))('though %s', (name, attack) => {
    const copy = open()
    const { stock } = copy.views
    stock.create(10)
    let spent = 0
    attack(copy)
    for (const amount of [7, 3, 7, 3, 7]) {
      spent += spendIfHeld(stock, amount)
      attack(copy)
    }
    expect(spent).toBeLessThanOrEqual(name === 'its row is deleted' ? 20 : 10)
  })

  test('though its copy is made to take another name, and its row is deleted then', () => {
    const [copy, enemy] = [open(), new Y.Doc()]
    const { stock } = copy.views
    Y.applyUpdate(copy.doc, forged([['bstock', 'bob', 99, 1, 10, 0, 'ann', 10]], LEDGERS[1]))
    let spent = spendIfHeld(stock, 7)
    copy.views.list.push('one')
    enemy.clientID = copy.doc.clientID >>> 1
    Y.applyUpdate(enemy, stateOf(copy))
    enemy.getArray(LEDGERS[0]).insert(0, ['mine'])
    Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(enemy))
    spent += spendIfHeld(stock, 1)
    const rows = enemy.getArray<unknown[]>(LEDGERS[1])
    for (let at = rows.length - 1; at >= 0; at--) if (rows.get(at)[1] === 'ann') rows.delete(at, 1)
    Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(enemy))
    expect(Ledger.of(copy.doc).lineage).not.toBe(enemy.clientID)
    for (const amount of [9, 7, 2, 1]) spent += spendIfHeld(stock, amount)
    expect(spent).toBeLessThanOrEqual(10)
  })
})
