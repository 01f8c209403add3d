import { drawing, setAll, setAttribute } from './dom.ts'
import { laneBetween, type Places, type Point } from './places.ts'
import type { Lane } from './recording.ts'

/** Where a cut is marked, from one end to the other: not half-way, where other links cross this one. */
const CUT_AT = 0.4

/** Two replicas and what is between them: a lane each way, or a cut. */
export class LinkFigure {
  readonly node: SVGGElement
  readonly #there: SVGLineElement
  readonly #back: SVGLineElement

  constructor(places: Places, a: number, b: number) {
    const [there, back] = [laneBetween(places, a, b), laneBetween(places, b, a)]
    this.#there = line('lane', there)
    this.#back = line('lane', back)
    const axis = [middle(there[0], back[1]), middle(there[1], back[0])] as const
    this.node = drawing('g', { class: 'link' }, this.#there, this.#back, cut(axis))
  }

  show(there: Lane, back: Lane, isParted: boolean): void {
    setAttribute(this.#there, 'data-lane', there)
    setAttribute(this.#back, 'data-lane', back)
    setAttribute(this.node, 'data-parted', isParted ? 'yes' : 'no')
  }
}

function cut(axis: readonly [Point, Point]): SVGGElement {
  const [from, to] = axis
  const [x, y] = [from.x + (to.x - from.x) * CUT_AT, from.y + (to.y - from.y) * CUT_AT]
  const degrees = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI
  const mark = drawing('path', { class: 'cut-mark', d: 'M-6 9-2-9M2 9 6-9' })
  setAll(mark, { transform: `translate(${x} ${y}) rotate(${degrees})` })
  return drawing('g', { class: 'cut' }, line('cut-line', axis), mark)
}

function line(name: string, [start, end]: readonly [Point, Point]): SVGLineElement {
  return drawing('line', { class: name, x1: start.x, y1: start.y, x2: end.x, y2: end.y })
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}
