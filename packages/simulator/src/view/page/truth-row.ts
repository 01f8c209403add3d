import { Bar } from './bar.ts'
import { element, setText } from './dom.ts'
import type { Seqs } from './recording.ts'
import type { Truth } from './truth.ts'
import type { Column } from './versions-table.ts'

/** `R` or `U` as it truly is, which nobody in the run can know. */
export class TruthRow {
  readonly node: HTMLElement
  readonly #cells: readonly { column: Column; seq: HTMLElement; bar: Bar }[]

  constructor(letter: string, meaning: string, columns: readonly Column[]) {
    this.#cells = columns.map((column) => {
      return { column, seq: element('span', { class: 'seq' }), bar: new Bar(column.max) }
    })
    const head = element(
      'th',
      { scope: 'row' },
      element('abbr', {}, letter),
      element('span', { class: 'meaning' }, ` ${meaning}`),
    )
    const cells = this.#cells.map(({ seq, bar }) => element('td', {}, seq, bar.node))
    this.node = element('tr', { 'data-truth': letter }, head, ...cells)
  }

  show(seqs: Seqs, truth: Truth): void {
    for (const { column, seq, bar } of this.#cells) {
      const [has, everybody] = [seqs[column.origin] ?? 0, truth.stable[column.origin] ?? 0]
      const anybody = truth.union[column.origin] ?? 0
      setText(seq, `${has}`)
      bar.show({ has, floor: 0, stable: Math.min(has, everybody), everybody, anybody })
    }
  }
}
