import { countMinSketch, hyperLogLog, quantiles, topK } from '@rejoin/crdt'
import type * as Y from 'yjs'

import type { Random } from '../random.ts'
import { onArray, onMap, ours, type Case } from './case.ts'

const countsItems = onMap((items, _, random) => count(items, `i${skewed(random)}`))

export const summaries: readonly Case[] = [
  {
    name: 'hyperLogLog',
    live: '4,096 registers a writer',
    ours: ours(hyperLogLog(), (view, at) => view.add(`i${at}`)),
    naive: onMap((items, at) => items.set(`i${at}`, true)),
    naiveIs: 'Y.Map, a key an item',
    naiveVerdict: 'yes, exact',
  },
  {
    name: 'countMinSketch',
    live: '2,720 cells a writer',
    ours: ours(countMinSketch(), (view, _, random) => view.add(`i${skewed(random)}`)),
    naive: countsItems,
    naiveIs: 'Y.Map, an item to its count',
    naiveVerdict: 'no: concurrent counts are lost',
    expected: (changes) => changes,
  },
  {
    name: 'quantiles',
    live: 'some 500 buckets a writer',
    ours: ours(quantiles(), (view, _, random) => view.add(skewed(random) + 1)),
    naive: onArray((values, _, random) => values.push([skewed(random) + 1])),
    naiveIs: 'Y.Array of the values',
    naiveVerdict: 'yes, exact',
  },
  {
    name: 'topK',
    live: 'the counts of 100 items a writer',
    ours: ours(topK<string>(), (view, _, random) => view.add(`i${skewed(random)}`)),
    naive: countsItems,
    naiveIs: 'Y.Map, an item to its count',
    naiveVerdict: 'no: concurrent counts are lost',
  },
]

/** One of 10,000, the small ones more often. */
function skewed(random: Random): number {
  return Math.floor(10_000 ** (random.below(1_000_000) / 1_000_000))
}

function count(items: Y.Map<unknown>, item: string): void {
  items.set(item, ((items.get(item) as number | undefined) ?? 0) + 1)
}
