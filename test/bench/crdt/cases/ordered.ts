import { list, text, tree, type List, type Tree } from '@rejoin/crdt'
import type * as Y from 'yjs'

import type { Random } from '../random.ts'
import { onArray, onMap, ours, type Case, type Open } from './case.ts'

const ELEMENTS = 100
const CHARACTERS = 1_000

const typesAnywhere: Open = (doc) => {
  const it = doc.getText('it')
  return { act: (at, random) => edit(it, at, random), read: () => it.toString() }
}

const lists: readonly Case[] = [
  {
    name: 'list, moves',
    live: '100 elements',
    ours: ours(list<number>(), (view, at, random) => {
      if (view.length < ELEMENTS) view.push(at)
      else view.move(random.below(ELEMENTS), random.below(ELEMENTS))
    }),
    naive: onArray((array, at, random) => {
      if (array.length < ELEMENTS) return array.push([at])
      const from = random.below(ELEMENTS)
      const value = array.get(from)
      array.delete(from)
      array.insert(random.below(ELEMENTS), [value])
    }),
    naiveIs: 'Y.Array delete + insert',
    naiveVerdict: 'no: a concurrent move makes two of one',
  },
  {
    name: 'list, push and shift',
    live: '100 elements',
    ours: ours(list<number>(), (view, at) => {
      view.push(at)
      while (view.length > ELEMENTS) view.delete(0)
    }),
    naive: onArray((array, at) => {
      array.push([at])
      while (array.length > ELEMENTS) array.delete(0)
    }),
    naiveIs: 'Y.Array push, delete(0)',
    naiveVerdict: 'yes',
  },
  {
    name: 'list, insert and delete anywhere',
    live: '100 elements',
    ours: ours(list<number>(), (view, at, random) => {
      view.insert(random.below(view.length + 1), at)
      while (view.length > ELEMENTS) view.delete(random.below(ELEMENTS))
    }),
    naive: onArray((array, at, random) => {
      array.insert(random.below(array.length + 1), [at])
      while (array.length > ELEMENTS) array.delete(random.below(ELEMENTS))
    }),
    naiveIs: 'Y.Array insert, delete',
    naiveVerdict: 'yes',
  },
  {
    name: 'list, insert at one spot',
    live: '100 elements',
    ours: ours(list<number>(), insertInTheMiddle),
    naive: onArray((array, at) => {
      array.insert(array.length >>> 1, [at])
      while (array.length > ELEMENTS) array.delete(at % 2 === 0 ? 0 : ELEMENTS - 1)
    }),
    naiveIs: 'Y.Array insert, delete',
    naiveVerdict: 'yes',
  },
  {
    name: 'list, set',
    live: '100 elements',
    ours: ours(list<number>(), (view, at, random) => {
      if (view.length < ELEMENTS) view.push(at)
      else view.set(random.below(ELEMENTS), at)
    }),
    naive: onArray((array, at, random) => {
      if (array.length < ELEMENTS) return array.push([at])
      const index = random.below(ELEMENTS)
      array.delete(index)
      array.insert(index, [at])
    }),
    naiveIs: 'Y.Array delete + insert',
    naiveVerdict: 'no: a concurrent set makes two of one',
  },
]

const others: readonly Case[] = [
  {
    name: 'tree, moves',
    live: '100 nodes',
    ours: ours(tree<number>(), (view, at, random) => {
      const ids = idsOf(view)
      if (ids.length < ELEMENTS) ids.push(view.create(ids[random.below(ids.length)] ?? null, at))
      else moveAnywhere(view, ids, random)
    }),
    naive: onMap((nodes, at, random) => {
      if (nodes.size < ELEMENTS) {
        nodes.set(`n${at}`, `n${random.below(at)}`)
        return
      }
      const ids = Array.from(nodes.keys())
      const [id, to] = [ids[random.below(ELEMENTS)]!, ids[random.below(ELEMENTS)]!]
      if (!leadsTo(nodes, to, id)) nodes.set(id, to)
    }),
    naiveIs: 'Y.Map, node to parent',
    naiveVerdict: 'no: concurrent moves make circles; no order',
  },
  {
    name: 'tree, create and delete',
    live: '100 nodes or fewer',
    ours: ours(tree<number>(), (view, at, random) => {
      const ids = idsOf(view)
      view.create(ids[random.below(ids.length)] ?? null, at)
      while (view.size > ELEMENTS) view.delete(leafOf(view))
    }),
    naive: onMap((nodes, at, random) => {
      const ids = Array.from(nodes.keys())
      nodes.set(`n${at}`, ids[random.below(ids.length)] ?? '')
      while (nodes.size > ELEMENTS) {
        const parents = new Set(nodes.values())
        nodes.delete(Array.from(nodes.keys()).find((id) => !parents.has(id))!)
      }
    }),
    naiveIs: 'Y.Map, node to parent',
    naiveVerdict: 'no: concurrent moves make circles; no order',
    naiveOpsMax: 1_000,
  },
  {
    name: 'text, edits anywhere',
    live: '1,000 characters',
    ours: ours(text(), edit),
    naive: typesAnywhere,
    naiveIs: 'Y.Text: the same',
    naiveVerdict: 'yes',
    opsMax: 10_000,
  },
]

export const ordered: readonly Case[] = [...lists, ...others]

function insertInTheMiddle(view: List<number>, at: number): void {
  view.insert(view.length >>> 1, at)
  while (view.length > ELEMENTS) view.delete(at % 2 === 0 ? 0 : ELEMENTS - 1)
}

function idsOf(view: Tree<number>): string[] {
  const ids = [...view.childrenOf(null)]
  for (const id of ids) ids.push(...view.childrenOf(id))
  return ids
}

function leafOf(view: Tree<number>): string {
  return idsOf(view).find((id) => view.childrenOf(id).length === 0)!
}

function moveAnywhere(view: Tree<number>, ids: readonly string[], random: Random): void {
  const [id, to] = [ids[random.below(ids.length)]!, ids[random.below(ids.length)]!]
  for (let at: string | null | undefined = to; typeof at === 'string'; at = view.parentOf(at)) {
    if (at === id) return
  }
  view.move(id, to, random.below(view.childrenOf(to).length + 1))
}

function leadsTo(nodes: Y.Map<unknown>, from: string, to: string): boolean {
  const seen = new Set<string>()
  for (let at = from; nodes.has(at) && !seen.has(at); at = nodes.get(at) as string) {
    if (at === to) return true
    seen.add(at)
  }
  return false
}

function edit(it: Y.Text, at: number, random: Random): void {
  it.insert(random.below(it.length + 1), String.fromCharCode(97 + (at % 26)))
  if (it.length > CHARACTERS) it.delete(random.below(CHARACTERS), 1)
}
