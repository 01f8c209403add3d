export interface Point {
  readonly x: number
  readonly y: number
}

/** Where everything is on a stage of some size, in px. */
export interface Places {
  readonly width: number
  readonly height: number
  /** Of a replica's circle. */
  readonly radius: number
  readonly replicas: readonly Point[]
}

const RADIUS_MAX = 35
const RADIUS_MIN = 10
/** The gauge around a circle. */
const GAUGE = 8
/** Room for frames between two neighbours. */
const BETWEEN = 14
/** Room outside of a replica's circle: its gauge, and the clients that are attached to it. */
const OUTSIDE = 40
/** The tray for clients that are offline, at the bottom. */
export const TRAY = 38
const CLIENT_GAP = 25

/** Replicas on an oval, the first one at the top; two side by side. Their circles keep a distance. */
export function placesOf(width: number, height: number, count: number): Places {
  const unit = corners(count)
  for (let radius = RADIUS_MAX; ; radius--) {
    const [centre, middle] = [width / 2, (height - TRAY) / 2]
    const [rx, ry] = [centre - radius - OUTSIDE, middle - radius - OUTSIDE]
    const replicas = unit.map(({ x, y }) => ({ x: centre + rx * x, y: middle + ry * y }))
    const isFree = closest(replicas) >= 2 * (radius + GAUGE) + BETWEEN
    if (isFree || radius <= RADIUS_MIN) return { width, height, radius, replicas }
  }
}

function closest(points: readonly Point[]): number {
  const distances = points.flatMap((a, at) => {
    return points.slice(at + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y))
  })
  return Math.min(Number.POSITIVE_INFINITY, ...distances)
}

/** The corners of a regular polygon, stretched until it reaches from -1 to 1 both ways. */
function corners(count: number): Point[] {
  const first = count === 2 ? Math.PI : -Math.PI / 2
  const points = Array.from({ length: count }, (_, at) => {
    const angle = first + (at * 2 * Math.PI) / count
    return { x: Math.cos(angle), y: Math.sin(angle) }
  })
  const fitX = fitting(points.map(({ x }) => x))
  const fitY = fitting(points.map(({ y }) => y))
  return points.map(({ x, y }) => ({ x: fitX(x), y: fitY(y) }))
}

function fitting(values: readonly number[]): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  if (high - low < 0.01) return () => 0
  return (value) => ((value - low) / (high - low)) * 2 - 1
}

/** Where the `at`th of some clients is: around the outer side of its replica. */
export function clientPlace(places: Places, replica: number, at: number, count: number): Point {
  const { x, y } = places.replicas[replica] ?? { x: 0, y: 0 }
  const [dx, dy] = [x - places.width / 2, y - (places.height - TRAY) / 2]
  const outward = places.replicas.length === 1 ? -Math.PI / 2 : Math.atan2(dy, dx)
  const distance = places.radius + 27
  const step = Math.min(CLIENT_GAP / distance + 0.06, (Math.PI * 1.5) / count)
  const angle = outward + (at - (count - 1) / 2) * step
  return { x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle) }
}

/** A lane from one replica to another: beside the one that leads back, from edge to edge. */
export function laneBetween(places: Places, from: number, to: number): readonly [Point, Point] {
  const [a, b] = [places.replicas[from] ?? { x: 0, y: 0 }, places.replicas[to] ?? { x: 0, y: 0 }]
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length]
  const [edge, aside] = [places.radius + 15, 5]
  const [ox, oy] = [-uy * aside, ux * aside]
  return [
    { x: a.x + ux * edge + ox, y: a.y + uy * edge + oy },
    { x: b.x - ux * edge + ox, y: b.y - uy * edge + oy },
  ]
}
