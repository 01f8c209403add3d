import { expect, test } from 'vitest'
import * as Y from 'yjs'

import { bind, boundedCounter, NotEnoughRightsError, schema } from '../src/index.ts'
import { Random } from './laws/random.ts'

const Shop = schema({ stock: boundedCounter({ min: 0 }), seats: boundedCounter({ max: 500 }) })
const WRITERS = ['ann', 'bob', 'cem'] as const
const SPENDS = 10_000

/** A shop with three tills, cut from each other most of the time. */
class Tills {
  readonly random = new Random(1)
  readonly docs = WRITERS.map(() => new Y.Doc())
  readonly shops = this.docs.map((doc, at) => bind(Shop, doc, { writer: WRITERS[at] ?? '' }))
  created = 0
  spent = 0
  refused = 0
  transfers = 0

  create(at: number, amount: number): void {
    this.shops[at]?.stock.create(amount)
    this.created += amount
  }

  spend(at: number, amount: number): void {
    try {
      this.shops[at]?.stock.spend(amount)
      this.spent += amount
    } catch (error) {
      if (!(error instanceof NotEnoughRightsError)) throw error
      this.refused += 1
    }
  }

  transfer(from: number, to: number, amount: number): void {
    const stock = this.shops[from]?.stock
    if (stock === undefined || stock.rights === 0 || from === to) return
    stock.transfer(Math.min(amount, stock.rights), WRITERS[to] ?? '')
    this.transfers += 1
  }

  /** One till hears of another, and not the other way about. */
  tell(from: number, to: number): void {
    const [source, target] = [this.docs[from], this.docs[to]]
    if (source === undefined || target === undefined) return
    Y.applyUpdate(target, Y.encodeStateAsUpdate(source, Y.encodeStateVector(target)))
  }

  rejoin(): void {
    for (let round = 0; round < 2; round++) {
      for (let from = 0; from < 3; from++) for (let to = 0; to < 3; to++) this.tell(from, to)
    }
  }
}

test('[D1] 10,000 concurrent spends at three copies, and rights on their way between them', () => {
  const tills = new Tills()
  const { random } = tills
  for (const at of [0, 1, 2]) tills.create(at, 1_000)
  while (tills.spent < SPENDS) {
    tills.spend(random.below(3), 1)
    if (random.chance(0.05)) tills.transfer(random.below(3), random.below(3), random.between(1, 60))
    if (random.chance(0.01)) tills.tell(random.below(3), random.below(3))
    if (random.chance(0.005)) tills.create(random.below(3), random.between(1, 300))
    for (const { stock } of tills.shops) expect(stock.value).toBeGreaterThanOrEqual(0)
  }
  tills.rejoin()
  const left = tills.created - tills.spent
  for (const { stock } of tills.shops) {
    expect(stock.value).toBe(left)
    const held = Array.from(stock.holders().values())
    expect(held.reduce((sum, rights) => sum + rights, 0)).toBe(left)
  }
  const { spent, refused, transfers } = tills
  // What is left can be spent to the last, and no further.
  tills.shops.forEach(({ stock }, at) => tills.spend(at, Math.max(1, stock.rights)))
  tills.rejoin()
  for (const { stock } of tills.shops) expect(stock.value).toBe(0)
  expect(tills.spent).toBe(tills.created)
  console.log(`${spent} rights spent, ${refused} spends refused, ${transfers} transfers`)
  expect(Math.min(refused, transfers)).toBeGreaterThan(100)
})

test('[D1] a bound above is kept as one below is', () => {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  const [ann, bob] = [
    bind(Shop, docs[0], { writer: 'ann' }).seats,
    bind(Shop, docs[1], { writer: 'bob' }).seats,
  ]
  expect(ann.value).toBe(500)
  ann.create(10)
  expect(ann.value).toBe(490)
  ann.transfer(4, 'bob')
  Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
  ann.spend(6)
  bob.spend(4)
  expect(() => ann.spend(1)).toThrow(NotEnoughRightsError)
  expect(() => bob.spend(1)).toThrow(NotEnoughRightsError)
  Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1]))
  expect(ann.value).toBe(500)
})

test('[D1] a writer whose copy restarts has the rights that it had', () => {
  const doc = new Y.Doc()
  const before = bind(Shop, doc, { writer: 'ann' }).stock
  before.create(10)
  before.spend(3)
  const kept = new Y.Doc()
  Y.applyUpdate(kept, Y.encodeStateAsUpdate(doc))
  const after = bind(Shop, kept, { writer: 'ann' }).stock
  expect(after.rights).toBe(7)
  after.spend(7)
  expect(() => after.spend(1)).toThrow(NotEnoughRightsError)
  expect(after.value).toBe(0)
})

test('[D1] a writer that two live copies use is told so before it spends what the other may have', () => {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  const [one, other] = docs.map((doc) => bind(Shop, doc, { writer: 'ann' }).stock)
  one?.create(5)
  other?.create(5)
  Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1]))
  expect(() => one?.spend(1)).toThrow(expect.objectContaining({ code: 'writer-in-use' }))
})

test('[D1] what is refused says how many rights are held, and where the others are', () => {
  const { stock } = bind(Shop, new Y.Doc(), { writer: 'ann' })
  stock.create(9)
  stock.transfer(5, 'bob')
  stock.transfer(1, 'cem')
  const refused = {
    code: 'not-enough-rights',
    held: 3,
    elsewhere: new Map([
      ['bob', 5],
      ['cem', 1],
    ]),
  }
  expect(() => stock.spend(4)).toThrow(expect.objectContaining(refused))
  expect(() => stock.spend(4)).toThrow(/4 rights are needed and 3 held here.*'bob' 5, 'cem' 1/)
  expect(stock.value).toBe(9)
})
