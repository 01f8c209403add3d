import { element, setText } from './dom.ts'
import type { Flight, Flights } from './flights.ts'
import { frameIcon } from './frame-kinds.ts'
import type { Recording } from './recording.ts'
import { countText } from './times.ts'

/** Frames that are listed; of more only the number is said. */
const LISTED = 12

/** The frames that are on their way at a moment, in words. */
export class OnTheWay {
  readonly #list: HTMLElement
  readonly #count: HTMLElement
  readonly #recording: Recording
  readonly #flights: Flights
  #shown: readonly Flight[] | undefined

  constructor(
    nodes: { list: HTMLElement; count: HTMLElement },
    recording: Recording,
    all: Flights,
  ) {
    this.#list = nodes.list
    this.#count = nodes.count
    this.#recording = recording
    this.#flights = all
  }

  show(ms: number, flights: readonly Flight[]): void {
    setText(this.#count, this.#countText(ms, flights))
    const isSame = flights.length === this.#shown?.length
    if (isSame && flights.every((flight, at) => flight === this.#shown?.[at])) return
    this.#shown = flights
    const soonest = flights.toSorted((a, b) => a.arrivalMs - b.arrivalMs)
    this.#list.replaceChildren(...soonest.slice(0, LISTED).map((flight) => this.#lineOf(flight)))
  }

  #countText(ms: number, flights: readonly Flight[]): string {
    if (flights.length > 0) return `${countText(flights.length, 'frame', 'frames')} on the way`
    const next = this.#flights.nextSent(ms)
    if (next === undefined) return 'No frame is on its way any more'
    return `No frame is on its way; the next leaves in ${countText(next - Math.floor(ms), 'ms', 'ms')}`
  }

  #lineOf({ kind, from, to, text, fate }: Flight): HTMLElement {
    const { replicas } = this.#recording
    const note = { lost: 'lost: ', swallowed: 'vanishes: ', repeated: 'again: ' } as const
    const before = fate === 'flying' || fate === 'arrived' ? '' : note[fate]
    const way = element('b', {}, `${replicas[from] ?? '?'} → ${replicas[to] ?? '?'}`)
    const what = element('span', { class: 'what', title: text }, before + text)
    return element('li', { 'data-fate': fate }, frameIcon(kind), way, what)
  }
}
