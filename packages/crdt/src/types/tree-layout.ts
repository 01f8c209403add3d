import { isLater, type Element, type ElementId, type Placing } from './element.ts'
import { Siblings } from './siblings.ts'

/** The parent of what lies at the top. */
export const TOP: ElementId = ''

/** Which of its places a node takes: where it was put last, where it was before, or at the top. */
type Choice = 0 | 1 | 2

/**
 * Where each node of a tree lies, computed from where each was put: every node once, under a node
 * that is there, and none under itself.
 *
 * A node lies where it was put last. When that is under a node that is gone, or when such places
 * make a circle, it lies where it was before: in a circle this befalls the node that was put last of
 * all in it, again and again until no circle is left. Where that does not do either, it lies at the
 * top, so that nothing is lost. Circles have no node in common, and breaking one leaves the others
 * as they are, so the order in which they are found does not matter.
 */
export class TreeLayout {
  readonly #placings = new Map<ElementId, Placing>()
  readonly #children = new Map<ElementId, Siblings>()
  /** Whether every node lies where it was put last. */
  readonly isPlain: boolean

  constructor(nodes: ReadonlyMap<ElementId, Element>) {
    const choices = choosePlaces(nodes)
    this.isPlain = Array.from(choices.values()).every((choice) => choice === 0)
    for (const node of nodes.values()) {
      this.add(node.id, placeOf(node, choices.get(node.id) ?? 0, nodes))
    }
  }

  placingOf(id: ElementId): Placing | undefined {
    return this.#placings.get(id)
  }

  childrenOf(id: ElementId): Siblings {
    return this.#children.get(id) ?? new Siblings()
  }

  isBelow(id: ElementId, ancestor: ElementId): boolean {
    for (let at = id; at !== TOP; at = this.#placings.get(at)?.parent ?? TOP) {
      if (at === ancestor) return true
    }
    return false
  }

  /** A node and all that lies below it. */
  *subtree(id: ElementId): Generator<ElementId> {
    const open = [id]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      yield at
      for (const child of this.childrenOf(at).ids()) open.push(child)
    }
  }

  add(id: ElementId, placing: Placing): void {
    this.#placings.set(id, placing)
    const siblings = this.#children.get(placing.parent) ?? new Siblings()
    siblings.add({ id, position: placing.position })
    this.#children.set(placing.parent, siblings)
  }

  delete(id: ElementId): void {
    const placing = this.#placings.get(id)
    if (placing === undefined) return
    const siblings = this.#children.get(placing.parent)
    siblings?.delete({ id, position: placing.position })
    if (siblings?.length === 0) this.#children.delete(placing.parent)
    this.#placings.delete(id)
  }
}

function choosePlaces(nodes: ReadonlyMap<ElementId, Element>): Map<ElementId, Choice> {
  const choices = new Map<ElementId, Choice>()
  for (const node of nodes.values()) choices.set(node.id, nextChoice(node, 0, nodes))
  const settled = new Set<ElementId>([TOP])
  for (const start of nodes.keys()) settle(start, nodes, choices, settled)
  return choices
}

/** Follows the parents of a node until they are known to lead to the top, and breaks each circle. */
function settle(
  start: ElementId,
  nodes: ReadonlyMap<ElementId, Element>,
  choices: Map<ElementId, Choice>,
  settled: Set<ElementId>,
): void {
  const path: Element[] = []
  const onPath = new Map<ElementId, number>()
  for (let id = start; !settled.has(id);) {
    const node = nodes.get(id) as Element
    const since = onPath.get(id)
    if (since === undefined) {
      onPath.set(id, path.push(node) - 1)
      id = placeOf(node, choices.get(id) ?? 0, nodes).parent
      continue
    }
    const last = path.slice(since).reduce((a, b) => (wasPutLater(a, b) ? a : b))
    choices.set(last.id, nextChoice(last, ((choices.get(last.id) ?? 0) + 1) as Choice, nodes))
    // What leads to it stands; from there on the way is another.
    for (const left of path.splice(path.indexOf(last))) onPath.delete(left.id)
    id = last.id
  }
  for (const { id } of path) settled.add(id)
}

/** The first choice from `choice` on whose parent is there. */
function nextChoice(node: Element, choice: Choice, nodes: ReadonlyMap<ElementId, Element>): Choice {
  if (choice === 0 && isThere(node.parent, nodes)) return 0
  if (choice <= 1 && node.before !== undefined && isThere(node.before.parent, nodes)) return 1
  return 2
}

function isThere(parent: ElementId, nodes: ReadonlyMap<ElementId, Element>): boolean {
  return parent === TOP || nodes.has(parent)
}

function placeOf(node: Element, choice: Choice, nodes: ReadonlyMap<ElementId, Element>): Placing {
  if (choice === 0 && isThere(node.parent, nodes)) return node
  if (choice === 1 && node.before !== undefined) return node.before
  return { parent: TOP, position: node.position }
}

function wasPutLater(a: Element, b: Element): boolean {
  if (isLater(a.placeTurn, b.placeTurn)) return true
  if (isLater(b.placeTurn, a.placeTurn)) return false
  return a.id > b.id
}
