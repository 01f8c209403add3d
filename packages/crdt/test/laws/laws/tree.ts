import { expect } from 'vitest'

import { CrdtError, tree, type TreeNode } from '../../../src/index.ts'
import type { Element } from '../../../src/types/element.ts'
import { Elements } from '../../../src/types/elements.ts'
import { Tree } from '../../../src/types/tree.ts'
import { ElementReference, type ElementChange } from '../element-reference.ts'
import type { Law, Site } from '../law.ts'
import type { Random } from '../random.ts'
import { chosen } from './list.ts'

class Plain extends Elements {
  protected changed(): boolean {
    return true
  }
}

/** A parent pointer in each node, and the last write wins: what a circle holds is gone from sight. */
class Pointers extends Tree<string> {
  protected override snapshot(): readonly TreeNode<string>[] {
    const plain = new Plain()
    for (const token of this.place.tokens('t')) plain.add(token)
    const nodes = Array.from(plain.all())
    const below = (parent: string): TreeNode<string>[] =>
      nodes
        .filter((node) => node.parent === parent)
        .map((node: Element) => ({
          id: node.id,
          value: node.value as string,
          children: below(node.id),
        }))
    return below('')
  }
}

export const treeLaw: Law<Tree<string>, ElementChange> = {
  name: 'tree',
  type: tree(),
  wrong: { 'pointers make circles': { ...tree(), open: (place) => new Pointers(place) } },
  act: (view, random, site) => {
    const ids = idsOf(view)
    const [id, other] = [random.pick(ids), random.chance(0.2) ? null : (random.pick(ids) ?? null)]
    const dice = random.below(10)
    if (dice < 3 || id === undefined) return create(view, other, random, site)
    if (dice < 8) return move(view, [id, other], random, site)
    if (dice === 9) {
      view.delete(id)
      return { kind: 'delete', id }
    }
    const value = `set${random.below(1_000)}`
    view.set(id, value)
    return { kind: 'set', id, value }
  },
  shown: (view) => view.value,
  reference: (history) => new ElementReference(history).shown(),
  always: (view) => expect(idsOf(view)).toHaveLength(view.size),
}

function idsOf(view: Tree<string>): string[] {
  const ids = (nodes: readonly TreeNode<string>[]): string[] =>
    nodes.flatMap(({ id, children }) => [id, ...ids(children)])
  return ids(view.value)
}

function create(
  view: Tree<string>,
  parent: string | null,
  random: Random,
  site: Site,
): ElementChange {
  const value = `new${random.below(1_000)}`
  const index = random.between(0, view.childrenOf(parent).length)
  const place = chosen(site.written(() => view.create(parent, value, index)))
  expect(view.childrenOf(parent)[index]).toBe(place.id)
  return { kind: 'create', value, ...place }
}

function move(
  view: Tree<string>,
  [id, parent]: [string, string | null],
  random: Random,
  site: Site,
): ElementChange | undefined {
  const index = random.between(0, view.childrenOf(parent).length)
  try {
    const tokens = site.written(() => view.move(id, parent, index))
    expect(view.parentOf(id)).toBe(parent)
    if (tokens.length === 0) return undefined
    return { kind: 'move', ...chosen(tokens) }
  } catch (error) {
    if (error instanceof CrdtError && error.code === 'cycle') return undefined
    throw error
  }
}
