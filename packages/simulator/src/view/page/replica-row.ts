import { Bar } from './bar.ts'
import { element, setAttribute, setText } from './dom.ts'
import type { Origin, ReplicaState } from './recording.ts'
import { wordOf } from './replica-figure.ts'
import { sumOf, type Truth } from './truth.ts'
import type { Column } from './versions-table.ts'

interface Cell {
  readonly column: Column
  readonly node: HTMLElement
  readonly seq: HTMLElement
  readonly bar: Bar
}

/** What one replica has of each origin, what it knows of the others, and how its disk is. */
export class ReplicaRow {
  readonly node: HTMLElement
  readonly #cells: readonly Cell[]
  readonly #life = element('span', { class: 'life' })
  readonly #knows = element('span', { class: 'knows' })
  readonly #holds = element('span', { class: 'holds' })
  readonly #disk = element('span', { class: 'disk' })

  constructor(name: string, columns: readonly Column[]) {
    this.#cells = columns.map((column) => {
      const [seq, bar] = [element('span', { class: 'seq' }), new Bar(column.max)]
      return { column, node: element('td', {}, seq, bar.node), seq, bar }
    })
    const head = element(
      'th',
      { scope: 'rowgroup', rowspan: 2 },
      element('b', {}, name),
      this.#life,
    )
    const facts = element('td', { class: 'facts', colspan: Math.max(1, columns.length) })
    facts.append(element('div', {}, this.#holds, this.#knows, this.#disk))
    this.node = element('tbody', { class: 'replica', 'data-replica': name })
    this.node.append(
      element('tr', {}, head, ...this.#cells.map(({ node }) => node)),
      element('tr', {}, facts),
    )
  }

  show(state: ReplicaState | undefined, truth: Truth, origin: Origin | undefined): void {
    this.node.hidden = state === undefined
    if (state === undefined || origin === undefined) return
    for (const { column, node, seq, bar } of this.#cells) {
      const levels = {
        has: state.has[column.origin] ?? 0,
        floor: state.floor[column.origin] ?? 0,
        stable: state.stable[column.origin] ?? 0,
        everybody: truth.stable[column.origin] ?? 0,
        anybody: truth.union[column.origin] ?? 0,
      }
      setText(seq, `${levels.has}`)
      setAttribute(node, 'title', titleOf(levels))
      bar.show(levels)
    }
    setText(this.#life, lifeText(state, origin))
    setText(this.#holds, holdsText(state))
    setText(this.#knows, knowsText(state, truth))
    setText(this.#disk, diskText(state, truth))
    setAttribute(this.node, 'data-life', state.life)
    setAttribute(this.node, 'data-divergence', `${state.apart}`)
    setAttribute(
      this.#disk,
      'data-trouble',
      wordOf(state) === '' || state.life !== 'up' ? 'no' : 'yes',
    )
  }
}

function titleOf(levels: { has: number; floor: number; stable: number; anybody: number }): string {
  const { has, floor, stable, anybody } = levels
  const log = floor > 0 ? `, the first ${floor} no longer in its log` : ''
  return `on disk ${has} of ${anybody}${log}; knows that everybody has ${stable}`
}

function lifeText({ life }: ReplicaState, { name }: Origin): string {
  const words = { up: 'up', down: 'down', still: 'stands still' }
  return `${words[life]}, is ${name}`
}

function holdsText({ has, applied, waiting, isWriting }: ReplicaState): string {
  const parts = [`${sumOf(has)} durable`]
  if (applied > 0) parts.push(`${applied} applied`)
  else if (isWriting) parts.push('writing')
  if (waiting > 0) parts.push(`${waiting} waiting`)
  return parts.join(', ')
}

function knowsText({ life, apart }: ReplicaState, truth: Truth): string {
  if (life === 'down') return 'knows nothing'
  if (apart > 0) return `sees ${apart} that not all have`
  return truth.apart > 0 ? 'sees R = U, so far' : 'sees R = U'
}

function diskText({ failure, damaged, isAhead }: ReplicaState, truth: Truth): string {
  if (failure !== '') return `disk: ${failure}`
  if (damaged.length > 0) return `damaged: ${damaged.join(', ')}`
  return isAhead && truth.apart > 0 ? 'documents ahead of its version' : 'disk well'
}
