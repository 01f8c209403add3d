import { CableDrawing } from './cable-drawing.ts'
import { hang, place, type Hanging, type Layout } from './cable-path.ts'
import { element, setAttribute, setText, svgElement } from './dom.ts'
import { icon } from './icon.ts'
import type { Cable, CableState } from './network.ts'

/**
 * The cables between the panes, each with a button in its middle that cuts or mends it. The bay lies
 * over the panes and is laid out anew whenever they change their size or place; what state a cable
 * is in is the replicas' word alone, so a press shows only once they have done it.
 */
export interface BayOptions {
  readonly letters: readonly string[]
  readonly pressed: (from: number, to: number, verb: 'cut' | 'mend') => void
}

/** Room kept for a button below the deepest cable, in pixels. */
const BUTTON_ROOM = 22
/** Sparks under way on one cable; further ones are left out. */
const SPARKS_MAX = 4
const SPARK_MS = 650

interface Wire {
  readonly from: number
  readonly to: number
  readonly drawing: CableDrawing
  readonly button: HTMLButtonElement
  state: CableState | undefined
  hanging: Hanging | undefined
  sparks: number
}

export class CableBay {
  readonly root: HTMLElement
  readonly #svg = svgElement('svg', { 'aria-hidden': 'true', focusable: 'false' })
  readonly #wires: readonly Wire[]
  readonly #letters: readonly string[]
  readonly #reason = element('p', { class: 'bay-reason', role: 'status' })
  #layout: Layout | undefined

  constructor({ letters, pressed }: BayOptions) {
    this.#letters = letters
    this.#wires = letters.flatMap((_, from) =>
      letters.slice(from + 1).map((__, offset) => newWire(letters, from, from + 1 + offset)),
    )
    for (const wire of this.#wires) {
      wire.button.addEventListener('click', () => {
        if (wire.button.getAttribute('aria-disabled') === 'true') return
        pressed(wire.from, wire.to, wire.state === 'cut' ? 'mend' : 'cut')
      })
      this.#svg.append(wire.drawing.root)
    }
    const buttons = this.#wires.map((wire) => wire.button)
    this.root = element('div', { class: 'bay' }, this.#svg, ...buttons, this.#reason)
  }

  /** Follows the sizes of `panes`, which stand in this bay's parent. */
  watch(panes: readonly HTMLElement[]): void {
    const observer = new ResizeObserver(() => this.#arrange(panes))
    for (const pane of [...panes, this.root]) observer.observe(pane)
  }

  /** `refusal` is why the replicas cut and mend nothing; it disables all cables. */
  show(cables: readonly Cable[], refusal: string | undefined): void {
    setText(this.#reason, refusal ?? '')
    for (const wire of this.#wires) {
      const cable = cables.find(({ from, to }) => from === wire.from && to === wire.to)
      const state = cable?.state ?? 'broken'
      this.#label(wire, state, refusal !== undefined)
      if (state === wire.state) continue
      wire.state = state
      setAttribute(wire.drawing.root, 'data-state', state)
      this.#draw(wire)
    }
  }

  /** Lets a spark in colour `hue` run from one pane to another, if their cable is live. */
  spark(from: number, to: number, hue: number): void {
    const [low, high] = from < to ? [from, to] : [to, from]
    const wire = this.#wires.find((one) => one.from === low && one.to === high)
    if (wire?.state !== 'live' || wire.hanging === undefined || wire.sparks >= SPARKS_MAX) return
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const dot = element('span', { class: 'spark', 'data-hue': String(hue), 'aria-hidden': 'true' })
    dot.style.offsetPath = `path('${wire.hanging.whole}')`
    this.root.append(dot)
    wire.sparks++
    const ends = from < to ? ['0%', '100%'] : ['100%', '0%']
    const run = dot.animate({ offsetDistance: ends }, { duration: SPARK_MS, easing: 'ease-in-out' })
    run.addEventListener('finish', () => {
      wire.sparks--
      dot.remove()
    })
  }

  #arrange(panes: readonly HTMLElement[]): void {
    const bay = this.root.getBoundingClientRect()
    const boxes = panes.map((pane) => pane.getBoundingClientRect())
    const [first, second] = boxes
    const column = first !== undefined && second !== undefined && second.top >= first.bottom
    const spans = boxes.map((box) =>
      column
        ? { start: box.top - bay.top, end: box.bottom - bay.top, edge: box.right - bay.left }
        : { start: box.left - bay.left, end: box.right - bay.left, edge: box.bottom - bay.top },
    )
    const edgeMax = Math.max(0, ...spans.map((span) => span.edge))
    const depth = (column ? bay.width : bay.height) - edgeMax - BUTTON_ROOM
    this.#layout = { spans, column, depth: Math.max(20, depth) }
    setAttribute(this.#svg, 'viewBox', `0 0 ${bay.width} ${bay.height}`)
    for (const wire of this.#wires) this.#draw(wire)
  }

  #draw(wire: Wire): void {
    if (this.#layout === undefined) return
    const hanging = hang(this.#layout, wire.from, wire.to)
    wire.hanging = hanging
    wire.drawing.draw(hanging, this.#layout, wire.state === 'cut')
    const [x, y] = place(this.#layout, hanging.middle)
    wire.button.style.translate = `${Math.round(x)}px ${Math.round(y)}px`
  }

  #label({ from, to, button }: Wire, state: CableState, refused: boolean): void {
    const pair = `the cable between ${this.#letters[from]} and ${this.#letters[to]}`
    const verb = { live: 'Cut', cut: 'Mend', broken: 'Linking…' }[state]
    const disabled = refused || state === 'broken'
    setAttribute(button, 'aria-disabled', String(disabled))
    setAttribute(button, 'aria-label', `${verb} ${pair}`)
    if (button.dataset['state'] === state) return
    button.dataset['state'] = state
    const [picture, text] = button.children
    if (text !== undefined) setText(text, verb)
    picture?.replaceWith(icon(state === 'live' ? 'scissors' : 'plug'))
  }
}

function newWire(letters: readonly string[], from: number, to: number): Wire {
  const button = element(
    'button',
    { type: 'button', class: 'cable-button', 'data-cable': `${letters[from]}-${letters[to]}` },
    icon('scissors'),
    element('span'),
  )
  const drawing = new CableDrawing()
  return { from, to, drawing, button, state: undefined, hanging: undefined, sparks: 0 }
}
