import { element, setText } from './dom.ts'
import { EXPLANATIONS, type Group } from './explanations.ts'
import { GroupFilters } from './group-filters.ts'
import type { Happening, Run } from './run.ts'
import { countUpTo } from './timeline.ts'

/** After somebody has scrolled the list it stays where it is for so long, in ms. */
const SCROLLED_MS = 3_000

interface Options {
  readonly list: HTMLElement
  readonly filters: HTMLElement
  readonly meaning: HTMLElement
  readonly run: Run
  /** Time is to go there. */
  readonly onPick: (ms: number) => void
}

/** What happens, in order; the list follows the time, and each row leads to its moment. */
export class HappeningsList {
  readonly #list: HTMLElement
  readonly #meaning: HTMLElement
  readonly #filters: GroupFilters
  readonly #endMs: number
  readonly #onPick: (ms: number) => void
  readonly #all: readonly Happening[]
  readonly #rows = new Map<Happening, HTMLElement>()
  #shown: readonly Happening[] = []
  #times: readonly number[] = []
  /** The one that was asked for: several may be at one moment. */
  #picked: Happening | undefined
  #current: Happening | undefined
  #ms = 0
  #scrolledAt = Number.NEGATIVE_INFINITY

  constructor({ list, filters, meaning, run, onPick }: Options) {
    this.#list = list
    this.#meaning = meaning
    this.#onPick = onPick
    this.#endMs = run.recording.endMs
    this.#all = run.happenings
    for (const happening of this.#all) {
      const row = rowOf(happening, () => this.pick(happening))
      this.#rows.set(happening, row)
      list.append(row)
    }
    for (const event of ['wheel', 'touchmove', 'pointerdown']) {
      list.addEventListener(event, () => (this.#scrolledAt = performance.now()), { passive: true })
    }
    const countOf = (group: Group) => this.#all.filter((each) => groupOf(each) === group).length
    this.#filters = new GroupFilters(filters, countOf, () => this.#filter())
    this.#filter()
    this.#mark(this.#current)
  }

  #filter(): void {
    this.#shown = this.#all.filter((happening) => {
      const isShown = this.#filters.shows(groupOf(happening))
      const row = this.#rows.get(happening)
      if (row !== undefined) row.hidden = !isShown
      return isShown
    })
    this.#times = this.#shown.map(({ ms }) => ms)
    this.show(this.#ms)
  }

  /** Goes to a happening, and shows it in the list. */
  pick(happening: Happening): void {
    this.#filters.unhide(groupOf(happening))
    this.#picked = happening
    this.#onPick(happening.ms)
  }

  /** Goes from what is current at `ms` to the next in the list, or back to the one before. */
  step(by: 1 | -1, ms: number): void {
    const current = this.#currentAt(ms)
    const at = current === undefined ? -1 : this.#shown.indexOf(current)
    const isBetween = current !== undefined && current.ms < ms
    const next = this.#shown[by < 0 && isBetween ? at : at + by]
    if (next !== undefined) return this.pick(next)
    this.#onPick(by > 0 ? this.#endMs : 0)
  }

  #currentAt(ms: number): Happening | undefined {
    const picked = this.#picked
    if (picked?.ms === ms && this.#filters.shows(groupOf(picked))) return picked
    return this.#shown[countUpTo(this.#times, ms) - 1]
  }

  /** Marks what is current, and answers it. */
  show(ms: number): Happening | undefined {
    this.#ms = ms
    const current = this.#currentAt(ms)
    if (current !== this.#current) this.#mark(current)
    return current
  }

  #mark(current: Happening | undefined): void {
    if (this.#current !== undefined) this.#rows.get(this.#current)?.removeAttribute('aria-current')
    this.#current = current
    const row = current === undefined ? undefined : this.#rows.get(current)
    row?.setAttribute('aria-current', 'step')
    const meaning = current === undefined ? undefined : EXPLANATIONS[current.kind].meaning
    setText(this.#meaning, meaning ?? 'What the marked line means is said here.')
    if (performance.now() - this.#scrolledAt < SCROLLED_MS) return
    this.#list.scrollTop = (row?.offsetTop ?? 0) - this.#list.clientHeight * 0.45
  }
}

function groupOf({ kind }: Happening): Group {
  return EXPLANATIONS[kind].group
}

/** Its button is no stop for the tabulator key, since the arrows lead from row to row. */
function rowOf(happening: Happening, onPick: () => void): HTMLElement {
  const { ms, text, kind } = happening
  const attributes = { type: 'button', tabindex: -1, class: `group-${groupOf(happening)}` }
  const button = element(
    'button',
    { ...attributes, 'data-kind': kind },
    element('time', {}, (ms / 1_000).toFixed(3)),
    element('span', { class: 'bullet', 'aria-hidden': 'true' }),
    element('span', { class: 'what' }, text),
  )
  button.addEventListener('click', onPick)
  return element('li', {}, button)
}
