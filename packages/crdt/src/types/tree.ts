import type * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import { toJson } from '../json.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'
import {
  created,
  encodeElement,
  isSamePlace,
  moved,
  newId,
  placedAnew,
  withValue,
  type Element,
  type ElementId,
  type Placing,
} from './element.ts'
import { Elements } from './elements.ts'
import type { Position } from './position.ts'
import { positionAt, type Siblings } from './siblings.ts'
import { TOP, TreeLayout } from './tree-layout.ts'

const CODE = 't'

/** A node as a snapshot shows it. */
export interface TreeNode<T> {
  readonly id: ElementId
  readonly value: T
  readonly children: readonly TreeNode<T>[]
}

/** The nodes, and where they lie: kept up to date while that is plain, and computed anew otherwise. */
class Nodes extends Elements {
  #layout: TreeLayout | undefined

  get layout(): TreeLayout {
    this.#layout ??= new TreeLayout(new Map(Array.from(this.all(), (node) => [node.id, node])))
    return this.#layout
  }

  protected changed(was: Element | undefined, is: Element | undefined): boolean {
    const layout = this.#layout
    if (layout?.isPlain === true && was !== undefined && is !== undefined && isSamePlace(was, is)) {
      return was.value !== is.value
    }
    this.#layout = undefined
    if (layout?.isPlain !== true || !this.#isPlain(layout, was, is)) return true
    if (was !== undefined) layout.delete(was.id)
    if (is !== undefined) layout.add(is.id, is)
    this.#layout = layout
    return true
  }

  /** Whether a change leaves all nodes where they were put last. */
  #isPlain(layout: TreeLayout, was: Element | undefined, is: Element | undefined): boolean {
    if (is === undefined) return was !== undefined && layout.childrenOf(was.id).length === 0
    if (is.parent === is.id) return false
    if (is.parent !== TOP && this.get(is.parent) === undefined) return false
    return was === undefined || !layout.isBelow(is.parent, is.id)
  }
}

/** A tree whose nodes can be moved: see `tree`. */
export class Tree<T> extends View<readonly TreeNode<T>[]> {
  #shown = new Map<ElementId, TreeNode<T>>()

  get size(): number {
    return this.#nodes().size
  }

  has(id: ElementId): boolean {
    return this.#nodes().get(id) !== undefined
  }

  get(id: ElementId): T | undefined {
    return this.#nodes().get(id)?.value as T | undefined
  }

  /** The node that a node lies under, `null` at the top; `undefined` when the node is gone. */
  parentOf(id: ElementId): ElementId | null | undefined {
    const parent = this.#nodes().layout.placingOf(id)?.parent
    return parent === TOP ? null : parent
  }

  /** The nodes directly below a node, or at the top. */
  childrenOf(parent: ElementId | null): readonly ElementId[] {
    return this.#nodes()
      .layout.childrenOf(parent ?? TOP)
      .ids()
  }

  /**
   * Makes a node under `parent`, or at the top, as its last child or before the one at `index`.
   * Throws `CrdtError('gone')`, `'not-json'` and `'out-of-range'`.
   */
  create(parent: ElementId | null, value: T, index?: number): ElementId {
    const json = toJson(value)
    return this.place.change((transaction) => {
      const placing = this.#placingAt(transaction, parent, index)
      const id = newId(this.place.nextChange())
      this.#put(transaction, created(id, json, placing))
      return id
    })
  }

  /**
   * Moves a node with all that is below it; within its parent, `index` counts it as still there.
   * Throws `CrdtError('cycle')` for a move below itself, `'gone'` and `'out-of-range'`.
   */
  move(id: ElementId, parent: ElementId | null, index?: number): void {
    this.#find(id)
    if (parent !== null && this.#nodes().layout.isBelow(parent, id)) {
      throw new CrdtError('cycle', `'${id}' can't be moved to '${parent}', which lies below it.`)
    }
    if (this.#isAt(id, parent, index)) return
    this.place.change((transaction) => {
      const placing = this.#placingAt(transaction, parent, index)
      this.#settleAbove(transaction, parent)
      const was = this.#nodes().layout.placingOf(id)
      this.#put(transaction, moved(this.#find(id), placing, was, this.place.nextChange()))
    })
  }

  /** Puts another value in the place of a node's. Throws `CrdtError('gone')` and `'not-json'`. */
  set(id: ElementId, value: T): void {
    const node = this.#find(id)
    const json = toJson(value)
    this.place.change((transaction) => {
      this.#put(transaction, withValue(node, json, this.place.nextChange()))
    })
  }

  /** Takes away a node and all that this copy sees below it. Throws `CrdtError('gone')`. */
  delete(id: ElementId): void {
    this.#find(id)
    this.place.change((transaction) => {
      const nodes = this.#nodes()
      // From the leaves, so that no node lies under one that is gone meanwhile.
      const below = Array.from(nodes.layout.subtree(id)).toReversed()
      this.place.drop(
        transaction,
        below.flatMap((each) => nodes.tokensOf(each)),
      )
      this.place.touch(transaction)
    })
  }

  /** Level by level and not by recursion, which is what a deep tree makes overflow. */
  protected snapshot(): readonly TreeNode<T>[] {
    const nodes = this.#nodes()
    const shown = new Map<ElementId, TreeNode<T>>()
    const below = (id: ElementId): readonly TreeNode<T>[] => {
      const ids = nodes.layout.childrenOf(id).ids()
      return Object.freeze(ids.flatMap((child) => shown.get(child) ?? []))
    }
    for (const id of Array.from(nodes.layout.subtree(TOP)).toReversed()) {
      if (id === TOP) continue
      const value = nodes.get(id)?.value as T
      shown.set(id, this.#sameOr({ id, value, children: below(id) }))
    }
    this.#shown = shown
    return below(TOP)
  }

  /** The node as it was shown last, where it is still the same. */
  #sameOr(node: TreeNode<T>): TreeNode<T> {
    const last = this.#shown.get(node.id)
    const isSame =
      last !== undefined &&
      last.value === node.value &&
      last.children.length === node.children.length &&
      last.children.every((child, at) => child === node.children[at])
    return isSame ? last : Object.freeze(node)
  }

  #isAt(id: ElementId, parent: ElementId | null, index: number | undefined): boolean {
    if (this.parentOf(id) !== parent) return false
    const children = this.childrenOf(parent)
    const [at, to] = [children.indexOf(id), index ?? children.length]
    return to === at || to === at + 1
  }

  /**
   * What lies above the new parent by a fallback is put where it lies. Else the place that it had to
   * leave, for a circle that is gone by now, could make another with the move.
   */
  #settleAbove(transaction: Y.Transaction, parent: ElementId | null): void {
    const { layout } = this.#nodes()
    const settled: Element[] = []
    for (let at = parent; at !== null; at = this.parentOf(at) ?? null) {
      const [node, place] = [this.#find(at), layout.placingOf(at)]
      if (place === undefined || isSamePlace(node, place)) continue
      settled.push(moved(node, place, undefined, this.place.nextChange()))
    }
    // Not one by one: each would change where the others lie.
    for (const node of settled) this.#put(transaction, node)
  }

  #placingAt(
    transaction: Y.Transaction,
    parent: ElementId | null,
    index: number | undefined,
  ): Placing {
    if (parent !== null) this.#find(parent)
    const to = parent ?? TOP
    const { length } = this.#nodes().layout.childrenOf(to)
    const at = index ?? length
    if (!Number.isInteger(at) || at < 0 || at > length) {
      throw new CrdtError('out-of-range', `There is no index ${at} among ${length} children.`)
    }
    return { parent: to, position: this.#positionAt(transaction, to, at) }
  }

  #positionAt(transaction: Y.Transaction, parent: ElementId, index: number): Position {
    const siblings = (): Siblings => this.#nodes().layout.childrenOf(parent)
    return positionAt(siblings, index, this.place.ledger.lineage, (id, position) => {
      const [node, change] = [this.#find(id), this.place.nextChange()]
      // One that lies here by a fallback is put here.
      const isHere = node.parent === parent
      const placing = { parent, position }
      this.#put(
        transaction,
        isHere ? placedAnew(node, position, change) : moved(node, placing, undefined, change),
      )
    })
  }

  #put(transaction: Y.Transaction, node: Element): void {
    const seen = this.#nodes().tokensOf(node.id)
    this.place.replace(transaction, seen, CODE, ...encodeElement(node))
  }

  #find(id: ElementId): Element {
    const node = this.#nodes().get(id)
    if (node !== undefined) return node
    throw new CrdtError('gone', `The node '${id}' is not in the tree (any more).`)
  }

  #nodes(): Nodes {
    return this.place.index(CODE, () => new Nodes())
  }
}

/**
 * A tree of JSON values whose nodes can be moved, without circles and without lost nodes, whatever
 * is moved and deleted concurrently. A node lies where it was put last (by count, then by copy); what
 * makes a circle, or lies under a node that is gone, falls back to where it was before, and from
 * there to the top: see `TreeLayout`. A deletion takes away what it saw of a node and of those below
 * it; a node that is moved, changed or created there concurrently stays.
 * (After Kleppmann et al., "A highly-available move operation for replicated trees", 2022, and
 * Wallace, "CRDT: mutable tree hierarchy", 2022; without a log of moves.)
 */
export function tree<T>(): Type<Tree<T>, readonly TreeNode<T>[]> {
  return {
    kind: 'tree',
    code: CODE,
    open: (place) => new Tree(place),
    read: (view) => view.value,
  }
}
