import { expect } from 'vitest'

import { list } from '../../../src/index.ts'
import { List } from '../../../src/types/list.ts'
import { ElementReference, type ElementChange } from '../element-reference.ts'
import type { Law, Site } from '../law.ts'
import type { Random } from '../random.ts'

/** What everybody builds first on a Y.Array: it takes the element out, and puts it in again. */
class Reinserting extends List<string> {
  override move(which: number | string, to: number): void {
    const index = typeof which === 'number' ? which : this.indexOf(which)
    const value = this.get(index)
    if (value === undefined) return
    this.place.change(() => {
      this.delete(index)
      this.insert(to, value)
    })
  }
}

export const listLaw: Law<List<string>, ElementChange> = {
  name: 'list',
  type: list(),
  wrong: {
    'a move deletes and inserts': { ...list(), open: (place) => new Reinserting(place) },
  },
  act: (view, random, site) => {
    const dice = random.below(10)
    const index = random.below(Math.max(1, view.length))
    const id = view.idAt(index)
    if (dice < 4 || id === undefined) return insert(view, random, site)
    if (dice < 7) return move(view, id, random, site)
    if (dice === 9) {
      view.delete(id)
      return { kind: 'delete', id }
    }
    const value = `set${random.below(1_000)}`
    view.set(id, value)
    return { kind: 'set', id, value }
  },
  shown: (view) => view.value.map((value, at) => ({ id: view.idAt(at), value, children: [] })),
  reference: (history) => new ElementReference(history).shown(),
}

function insert(view: List<string>, random: Random, site: Site): ElementChange {
  const value = `new${random.below(1_000)}`
  const index = random.between(0, view.length)
  const tokens = site.written(() => view.insert(index, value))
  expect(view.get(index)).toBe(value)
  return { kind: 'create', value, ...chosen(tokens) }
}

function move(
  view: List<string>,
  id: string,
  random: Random,
  site: Site,
): ElementChange | undefined {
  const to = random.below(view.length)
  const tokens = site.written(() => view.move(id, to))
  if (tokens.length === 0) return undefined
  expect(view.indexOf(id)).toBe(to)
  return { kind: 'move', ...chosen(tokens) }
}

/** What the tokens of a change say of its element, which is the last, and of siblings that made room. */
export function chosen(tokens: unknown[][]): {
  id: string
  parent: string
  position: number[]
  anew: { id: string; position: number[]; isMoved: boolean }[]
} {
  const read = tokens.map(([, id, , parent, position, , , , count = 0]) => ({
    id: id as string,
    parent: parent as string,
    position: position as number[],
    isMoved: (count as number) % 4_096 === 0,
  }))
  const last = read.pop()
  if (last === undefined) throw new Error('A change left no token.')
  const { id, parent, position } = last
  return {
    id,
    parent,
    position,
    anew: read.filter((each) => each.parent === parent && each.id !== id),
  }
}
