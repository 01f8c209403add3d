import { laneOf, type Divergence, type Lane } from './divergence.ts'
import { element, setText } from './dom.ts'
import type { Holder, Origin, Survey } from './survey.ts'

/**
 * Who has what: one row for each replica, one column for each replica that makes entries, and below
 * them R and U. Filled cells are entries held, hollow ones are entries that someone else has.
 */
export class VersionTable {
  readonly root: HTMLElement
  readonly #head = element('tr')
  readonly #body = element('tbody')
  #shape = ''

  constructor() {
    const caption = element('caption', { class: 'visually-hidden' }, 'Entries held, by origin')
    this.root = element(
      'table',
      { class: 'versions' },
      caption,
      element('thead', {}, this.#head),
      this.#body,
    )
  }

  show({ holders, divergence, origins }: Survey): void {
    const rows: Holder[] = [
      ...holders,
      { label: 'R', version: divergence.stable },
      { label: 'U', version: divergence.union },
    ]
    this.#build(rows, origins)
    for (const [at, row] of rows.entries()) {
      for (const [column, origin] of origins.entries()) {
        const cell = this.#body.rows[at]?.cells[column + 1]
        if (cell !== undefined) showLane(cell, laneOf(row.version, origin.replica, divergence))
      }
      this.#body.rows[at]?.classList.toggle('behind', isBehind(row, divergence))
    }
  }

  /** Makes rows and columns anew, only when there are others than before. */
  #build(rows: readonly Holder[], origins: readonly Origin[]): void {
    const shape = JSON.stringify([rows.map((row) => row.label), origins])
    if (shape === this.#shape) return
    this.#shape = shape
    this.#head.replaceChildren(
      element('td', {}),
      ...origins.map(({ label, hue }) => {
        const text = element('span', { class: 'made-at' }, 'made at ')
        return element('th', { scope: 'col', 'data-hue': String(hue) }, text, label)
      }),
    )
    this.#body.replaceChildren(...rows.map((row) => rowElement(row, origins)))
  }
}

function rowElement({ label }: Holder, origins: readonly Origin[]): HTMLTableRowElement {
  const meaning = { R: 'everybody has', U: 'anybody has' }[label] ?? 'has'
  const name = element('b', {}, label)
  const heading = element('th', { scope: 'row' }, name, element('span', {}, ` ${meaning}`))
  const cells = origins.map(({ hue }) => {
    const lane = element('span', { class: 'lane', 'aria-hidden': 'true' })
    return element('td', { 'data-hue': String(hue) }, element('span', { class: 'seq' }), lane)
  })
  const kind = label === 'R' || label === 'U' ? 'set' : 'holder'
  return element('tr', { 'data-row': label, class: kind }, heading, ...cells)
}

function showLane(cell: HTMLTableCellElement, { seq, heldCells, missingCells }: Lane): void {
  const [number, lane] = cell.children
  if (number === undefined || lane === undefined) return
  setText(number, seq.toLocaleString('en'))
  const key = `${heldCells}/${missingCells}`
  if (lane.getAttribute('data-cells') === key) return
  lane.setAttribute('data-cells', key)
  const held = Array.from({ length: heldCells }, () => element('i'))
  const missing = Array.from({ length: missingCells }, () => element('i', { class: 'missing' }))
  lane.replaceChildren(...held, ...missing)
}

function isBehind({ version }: Holder, { union }: Divergence): boolean {
  for (const [origin, seq] of union) if ((version.get(origin) ?? 0) < seq) return true
  return false
}
