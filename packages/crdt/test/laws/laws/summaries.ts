import * as Y from 'yjs'

import {
  bind,
  countMinSketch,
  hyperLogLog,
  quantiles,
  schema,
  topK,
  type Type,
} from '../../../src/index.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { Place } from '../../../src/ledger/place.ts'
import type { CountMinSketch } from '../../../src/summaries/count-min-sketch.ts'
import type { HyperLogLog } from '../../../src/summaries/hyper-log-log.ts'
import type { Quantiles } from '../../../src/summaries/quantiles.ts'
import type { TopK } from '../../../src/summaries/top-k.ts'
import type { Law } from '../law.ts'

interface Addition {
  readonly item: number
  readonly count: number
}

type Adding = { add(item: number, count?: number): void }

/** What must come of it is what one copy comes to that is given all additions. */
function law<V extends Adding>(
  name: string,
  [type, wrong]: readonly [Type<V, unknown>, Type<V, unknown>],
  shown: (view: V) => unknown,
): Law<V, Addition> {
  return {
    name,
    type,
    wrong: { 'a copy shows what it added itself': wrong },
    act: (view, random, site) => {
      const [item, count] = [random.below(40), random.between(1, 3)]
      const updates = site.updates(() => {
        if (name === 'hyperLogLog') view.add(item)
        else view.add(item, count)
      })
      return updates.length === 0 ? undefined : { item, count }
    },
    shown,
    reference: (history) => {
      const alone = (bind(schema({ it: type }), new Y.Doc()) as { readonly it: V }).it
      for (const { what } of history) alone.add(what.item, what.count)
      return shown(alone)
    },
  }
}

/** The same place in a document of its own, where only what this copy adds arrives. */
function apart<V extends Adding, S>(type: Type<V, S>): Type<V, S> {
  return {
    ...type,
    open: (place) => {
      const own = new Place({ ...place.author, ledger: Ledger.of(new Y.Doc()) }, place.path)
      const [shared, alone] = [type.open(place), type.open(own)]
      const add = shared.add.bind(shared)
      shared.add = (item: number, count?: number) => {
        add(item, count)
        alone.add(item, count)
      }
      Object.defineProperty(shared, 'value', { get: () => type.read(alone) })
      return shared
    },
  }
}

export const hyperLogLogLaw = law<HyperLogLog>(
  'hyperLogLog',
  [hyperLogLog(), apart(hyperLogLog())],
  (view) => view.value,
)
export const countMinSketchLaw = law<CountMinSketch>(
  'countMinSketch',
  [countMinSketch({ epsilon: 0.1 }), apart(countMinSketch({ epsilon: 0.1 }))],
  (view) => [view.value, ...[1, 2, 3, 4, 5].map((item) => view.count(item))],
)
export const quantilesLaw = law<Quantiles>(
  'quantiles',
  [quantiles(), apart(quantiles())],
  (view) => view.value,
)
export const topKLaw = law<TopK<number>>(
  'topK',
  [topK<number>(), apart(topK<number>())],
  (view) => view.value,
)
