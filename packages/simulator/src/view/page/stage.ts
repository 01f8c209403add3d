import { ClientsFigure } from './clients-figure.ts'
import { setAll } from './dom.ts'
import type { Flight } from './flights.ts'
import { FramesFigure } from './frames-figure.ts'
import { LinkFigure } from './link-figure.ts'
import { pairsAmong } from './pairs.ts'
import { placesOf, type Places } from './places.ts'
import { ReplicaFigure } from './replica-figure.ts'
import type { Run } from './run.ts'

interface Link {
  readonly a: number
  readonly b: number
  readonly figure: LinkFigure
}

/** The picture: replicas, what is between them, frames on their way, and clients. */
export class Stage {
  readonly #svg: SVGSVGElement
  readonly #run: Run
  readonly #frames = new FramesFigure()
  readonly #clients: ClientsFigure
  #places: Places = placesOf(0, 0, 0)
  #replicas: readonly ReplicaFigure[] = []
  #links: readonly Link[] = []

  /** With `onResize` it tells that it has another size, and shows nothing yet. */
  constructor(svg: SVGSVGElement, run: Run, onResize: () => void) {
    this.#svg = svg
    this.#run = run
    this.#clients = new ClientsFigure(run)
    new ResizeObserver(() => {
      this.#arrange(this.#replicas.length)
      onResize()
    }).observe(svg)
  }

  /** Makes room for the first so many replicas. */
  #arrange(count: number): void {
    const { width, height } = this.#svg.getBoundingClientRect()
    this.#places = placesOf(width, height, count)
    setAll(this.#svg, { viewBox: `0 0 ${width} ${height}` })
    this.#links = pairsAmong(count).map(([a, b]) => {
      return { a, b, figure: new LinkFigure(this.#places, a, b) }
    })
    this.#replicas = this.#places.replicas.map(({ x, y }) => {
      const figure = new ReplicaFigure(this.#places.radius)
      setAll(figure.node, { transform: `translate(${x} ${y})` })
      return figure
    })
    this.#frames.clear()
    this.#svg.replaceChildren(
      ...this.#links.map(({ figure }) => figure.node),
      this.#clients.node,
      ...this.#replicas.map(({ node }) => node),
      this.#frames.node,
    )
  }

  /** The replicas of `concerned` are pointed at. */
  show(ms: number, flights: readonly Flight[], concerned: readonly number[]): void {
    const run = this.#run
    const truth = run.truthAt(ms)
    // Copies come later, and none ever goes.
    const count = run.recording.replicas.filter(
      (_, at) => run.replicaAt(at, ms) !== undefined,
    ).length
    if (count !== this.#replicas.length) this.#arrange(count)
    for (const { a, b, figure } of this.#links) {
      figure.show(run.laneAt(a, b, ms), run.laneAt(b, a, ms), run.arePartedAt(a, b, ms))
    }
    for (const [place, figure] of this.#replicas.entries()) {
      const state = run.replicaAt(place, ms)
      const origin = state === undefined ? undefined : run.recording.origins[state.origin]
      figure.show(run.recording.replicas[place] ?? '', state, origin, truth)
      figure.point(concerned.includes(place))
    }
    this.#clients.show(this.#places, ms)
    this.#frames.show(this.#places, flights, ms)
  }
}
