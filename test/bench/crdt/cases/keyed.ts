import { boundedCounter, counter, map, register, set, text } from '@rejoin/crdt'
import * as Y from 'yjs'

import { onMap, ours, type Case } from './case.ts'

const KEYS = 100

const toggles = onMap((elements, _, random) => {
  const name = `e${random.below(KEYS)}`
  if (elements.has(name)) elements.delete(name)
  else elements.set(name, true)
})
const movesOn = onMap((elements, at) => {
  elements.set(`e${at}`, true)
  elements.delete(`e${at - KEYS}`)
})
const mapAsSet = 'Y.Map, a key an element'
const notAddWins = 'no: a removal can win over an addition'
const notRemoveWins = 'no: the greater client id wins'

const sets: readonly Case[] = [
  {
    name: 'set (add wins)',
    live: '100 names in and out',
    ours: ours(set<string>(), (view, _, random) => {
      const name = `e${random.below(KEYS)}`
      if (!view.delete(name)) view.add(name)
    }),
    naive: toggles,
    naiveIs: mapAsSet,
    naiveVerdict: notAddWins,
  },
  {
    name: 'set (add wins), ever new',
    live: 'the last 100 names',
    ours: ours(set<string>(), (view, at) => {
      view.add(`e${at}`)
      view.delete(`e${at - KEYS}`)
    }),
    naive: movesOn,
    naiveIs: mapAsSet,
    naiveVerdict: notAddWins,
  },
  {
    name: 'set (remove wins)',
    live: '100 names in and out',
    ours: ours(set<string>({ wins: 'remove' }), (view, _, random) => {
      const name = `e${random.below(KEYS)}`
      if (!view.delete(name)) view.add(name)
    }),
    naive: toggles,
    naiveIs: mapAsSet,
    naiveVerdict: notRemoveWins,
  },
  {
    name: 'set (remove wins), ever new',
    live: 'the last 100 names',
    ours: ours(set<string>({ wins: 'remove' }), (view, at) => {
      view.add(`e${at}`)
      view.delete(`e${at - KEYS}`)
    }),
    naive: movesOn,
    naiveIs: mapAsSet,
    naiveVerdict: notRemoveWins,
  },
  {
    name: 'set (grow only)',
    live: '100 names, again and again',
    ours: ours(set<string>({ growOnly: true }), (view, _, random) => {
      view.add(`e${random.below(KEYS)}`)
    }),
    naive: onMap((elements, _, random) => elements.set(`e${random.below(KEYS)}`, true)),
    naiveIs: mapAsSet,
    naiveVerdict: 'yes',
  },
]

const maps: readonly Case[] = [
  {
    name: 'map of counters',
    live: '100 keys in and out',
    ours: ours(map(counter()), (view, _, random) => {
      const key = `k${random.below(KEYS)}`
      if (random.below(10) === 0) view.delete(key)
      else view.get(key).increment()
    }),
    naive: onMap((keys, _, random) => {
      const key = `k${random.below(KEYS)}`
      if (random.below(10) === 0) keys.delete(key)
      else count(keys, key)
    }),
    naiveIs: 'Y.Map of Y.Map',
    naiveVerdict: 'no: counts and whole keys are lost',
  },
  {
    name: 'map of counters, ever new',
    live: 'the last 100 keys',
    ours: ours(map(counter()), (view, at) => {
      const key = Math.floor(at / 4)
      if (at % 4 === 3) view.delete(`k${key - KEYS}`)
      else view.get(`k${key}`).increment()
    }),
    naive: onMap((keys, at) => {
      const key = Math.floor(at / 4)
      if (at % 4 === 3) keys.delete(`k${key - KEYS}`)
      else count(keys, `k${key}`)
    }),
    naiveIs: 'Y.Map of Y.Map',
    naiveVerdict: 'no: counts and whole keys are lost',
  },
  {
    name: 'map of registers',
    live: '100 keys',
    ours: ours(map(register(0)), (view, at, random) => view.get(`k${random.below(KEYS)}`).set(at)),
    naive: onMap((keys, at, random) => keys.set(`k${random.below(KEYS)}`, at)),
    naiveIs: 'Y.Map.set',
    naiveVerdict: 'by client id',
  },
  {
    name: 'map of registers, ever new',
    live: 'the last 100 keys',
    ours: ours(map(register(0)), (view, at) => {
      view.get(`k${at}`).set(at)
      view.delete(`k${at - KEYS}`)
    }),
    naive: onMap((keys, at) => {
      keys.set(`k${at}`, at)
      keys.delete(`k${at - KEYS}`)
    }),
    naiveIs: 'Y.Map.set',
    naiveVerdict: 'by client id',
  },
  {
    name: 'map of maps of registers',
    live: '10 keys of 10',
    ours: ours(map(map(register(0))), (view, at, random) => {
      const inner = view.get(`k${random.below(10)}`)
      const key = `k${random.below(10)}`
      if (!inner.delete(key)) inner.get(key).set(at)
    }),
    naive: onMap((keys, at, random) => {
      const outer = `k${random.below(10)}`
      const key = `k${random.below(10)}`
      const inner = (keys.get(outer) ?? keys.set(outer, new Y.Map())) as Y.Map<number>
      if (inner.has(key)) inner.delete(key)
      else inner.set(key, at)
    }),
    naiveIs: 'Y.Map of Y.Map',
    naiveVerdict: 'no: whole keys are lost',
  },
]

const mapsThatKeep: readonly Case[] = [
  {
    name: 'map of bounded counters, ever new',
    live: 'the last 100 keys; rights are for good',
    ours: ours(map(boundedCounter({ min: 0 })), (view, at) => {
      view.get(`k${at}`).create(1)
      view.delete(`k${at - KEYS}`)
    }),
    naive: onMap((keys, at) => {
      count(keys, `k${at}`)
      keys.delete(`k${at - KEYS}`)
    }),
    naiveIs: 'Y.Map of Y.Map',
    naiveVerdict: 'no: counts and whole keys are lost',
    opsMax: 10_000,
  },
  {
    name: 'map of texts, ever new',
    live: 'the last 100 keys, 2 letters each',
    ours: ours(map(text()), (view, at) => {
      view.get(`k${at}`).insert(0, 'ab')
      view.delete(`k${at - KEYS}`)
    }),
    naive: onMap((keys, at) => {
      keys.set(`k${at}`, new Y.Text('ab'))
      keys.delete(`k${at - KEYS}`)
    }),
    naiveIs: 'Y.Map of Y.Text',
    naiveVerdict: 'no: whole keys are lost',
    opsMax: 10_000,
  },
]

export const keyed: readonly Case[] = [...sets, ...maps, ...mapsThatKeep]

function count(keys: Y.Map<unknown>, key: string): void {
  const inner = (keys.get(key) ?? keys.set(key, new Y.Map())) as Y.Map<number>
  inner.set('n', (inner.get('n') ?? 0) + 1)
}
