import type { History, Operation } from './history.ts'

/** A change to elements of a list or nodes of a tree; what a copy chose, it is told. */
export type ElementChange =
  | ({ readonly kind: 'create'; readonly id: string; readonly value: string } & Chosen & Anew)
  | ({ readonly kind: 'move'; readonly id: string } & Chosen & Anew)
  | { readonly kind: 'set'; readonly id: string; readonly value: string }
  | { readonly kind: 'delete'; readonly id: string }

interface Chosen {
  readonly parent: string
  readonly position: readonly number[]
}

/** Siblings that had to be given other positions, in the same order, to make room. */
interface Anew {
  readonly anew: readonly {
    readonly id: string
    readonly position: readonly number[]
    /** Those that lay there by a fallback were put there. */
    readonly isMoved: boolean
  }[]
}

type Turn = readonly [count: number, lineage: number, operation: number]

export interface State extends Chosen {
  readonly id: string
  readonly value: string
  readonly valueTurn: Turn
  readonly placeTurn: Turn
  readonly before: Chosen | undefined
}

export interface Shown {
  readonly id: string
  readonly value: string
  readonly children: readonly Shown[]
}

const NEVER: Turn = [0, 0, 0]
const TURNS_PER_MOVE = 4_096

/**
 * Lists and trees as the sets of operations that they are, computed anew for every question: what
 * each change made of its element, out of what its copy saw; which of these no other change has seen;
 * and what the rest come to.
 */
export class ElementReference {
  readonly #history: History<ElementChange>
  readonly #states = new Map<number, readonly State[]>()
  /**
   * What each change cancelled: what stood when it was made. What others had cancelled before stands where it
   * is known and theirs is not, since nothing brings changes in causal order here.
   */
  readonly #cancelled = new Map<number, ReadonlySet<State>>()

  constructor(history: History<ElementChange>) {
    this.#history = history
    for (const operation of history) this.#make(operation)
  }

  shown(): readonly Shown[] {
    return show('', placed(this.#elements(this.#history)))
  }

  #make(operation: Operation<ElementChange>): void {
    const { id, what } = operation
    const known = this.#history.filter((other) => operation.sees.has(other.id))
    const seen = this.#elements(known)
    const layout = placed(seen)
    const byId = new Map(made(operation, seen, layout).map((state) => [state.id, state]))
    this.#states.set(id, [...byId.values()])
    const deleted = what.kind === 'delete' ? subtree(what.id, layout) : []
    const touched = new Set([...byId.keys(), ...deleted])
    const cancelled = this.#standing(known).filter((state) => touched.has(state.id))
    this.#cancelled.set(id, new Set(cancelled))
  }

  #standing(known: History<ElementChange>): State[] {
    const states = known.flatMap(({ id }) => this.#states.get(id) ?? [])
    return states.filter((state) => !known.some(({ id }) => this.#cancelled.get(id)?.has(state)))
  }

  #elements(known: History<ElementChange>): Map<string, State> {
    const elements = new Map<string, State>()
    for (const state of this.#standing(known)) {
      const other = elements.get(state.id)
      elements.set(state.id, other === undefined ? state : join(other, state))
    }
    return elements
  }
}

/** What an operation makes of the elements that its copy has. */
function made(
  { id, what, lineage }: Operation<ElementChange>,
  seen: ReadonlyMap<string, State>,
  layout: ReadonlyMap<string, State>,
): State[] {
  const was = seen.get(what.id)
  if (what.kind === 'delete') return []
  if (what.kind === 'set') {
    const valueTurn = [(was?.valueTurn[0] ?? 0) + 1, lineage, id] as const
    return was === undefined ? [] : [{ ...was, value: what.value, valueTurn }]
  }
  const turnAfter = (count: number, at: number): Turn => [count, lineage, id + at / 1_000]
  const moved = (node: State, to: Chosen, before: Chosen | undefined, at: number): State => {
    const count = (Math.floor(node.placeTurn[0] / TURNS_PER_MOVE) + 1) * TURNS_PER_MOVE
    const { parent, position } = to
    return { ...node, parent, position, before, placeTurn: turnAfter(count, at) }
  }
  const anew = what.anew.map(({ id: sibling, position, isMoved }, at) => {
    const node = seen.get(sibling) as State
    if (isMoved) return moved(node, { parent: what.parent, position }, undefined, at)
    return { ...node, position, placeTurn: turnAfter(node.placeTurn[0] + 1, at) }
  })
  if (what.kind === 'create') {
    const { parent, position, value } = what
    const state = { id: what.id, parent, position, value, valueTurn: NEVER, placeTurn: NEVER }
    return [...anew, { ...state, before: undefined }]
  }
  // Whatever lies above by a fallback is put where it lies, and then the node itself.
  const moves: [State, Chosen, Chosen | undefined][] = []
  for (let at = layout.get(what.parent); at !== undefined; at = layout.get(at.parent)) {
    const node = seen.get(at.id) as State
    const isPlain = node.parent === at.parent && node.position === at.position
    if (!isPlain) moves.push([node, at, undefined])
  }
  moves.push([was as State, what, layout.get(what.id)])
  return [...anew, ...moves.map((move, at) => moved(...move, anew.length + at))]
}

function join(a: State, b: State): State {
  const byValue = isLater(a.valueTurn, b.valueTurn) ? a : b
  const byPlace = isLater(a.placeTurn, b.placeTurn) ? a : b
  return { ...byPlace, value: byValue.value, valueTurn: byValue.valueTurn }
}

function isLater(a: Turn, b: Turn): boolean {
  const at = a.findIndex((each, index) => each !== b[index])
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0)
}

/** Where each node lies, by the sentences of `TreeLayout`, circle by circle. */
function placed(nodes: ReadonlyMap<string, State>): Map<string, State> {
  const tries = new Map(Array.from(nodes.keys(), (id) => [id, 0]))
  for (;;) {
    const layout = new Map<string, State>()
    for (const [id, node] of nodes) layout.set(id, tryPlace(node, tries, nodes))
    const circle = Array.from(nodes.keys(), (id) => circleFrom(id, layout)).find(Boolean)
    if (circle === undefined) return layout
    const last = circle
      .map((id) => nodes.get(id) as State)
      .reduce((a, b) => (isPutLater(a, b) ? a : b))
    tries.set(last.id, (tries.get(last.id) ?? 0) + 1)
  }
}

function tryPlace(
  node: State,
  tries: Map<string, number>,
  nodes: ReadonlyMap<string, State>,
): State {
  const places = [node, node.before, { parent: '', position: node.position }]
  for (let at = tries.get(node.id) ?? 0; ; at++) {
    const place = places[at]
    if (place === undefined || (place.parent !== '' && !nodes.has(place.parent))) continue
    tries.set(node.id, at)
    return { ...node, parent: place.parent, position: place.position }
  }
}

function circleFrom(start: string, layout: ReadonlyMap<string, State>): string[] | undefined {
  const path: string[] = []
  for (let id = start; id !== ''; id = layout.get(id)?.parent ?? '') {
    if (path.includes(id)) return path.slice(path.indexOf(id))
    path.push(id)
  }
  return undefined
}

function isPutLater(a: State, b: State): boolean {
  if (isLater(a.placeTurn, b.placeTurn)) return true
  return !isLater(b.placeTurn, a.placeTurn) && a.id > b.id
}

function subtree(id: string, layout: ReadonlyMap<string, State>): string[] {
  const children = Array.from(layout.values()).filter(({ parent }) => parent === id)
  return [id, ...children.flatMap((child) => subtree(child.id, layout))]
}

function show(parent: string, layout: ReadonlyMap<string, State>): Shown[] {
  return Array.from(layout.values())
    .filter((node) => node.parent === parent)
    .toSorted((a, b) => compare(a.position, b.position) || (a.id < b.id ? -1 : 1))
    .map(({ id, value }) => ({ id, value, children: show(id, layout) }))
}

/** Number by number; what goes on is later. */
function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, index) => each !== b[index])
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? Number.NEGATIVE_INFINITY)
}
