import { element } from './dom.ts'

/** What a bar shows, each as a sequence number. */
export interface Levels {
  readonly has: number
  /** What has left the log. */
  readonly floor: number
  /** `R` as the replica knows it. */
  readonly stable: number
  /** The true `R` and `U`. */
  readonly everybody: number
  readonly anybody: number
}

/** One origin's entries at one replica, from the first to the last of the run. */
export class Bar {
  readonly node: HTMLElement
  readonly #max: number

  constructor(max: number) {
    this.#max = max
    const parts = ['anybody', 'has', 'stable', 'floor', 'everybody']
    const children = parts.map((part) => element('i', { class: part }))
    this.node = element('span', { class: 'bar', 'aria-hidden': 'true' }, ...children)
  }

  show(levels: Levels): void {
    for (const [name, seq] of Object.entries(levels) as [keyof Levels, number][]) {
      this.node.style.setProperty(`--${name}`, `${((seq / this.#max) * 100).toFixed(2)}%`)
    }
    this.node.dataset['is'] = levels.anybody === 0 ? 'empty' : 'begun'
  }
}
