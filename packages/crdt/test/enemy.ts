import { expect } from 'vitest'
import * as Y from 'yjs'

import { open, shown, stateOf, type Copy, type Views } from './everything.ts'

/** Where a document keeps its tokens. */
export const LEDGERS = ['rejoin', 'rejoin:lasting'] as const

/** An update that puts anything into a root array, by a client of its own. */
export function forged(tokens: readonly unknown[], root = 'rejoin', clientID = 11): Uint8Array {
  return plain((doc) => doc.getArray(root).insert(0, tokens as never[]), clientID)
}

export function plain(act: (doc: Y.Doc) => void, clientID = 11): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = clientID
  act(doc)
  return Y.encodeStateAsUpdate(doc)
}

/** That all read the same of these updates, in whatever order they come, and can go on. */
export function checkSame(...updates: readonly Uint8Array[]): void {
  const [watched, reversed, newcomer, behind] = [open('honest'), open(), open(), open()]
  for (const update of updates) {
    // What is read all the time is kept up to date, and what is read first now is made anew.
    shown(watched)
    Y.applyUpdate(watched.doc, update)
  }
  for (const update of updates.toReversed()) Y.applyUpdate(reversed.doc, update)
  Y.applyUpdate(newcomer.doc, Y.mergeUpdates([...updates]))
  Y.applyUpdate(behind.doc, stateOf(watched))
  const expected = shown(watched)
  expect(shown(reversed), 'in the other order').toEqual(expected)
  expect(shown(newcomer), 'all at once').toEqual(expected)
  expect(shown(behind), 'by way of another copy').toEqual(expected)
  checkUsable(watched)
  Y.applyUpdate(behind.doc, stateOf(watched))
  expect(shown(behind), 'after honest use').toEqual(shown(watched))
}

/** That honest use of every type does what it should, whatever is in the document. */
export function checkUsable({ views }: Copy): void {
  const { rights } = views.stock
  views.register.set('honest')
  views.values.set('honest')
  expect([views.register.value, views.values.value]).toEqual(['honest', ['honest']])
  const before = BigInt(views.count.value)
  views.count.increment()
  expect(BigInt(views.count.value)).toBe(before + 1n)
  views.stock.create(2)
  views.stock.spend(1)
  expect(views.stock.rights).toBe(rights + 1)
  for (const each of [views.on, views.off]) {
    each.enable()
    expect(each.value).toBe(true)
    each.disable()
    expect(each.value).toBe(false)
  }
  for (const each of [views.added, views.removed, views.grown]) {
    each.add('honest')
    expect(each.has('honest')).toBe(true)
  }
  views.removed.delete('honest')
  expect(views.removed.has('honest')).toBe(false)
  checkMap(views)
  checkList(views)
  checkTree(views)
  for (const each of [views.visitors, views.times, views.hits, views.top]) each.add(1)
  views.text.insert(0, 'honest')
  expect(views.value.text).toMatch(/^honest/)
}

function checkMap({ map: keys }: Views): void {
  keys.get('honest').lists.get('honest').push('honest')
  expect(keys.value.get('honest')?.lists.get('honest')).toEqual(['honest'])
  keys.delete('honest')
  expect(keys.has('honest')).toBe(false)
}

function checkList({ list: views }: Views): void {
  const { length } = views
  views.insert(0, 'front')
  views.push('back')
  expect([views.get(0), views.get(length + 1), views.length]).toEqual(['front', 'back', length + 2])
  for (const index of [0, length, 0]) {
    const id = views.idAt(index) ?? ''
    views.set(id, 'set')
    views.move(id, length + 1)
    expect([views.indexOf(id), views.get(id === '' ? -1 : length + 1)]).toEqual([length + 1, 'set'])
    views.move(id, 0)
    expect([views.indexOf(id), views.length]).toEqual([0, length + 2])
  }
  views.delete(0)
  expect(views.length).toBe(length + 1)
}

function checkTree({ tree: views }: Views): void {
  const { size } = views
  const others = [...views.childrenOf(null)]
  const first = views.create(null, 'front', 0)
  const last = views.create(null, 'back')
  expect([views.childrenOf(null)[0], views.childrenOf(null).at(-1)]).toEqual([first, last])
  for (const id of others.slice(0, 3)) {
    views.set(id, 'set')
    views.move(id, last, 0)
    expect([views.parentOf(id), views.get(id), views.size]).toEqual([last, 'set', size + 2])
  }
  views.move(first, last)
  expect([views.parentOf(first), views.size]).toEqual([last, size + 2])
  expect(() => views.move(last, first)).toThrow(expect.objectContaining({ code: 'cycle' }))
  views.delete(first)
  expect(views.size).toBe(size + 1)
}
