import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { checkSame, forged, LEDGERS } from './enemy.ts'
import { inUse, open, shown } from './everything.ts'

// Tokens that are wrong in one way, and tokens of any form at all: what can't be read is left out,
// alike on every copy.

const seed = 1
const MAX = Number.MAX_SAFE_INTEGER
const MIN = Number.MIN_SAFE_INTEGER

/** What a value of a token can be replaced by. `undefined` and `NaN` are what Yjs carries too. */
const WRONG: readonly unknown[] = [
  [undefined, null, true, false, 0, 1, -1, -7, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
  [MAX, MIN, 2 ** 53, -(2 ** 63), 1e300, 5n, -1n],
  ['', 'x', 'x'.repeat(65), '9'.repeat(1_500), '-', '-1', '1e3', '\n1', '__proto__'],
  [[], [[]], [0], [0, 0], [-1, MAX], [MIN, 0], [1.5, 'x'], Array.from({ length: 70 }, () => 1)],
  [{}, { a: 1 }, { length: 2 }, JSON.parse('{"__proto__": {"admin": true}, "a": 1}')],
  [new Uint8Array(0), Uint8Array.of(255, 255, 255, 255, 255, 255, 255), new Uint8Array(5_000)],
].flat()

/** The value with each part of it replaced, left out and doubled, one at a time. */
function* spoiled(value: readonly unknown[], from = 0): Generator<unknown[]> {
  for (let at = from; at < value.length; at++) {
    const part = value[at]
    for (const wrong of WRONG) yield value.toSpliced(at, 1, wrong)
    yield value.toSpliced(at, 1)
    yield value.toSpliced(at, 0, part)
    yield value.toSpliced(at)
    if (Array.isArray(part)) {
      for (const inner of spoiled(part)) yield value.toSpliced(at, 1, inner)
    }
  }
  for (const wrong of WRONG) yield [...value, wrong]
}

/** Every kind of token, as honest use puts them. */
function honestTokens(): [string, (typeof LEDGERS)[number], unknown[]][] {
  const { doc, views } = inUse()
  const other = open('bob')
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(doc))
  other.views.map.delete('key')
  const tokens = new Map<string, [string, (typeof LEDGERS)[number], unknown[]]>()
  for (const each of [doc, other.doc]) {
    for (const root of LEDGERS) {
      for (const token of each.getArray<unknown[]>(root).toArray()) {
        tokens.set(`${String(token[0])} ${token.length}`, [String(token[0]), root, token])
      }
    }
  }
  // Folded, a summary is bytes.
  for (let at = 0; at < 70; at++) for (const each of [views.hits, views.top]) each.add(at)
  for (let at = 0; at < 70; at++) views.times.add(1.1 ** at)
  for (const token of doc.getArray<unknown[]>('rejoin:lasting').toArray()) {
    if (!(token.at(-1) instanceof Uint8Array)) continue
    tokens.set(`${String(token[0])} bytes`, [`${String(token[0])}, folded`, LEDGERS[1], token])
  }
  return Array.from(tokens.values())
}

describe('[X2] [D1] spoiled tokens', () => {
  test.each(honestTokens())('%s', (_, root, token) => {
    const tokens = Array.from(spoiled(token, 1))
    expect(tokens.length).toBeGreaterThan(WRONG.length - 1)
    checkSame(forged(tokens, root), forged([token], root, 12))
    // Each on its own, which no other can cover up.
    for (let at = 0; at < tokens.length; at += 7) {
      const copy = open()
      shown(copy)
      Y.applyUpdate(copy.doc, forged([tokens[at]], root))
      shown(copy)
    }
  })

  test('tokens that are none, with addresses of nobody', () => {
    const addresses = [
      '',
      'r',
      'Z',
      '+',
      'C',
      'é',
      '\ud83d\ude00',
      'c/',
      'c//',
      'c/count',
      'ccount/',
    ]
    const tokens = addresses.map((address) => [address, 1, 1, 1, 1])
    const wrong = WRONG.filter((each) => each !== undefined && typeof each !== 'bigint')
    checkSame(forged([...wrong, ...WRONG.map((each) => [each]), ...tokens]))
    checkSame(forged([...wrong, ...tokens], LEDGERS[1]), forged(tokens))
  })

  test('the tokens of all types at the names of all others', () => {
    const names = Object.keys(open().views)
    const tokens = honestTokens().flatMap(([, , [address, ...payload]]) =>
      names.map((name) => [String(address).charAt(0) + name, ...payload]),
    )
    for (const root of LEDGERS)
      checkSame(forged(tokens, root), forged(tokens.toReversed(), root, 12))
  })

  test('tokens in the other ledger, and twice', () => {
    const tokens = honestTokens().map(([, , token]) => token)
    checkSame(
      ...LEDGERS.map((root, at) => forged([...tokens, ...tokens], root, 20 + at)),
      ...LEDGERS.map((root, at) => forged(tokens, root, 30 + at)),
    )
  })
})

describe('[X2] [D1] whatever is written by whomever', () => {
  const small = fc.integer({ min: 0, max: 3 })
  const number = fc.oneof(
    { weight: 4, arbitrary: small },
    { weight: 1, arbitrary: fc.constantFrom(-1, MAX, MIN, 1.5, 4_096, 8_191, 2 ** 53) },
  )
  const word = fc.constantFrom('a', 'b', 'c', 'a', 'b', 'c', '', '12', '-3', 'ann')
  const value = fc.oneof(number, word, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>)
  const position = fc.oneof(fc.tuple(number, small), fc.tuple(small, small, number, small))
  const placed = fc.tuple(word, value, word, position)
  const turn = fc.tuple(number, small, small)
  const element = fc.oneof(
    placed,
    fc.tuple(placed, turn, turn).map((parts) => parts.flat()),
    fc.tuple(placed, turn, turn, word, position).map(([a, b, c, ...was]) => [a, b, c, was].flat()),
  )
  const numbers = fc.array(number, { minLength: 3, maxLength: 6 })
  const any = fc.array(fc.oneof(number, word, position, value), { maxLength: 9 })
  const of = (...addresses: string[]) => fc.constantFrom(...addresses)
  const inner = ['map/a/count', 'map/b/count', 'map/~', 'map//count', 'map/a/lists/x']
  const token = fc
    .oneof(
      fc.tuple(of('llist', 'lmap/a/lists/x'), element),
      fc.tuple(of('ttree'), element),
      fc.tuple(of('ttree'), element),
      fc.tuple(of('rregister'), fc.tuple(number, word, value)),
      fc.tuple(of('mvalues', 'eon', 'doff', 'ggrown'), fc.tuple(value)),
      fc.tuple(of('aadded', 'xremoved'), fc.tuple(value, small)),
      fc.tuple(of('ccount', ...inner.flatMap((path) => [`c${path}`, `C${path}`])), numbers),
      fc.tuple(of('bstock'), fc.tuple(word, number, number, number, number, word, number)),
      fc.tuple(of('hvisitors', 'shits', 'qtimes', 'ktop'), any),
      fc.tuple(
        of(...inner, 'map/a', 'map/b', 'map').map((path) => `+${path}`),
        any,
      ),
      fc
        .tuple(of(...Array.from('rmcCbedaxglthsqk+Z')), of(...Object.keys(open().views), ''), any)
        .map(([code, name, payload]) => [code + name, payload] as const),
    )
    .map(([address, payload]) => [address, ...(payload as readonly unknown[])])
  const update = fc.record({
    root: fc.constantFrom('rejoin', ...LEDGERS),
    tokens: fc.array(token, { maxLength: 12 }),
    gone: fc.array(fc.nat(11), { maxLength: 3 }),
  })

  test('copies show the same, and can be used', () => {
    fc.assert(
      fc.property(fc.array(update, { minLength: 1, maxLength: 4 }), (updates) => {
        const encoded = updates.flatMap(({ root, tokens, gone }, at) => {
          const doc = new Y.Doc()
          doc.clientID = 20 + at
          const array = doc.getArray(root)
          array.insert(0, tokens)
          const came = Y.encodeStateAsUpdate(doc)
          for (const index of gone) if (index < array.length) array.delete(index, 1)
          return [came, Y.encodeStateAsUpdate(doc)]
        })
        checkSame(...encoded)
      }),
      { seed, numRuns: 500 },
    )
  })
})
