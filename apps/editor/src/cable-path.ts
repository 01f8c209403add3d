/**
 * Where cables hang. Panes stand in a row with the cables below them, or in a column with the cables
 * beside them: the second is the first with its axes swapped, so all is computed along `main` (the
 * way the panes follow each other) and `cross` (the way the cables hang). Cables of nearer panes
 * hang higher, and sockets are ordered so that no two cables cross.
 */
export interface Span {
  /** The near and far edge of a pane along the main axis, in pixels. */
  readonly start: number
  readonly end: number
  /** The pane's edge from which its cables hang. */
  readonly edge: number
}

export interface Layout {
  readonly spans: readonly Span[]
  /** How far the deepest cable hangs below the edges, in pixels. */
  readonly depth: number
  readonly column: boolean
}

export interface Point {
  readonly main: number
  readonly cross: number
}

export interface Hanging {
  readonly from: Point
  readonly to: Point
  readonly middle: Point
  /** SVG path data of the whole cable, and of its two ends when it is cut. */
  readonly whole: string
  readonly ends: readonly [string, string]
  /** Where each loose end stops. */
  readonly tips: readonly [Point, Point]
}

const SOCKET_GAP = 34
/** How far a cubic Bézier reaches of the distance of its two control points. */
const BEZIER_REACH = 0.75

export function hang(layout: Layout, from: number, to: number): Hanging {
  const a = socketAt(layout, from, to)
  const b = socketAt(layout, to, from)
  const levels = layout.spans.length - 1
  const sag = (layout.depth * (to - from)) / Math.max(1, levels)
  const pull = sag / BEZIER_REACH
  const middle = { main: (a.main + b.main) / 2, cross: (a.cross + b.cross) / 2 + sag }
  const write = pathWriter(layout)
  const tips = [looseTip(a, 1, layout.depth), looseTip(b, -1, layout.depth)] as const
  return {
    from: a,
    to: b,
    middle,
    tips,
    whole: write(a, lower(a, pull), lower(b, pull), b),
    ends: [looseEnd(write, a, tips[0]), looseEnd(write, b, tips[1])],
  }
}

/** Pixels of a point: [x, y]. */
export function place(layout: Layout, { main, cross }: Point): [number, number] {
  return layout.column ? [cross, main] : [main, cross]
}

/** Where the cable from pane `at` to pane `other` leaves it. */
export function socketAt(layout: Layout, at: number, other: number): Point {
  const span = layout.spans[at]
  if (span === undefined) throw new RangeError(`there is no pane ${at}`)
  const others = layout.spans.map((_, index) => index).filter((index) => index !== at)
  const before = others.filter((index) => index < at).toReversed()
  const after = others.filter((index) => index > at).toReversed()
  const order = [...before, ...after].indexOf(other)
  const centre = (span.start + span.end) / 2
  return { main: centre + (order - (others.length - 1) / 2) * SOCKET_GAP, cross: span.edge }
}

type PathWriter = (start: Point, control: Point, control2: Point, end: Point) => string

function pathWriter(layout: Layout): PathWriter {
  const text = (point: Point) => place(layout, point).map(Math.round).join(' ')
  return (start, one, two, end) => `M${text(start)}C${text(one)} ${text(two)} ${text(end)}`
}

function lower({ main, cross }: Point, by: number): Point {
  return { main, cross: cross + by }
}

function looseTip(socket: Point, side: 1 | -1, depth: number): Point {
  return { main: socket.main + side * 13, cross: socket.cross + depth * 0.26 }
}

/** A loose end falls straight from its socket and curls a little towards where it was torn. */
function looseEnd(write: PathWriter, socket: Point, tip: Point): string {
  const fall = (tip.cross - socket.cross) * 0.8
  return write(socket, lower(socket, fall), { main: socket.main, cross: tip.cross }, tip)
}
