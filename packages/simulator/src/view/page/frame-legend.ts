import { element, setAttribute } from './dom.ts'
import type { Flight, Flights } from './flights.ts'
import { FRAME_SENTENCES, frameIcon } from './frame-kinds.ts'
import { FRAME_KINDS, type FrameKind } from './recording.ts'

/** The kinds of frame: short ones to press, which hide a kind, and a list that says what each does. */
export class FrameLegend {
  readonly #hidden = new Set<FrameKind>()

  constructor(
    nodes: { chips: HTMLElement; list: HTMLElement },
    all: Flights,
    onChange: () => void,
  ) {
    for (const kind of FRAME_KINDS) {
      const count = all.all.filter((flight) => flight.kind === kind).length
      if (count > 0) nodes.chips.append(this.#chipFor(kind, onChange))
      const times = count === 0 ? 'none in this run' : `${count} in this run`
      const name = element('dt', {}, frameIcon(kind), kind, element('small', {}, times))
      nodes.list.append(element('div', {}, name, element('dd', {}, FRAME_SENTENCES[kind])))
    }
  }

  visible(flights: readonly Flight[]): readonly Flight[] {
    return flights.filter(({ kind }) => !this.#hidden.has(kind))
  }

  #chipFor(kind: FrameKind, onChange: () => void): HTMLElement {
    const attributes = { type: 'button', class: 'chip', title: FRAME_SENTENCES[kind] }
    const button = element('button', attributes, frameIcon(kind), kind)
    setAttribute(button, 'aria-pressed', 'true')
    button.addEventListener('click', () => {
      if (!this.#hidden.delete(kind)) this.#hidden.add(kind)
      setAttribute(button, 'aria-pressed', `${!this.#hidden.has(kind)}`)
      onChange()
    })
    return button
  }
}
