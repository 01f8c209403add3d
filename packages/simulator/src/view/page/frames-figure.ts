import { drawing, setAll, setAttribute, setText } from './dom.ts'
import type { Flight } from './flights.ts'
import { frameMark } from './frame-kinds.ts'
import { laneBetween, type Places, type Point } from './places.ts'

/** Marks on one lane are at least so far apart, in px. */
const GAP = 14
/** How far a frame comes that never arrives. */
const LOST_AT = 0.6

/** The frames on their way, each a mark on its lane; marks that would cover each other queue up. */
export class FramesFigure {
  readonly node: SVGGElement = drawing('g', { class: 'frames' })
  readonly #marks = new Map<Flight, SVGGElement>()
  readonly #more = new Map<string, SVGTextElement>()

  show(places: Places, flights: readonly Flight[], ms: number): void {
    this.#removeAllBut(flights)
    for (const text of this.#more.values()) setText(text, '')
    for (const queue of lanesOf(flights)) this.#showLane(places, queue, ms)
  }

  clear(): void {
    this.node.replaceChildren()
    this.#marks.clear()
    this.#more.clear()
  }

  #removeAllBut(flights: readonly Flight[]): void {
    const kept = new Set(flights)
    for (const [flight, mark] of this.#marks) {
      if (kept.has(flight)) continue
      mark.remove()
      this.#marks.delete(flight)
    }
  }

  /** The foremost first. */
  #showLane(places: Places, queue: readonly Flight[], ms: number): void {
    const [first] = queue
    if (first === undefined) return
    const [start, end] = laneBetween(places, first.from, first.to)
    const length = Math.hypot(end.x - start.x, end.y - start.y)
    let free = length
    let hidden = 0
    for (const flight of queue) {
      const at = Math.min(progressOf(flight, ms) * length, free)
      free = at - GAP
      const isVisible = at >= 0
      if (!isVisible) hidden += 1
      const mark = this.#markOf(flight)
      setAttribute(mark, 'visibility', isVisible ? 'visible' : 'hidden')
      const place = between(start, end, at / length)
      setAll(mark, { transform: `translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})` })
    }
    // On the outer side of the lane, where no other lane is.
    const aside = {
      x: start.x - ((end.y - start.y) / length) * 15,
      y: start.y + ((end.x - start.x) / length) * 15,
    }
    if (hidden > 0) this.#showMore(`${first.from} ${first.to}`, aside, hidden)
  }

  #markOf(flight: Flight): SVGGElement {
    const known = this.#marks.get(flight)
    if (known !== undefined) return known
    const halo = drawing('circle', { class: 'halo', r: 8 })
    const mark = drawing(
      'g',
      { class: 'frame' },
      halo,
      frameMark(flight.kind),
      drawing('title', {}, flight.text),
    )
    setAll(mark, { 'data-fate': flight.fate })
    this.#marks.set(flight, mark)
    this.node.append(mark)
    return mark
  }

  #showMore(lane: string, { x, y }: Point, hidden: number): void {
    const text = this.#more.get(lane) ?? drawing('text', { class: 'more' })
    if (!this.#more.has(lane)) this.node.append(text)
    this.#more.set(lane, text)
    setAll(text, { x, y: y + 4 })
    setText(text, `+${hidden}`)
  }
}

/** How much of its way a frame has behind it. */
function progressOf({ sentMs, arrivalMs, fate }: Flight, ms: number): number {
  const part = arrivalMs === sentMs ? 1 : Math.min(1, (ms - sentMs) / (arrivalMs - sentMs))
  return fate === 'lost' || fate === 'swallowed' ? part * LOST_AT : part
}

function lanesOf(flights: readonly Flight[]): Flight[][] {
  const lanes = new Map<string, Flight[]>()
  for (const flight of flights.toSorted((a, b) => a.arrivalMs - b.arrivalMs)) {
    const key = `${flight.from} ${flight.to}`
    const lane = lanes.get(key)
    if (lane === undefined) lanes.set(key, [flight])
    else lane.push(flight)
  }
  return [...lanes.values()]
}

function between(start: Point, end: Point, part: number): Point {
  return { x: start.x + (end.x - start.x) * part, y: start.y + (end.y - start.y) * part }
}
