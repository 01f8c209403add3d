import { expect } from 'vitest'
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
  NotEnoughRightsError,
  type BoundedCounter,
  type ElementId,
  type TreeNode,
  type ViewOf,
} from '../src/index.ts'

/** A field of every type. */
export const Everything = schema({
  register: register<unknown>(null),
  values: multiValueRegister<unknown>(),
  count: counter(),
  stock: boundedCounter({ min: 0 }),
  on: flag(),
  off: flag({ wins: 'disable' }),
  added: set<unknown>(),
  removed: set<unknown>({ wins: 'remove' }),
  grown: set<unknown>({ growOnly: true }),
  list: list<unknown>(),
  tree: tree<unknown>(),
  map: map(schema({ count: counter(), lists: map(list<unknown>()), note: text() })),
  text: text(),
  rich: richText(),
  visitors: hyperLogLog(),
  hits: countMinSketch({ epsilon: 0.2, delta: 0.2 }),
  times: quantiles(),
  top: topK<unknown>(),
})
export type Views = ViewOf<typeof Everything>

export interface Copy {
  readonly doc: Y.Doc
  readonly views: Views
}

/** A document, and all types in it. */
export function open(writer = 'ann', doc = new Y.Doc()): Copy {
  return { doc, views: bind(Everything, doc, { writer, now: () => 1_700_000_000_000 }) }
}

/** A little of everything, by honest use. */
export function inUse(): Copy {
  const copy = open()
  const { views } = copy
  views.register.set('first')
  views.values.set({ a: 1 })
  views.count.increment(7)
  views.stock.create(8)
  views.stock.spend(1)
  views.stock.transfer(3, 'bob')
  views.on.enable()
  views.off.disable()
  for (const each of [views.added, views.removed, views.grown]) each.add('in')
  views.removed.delete('in')
  views.list.push('one', 'two')
  views.list.move(0, 1)
  const root = views.tree.create(null, 'root')
  views.tree.move(views.tree.create(null, 'leaf'), root)
  views.map.ensure('key').count.increment()
  views.map.get('key').lists.get('deep').push(1)
  views.map.get('key').note.insert(0, 'note')
  views.text.insert(0, 'text')
  views.rich.insert(0, [new Y.XmlElement('p')])
  views.visitors.add('ann')
  views.hits.add('page')
  views.times.add(12)
  views.top.add('page')
  return copy
}

export const stateOf = ({ doc }: Copy): Uint8Array => Y.encodeStateAsUpdate(doc)

/** The nodes of a tree, however deep it is. */
function nodesOf(tops: readonly TreeNode<unknown>[]): unknown[] {
  const nodes: unknown[] = []
  const rest = tops.map((node) => [node, null as ElementId | null] as const)
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [{ id, value, children }, parent] = next
    nodes.push([id, parent, value])
    for (const child of children) rest.push([child, id])
  }
  return nodes
}

/** All that a copy shows, as plain data. */
export function shown({ views }: Copy): unknown {
  const { tree: tops, map: keys, added, removed, grown, ...rest } = views.value
  const nodes = nodesOf(tops)
  expect(nodes).toHaveLength(views.tree.size)
  expect(views.value.list).toHaveLength(views.list.length)
  const sets = [added, removed, grown].map((each) => Array.from(each))
  const byKey = Array.from(keys, ([key, { lists, ...inner }]) => [key, inner, Array.from(lists)])
  return {
    ...rest,
    nodes,
    sets,
    byKey,
    holders: Array.from(views.stock.holders()).toSorted(byWriter),
  }
}

function byWriter([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : Number(a > b)
}

/** What was spent: all of it, or nothing. */
export function spendIfHeld(stock: BoundedCounter, amount: number): number {
  try {
    stock.spend(amount)
    return amount
  } catch (error) {
    if (error instanceof NotEnoughRightsError) return 0
    throw error
  }
}
