import { drawing, setAll, setAttribute, setText } from './dom.ts'
import type { Origin, ReplicaState } from './recording.ts'
import { sumOf, type Truth } from './truth.ts'

const SMALL = 28

/**
 * A replica: a circle with its name and the end of its id, and around it a gauge: how much of what anybody
 * has is on its disk, and how much of that it knows to be everywhere.
 */
export class ReplicaFigure {
  readonly node: SVGGElement
  readonly #body = drawing('circle', { class: 'body' })
  readonly #rail = drawing('circle', { class: 'rail' })
  readonly #has = drawing('circle', { class: 'arc has', pathLength: 100 })
  readonly #stable = drawing('circle', { class: 'arc stable', pathLength: 100 })
  readonly #name = drawing('text', { class: 'name', y: -5 })
  readonly #id = drawing('text', { class: 'id', y: 9 })
  readonly #word = drawing('text', { class: 'word', y: 22 })
  readonly #title = drawing('title')

  constructor(radius: number) {
    const pointer = drawing('circle', { class: 'pointer', r: radius + 11 })
    const parts = [pointer, this.#rail, this.#has, this.#stable, this.#body]
    this.node = drawing('g', { class: 'replica' }, this.#title, ...parts)
    this.node.append(this.#name, this.#id, this.#word)
    for (const gauge of [this.#rail, this.#has, this.#stable]) setAll(gauge, { r: radius + 5 })
    setAll(this.#body, { r: radius })
    // From the top, clockwise.
    for (const arc of [this.#has, this.#stable]) setAll(arc, { transform: 'rotate(-90)' })
    // There is no room for the id then.
    if (radius >= SMALL) return
    this.node.classList.add('small')
    setAll(this.#name, { y: 4 })
    setAll(this.#word, { y: 15 })
  }

  show(
    name: string,
    state: ReplicaState | undefined,
    origin: Origin | undefined,
    truth: Truth,
  ): void {
    setAttribute(this.node, 'visibility', state === undefined ? 'hidden' : 'visible')
    if (state === undefined || origin === undefined) return
    const word = wordOf(state)
    // A copy has a name of its own until it has an id of its own.
    setText(this.#name, origin.name.startsWith(name) ? origin.name : name)
    setText(this.#id, origin.id)
    setText(this.#word, word)
    setAttribute(this.node, 'data-life', state.life)
    setAttribute(
      this.node,
      'data-trouble',
      state.failure !== '' || state.damaged.length > 0 ? 'yes' : 'no',
    )
    const all = Math.max(1, sumOf(truth.union))
    setAttribute(this.#has, 'stroke-dasharray', dashes(sumOf(state.has) / all))
    setAttribute(this.#stable, 'stroke-dasharray', dashes(sumOf(state.stable) / all))
    setText(this.#title, `${name}: ${sumOf(state.has)} of ${sumOf(truth.union)} entries on disk`)
  }

  /** Marks it as one that the current happening is about. */
  point(isConcerned: boolean): void {
    setAttribute(this.node, 'data-concerned', isConcerned ? 'yes' : 'no')
  }
}

function dashes(part: number): string {
  return part === 0 ? '0 100' : `${(part * 100).toFixed(2)} 100`
}

export function wordOf({ life, failure, damaged }: ReplicaState): string {
  if (life === 'down') return 'down'
  if (life === 'still') return 'still'
  if (failure !== '') return 'disk fails'
  return damaged.length > 0 ? 'damaged' : ''
}
