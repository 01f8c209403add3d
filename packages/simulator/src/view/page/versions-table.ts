import { element } from './dom.ts'
import { ReplicaRow } from './replica-row.ts'
import type { Run } from './run.ts'
import { TruthRow } from './truth-row.ts'

/** An origin that ever had an entry, and its highest sequence number: the end of its bars. */
export interface Column {
  readonly origin: number
  readonly max: number
}

/** Who has what: a column for each origin, the true `U` and `R`, and a row for each replica. */
export class VersionsTable {
  readonly #run: Run
  readonly #union: TruthRow
  readonly #stable: TruthRow
  readonly #rows: readonly ReplicaRow[]

  constructor(table: HTMLTableElement, run: Run) {
    this.#run = run
    const columns = run.highest.flatMap((max, origin) => (max > 0 ? [{ origin, max }] : []))
    this.#union = new TruthRow('U', 'anybody has', columns)
    this.#stable = new TruthRow('R', 'everybody has', columns)
    this.#rows = run.recording.replicas.map((name) => new ReplicaRow(name, columns))
    const truth = element('tbody', { class: 'truth' }, this.#union.node, this.#stable.node)
    table.append(headOf(run, columns), truth, ...this.#rows.map(({ node }) => node))
  }

  show(ms: number): void {
    const truth = this.#run.truthAt(ms)
    this.#union.show(truth.union, truth)
    this.#stable.show(truth.stable, truth)
    for (const [place, row] of this.#rows.entries()) {
      const state = this.#run.replicaAt(place, ms)
      row.show(state, truth, this.#run.recording.origins[state?.origin ?? -1])
    }
  }
}

function headOf(run: Run, columns: readonly Column[]): HTMLElement {
  const cells = columns.map(({ origin }) => {
    const { name, id } = run.recording.origins[origin] ?? { name: '?', id: '' }
    const words = [element('b', {}, name), element('small', {}, id)]
    return element('th', { scope: 'col' }, ...words)
  })
  const corner = element('td', {}, element('small', {}, 'entries made under the id'))
  return element('thead', {}, element('tr', {}, corner, ...cells))
}
